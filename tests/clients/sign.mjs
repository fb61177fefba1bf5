// Signs the claims of TOKEN again, with the same key out of the folder KEYS, under the header `typ` TYP: a token of
// another kind.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { SignJWT, decodeJwt, decodeProtectedHeader } from "jose";

const { KEYS, TOKEN, TYP } = process.env;
const header = { ...decodeProtectedHeader(TOKEN), typ: TYP };
const key = createPrivateKey(readFileSync(`${KEYS}/signing-${header.kid}.pem`));
console.log(await new SignJWT(decodeJwt(TOKEN)).setProtectedHeader(header).sign(key));
