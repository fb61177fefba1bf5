/** A key of this browser, that no script can take out of it. */
export interface BrowserKey {
  readonly sign: CryptoKey;
  /** The public half (RFC 7518 §6.2.1). */
  readonly jwk: { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string };
}

/** Makes a key for proofs (RFC 9449 §4). */
export async function makeKey(): Promise<BrowserKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (!x || !y) throw new Error("no P-256 key");
  return { sign: pair.privateKey, jwk: { kty: "EC", crv: "P-256", x, y } };
}

/** A proof for one POST to `url`, made at the server's time `now` in milliseconds (RFC 9449 §4.2). */
export async function proof(key: BrowserKey, url: string, now: number): Promise<string> {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: key.jwk };
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const claims = { jti, htm: "POST", htu: url, iat: Math.floor(now / 1000) };
  const signed = `${json(header)}.${json(claims)}`;
  const how = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(how, key.sign, new TextEncoder().encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

function json(value: unknown): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
