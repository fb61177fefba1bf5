// A resource server that knows our published documents and nothing else of us. ISSUER and TOKEN say what to verify,
// AUDIENCE whom the token must be for. Prints the claims as JSON; exits with 1 and the error's code for a bad token.
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER, TOKEN, AUDIENCE = "tiquo-client-api" } = process.env;

try {
  const answer = await fetch(`${ISSUER}/.well-known/oauth-authorization-server`);
  const { issuer, jwks_uri } = await answer.json();
  // RFC 8414 §3.3: the document of another issuer is not ours to use.
  if (issuer !== ISSUER) throw Object.assign(new Error("another issuer"), { code: "ERR_ISSUER" });
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  const options = { issuer, audience: AUDIENCE, algorithms: ["RS256"] };
  const { payload, protectedHeader } = await jwtVerify(TOKEN, keys, options);
  // RFC 8725 §3.11: a token of another kind is not an access token.
  if (!["JWT", "at+jwt"].includes(protectedHeader.typ)) {
    throw Object.assign(new Error("not an access token"), { code: "ERR_TYP" });
  }
  console.log(JSON.stringify(payload));
} catch (error) {
  console.error(error.code ?? error.name);
  process.exitCode = 1;
}
