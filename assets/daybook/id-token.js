// An ID token is believed after OpenID Connect Core §3.1.3.7, and not a step earlier.

const LATE = 120; // seconds that two clocks may differ

/** What was wrong with an answer of the issuer. */
export class Refused extends Error {}

const must = (holds, text) => {
  if (!holds) throw new Refused(text);
};

/**
 * The claims of an ID token that is genuine, for us, of now, and of this sign-in. `keys(kid)` finds the issuer's key;
 * `now` is in seconds by the issuer's clock; `nonce` is the one of the request, or undefined at a refresh.
 */
export async function verifyIdToken(token, { issuer, client, keys, now, nonce, accessToken }) {
  const parts = token.split(".");
  must(parts.length === 3, "The ID token is no signed JWT.");
  const [header, claims] = parts.slice(0, 2).map(json);
  must(header.alg === "RS256", "The ID token is not signed as agreed.");
  const key = await keys(header.kid);
  must(key?.kty === "RSA", "The ID token's key is not in the issuer's key set.");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { kty, n, e } = key;
  const verifier = await crypto.subtle.importKey("jwk", { kty, n, e }, algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  must(await crypto.subtle.verify(algorithm, verifier, bytes(parts[2]), signed), "The ID token's signature is wrong.");
  must(claims.iss === issuer, "The ID token is another issuer's.");
  const audience = [claims.aud].flat();
  must(audience.includes(client), "The ID token is for another application.");
  must(audience.length === 1 || claims.azp === client, "The ID token was made for another application.");
  must(claims.azp === undefined || claims.azp === client, "The ID token was made for another application.");
  must(claims.exp > now - LATE, "The ID token has expired.");
  must(claims.iat < now + LATE, "The ID token comes from the future.");
  must(nonce === undefined || claims.nonce === nonce, "The ID token belongs to another sign-in.");
  must(typeof claims.sub === "string" && claims.sub !== "", "The ID token is of nobody.");
  if (claims.at_hash !== undefined) {
    must(claims.at_hash === (await half(accessToken)), "The access token is not the ID token's.");
  }
  return { header, claims };
}

// OpenID Connect Core §3.1.3.6: the left half of the hash.
async function half(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return base64url(new Uint8Array(hash).slice(0, 16));
}

/** Base64url without padding. */
export function base64url(data) {
  return btoa(String.fromCharCode(...data)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytes(part) {
  try {
    const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (one) => one.charCodeAt(0));
  } catch {
    throw new Refused("The ID token is damaged.");
  }
}

function json(part) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes(part)));
  } catch {
    throw new Refused("The ID token is damaged.");
  }
}
