// What every application here does with the library `openid-client`, unmodified, at ISSUER.
import { exportJWK, generateKeyPair } from "jose";
import * as client from "openid-client";
import { walk } from "./pages.mjs";

export const { ISSUER } = process.env;
// Plain http, because the issuer is on this machine; and the ID token's signature is verified against the JWK Set even
// though it came straight from the token endpoint.
export const options = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
const SCOPE = "openid email offline_access profile:read";

const SECRET = "demo-server-secret-for-development-only";
/** The two of development; the confidential one in both ways of sending its secret (RFC 6749 §2.3.1). */
export const applications = [
  { name: "public", id: "demo-web", callback: "http://localhost:3000/callback", auth: client.None() },
  { name: "basic", id: "demo-server", callback: "http://localhost:3001/callback", auth: client.ClientSecretBasic(SECRET) },
  { name: "post", id: "demo-server", callback: "http://localhost:3001/callback", auth: client.ClientSecretPost(SECRET) },
];

/** Runs one check and prints one line of JSON about it; the exit code is 1 when one failed. */
export async function check(name, run) {
  try {
    await run();
    console.log(JSON.stringify({ check: name, ok: true }));
  } catch (error) {
    process.exitCode = 1;
    const why = `${error.code ?? error.name}: ${error.message} ${error.error ?? ""} ${error.error_description ?? ""}`;
    console.log(JSON.stringify({ check: name, ok: false, error: why }));
  }
}

export const discover = ({ id, auth }) => client.discovery(new URL(ISSUER), id, undefined, auth, options);

/** What a promise was refused for; `none` when it was not. */
export const errorOf = (promise) => promise.then(() => "none", (error) => error.error ?? error.code);

/** What an application keeps of one authorization request, its parameters, and where the person came back. */
export async function ask(config, { callback }, cookies, email, over = {}, build = client.buildAuthorizationUrl) {
  const kept = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const url = await build(config, {
    redirect_uri: callback,
    scope: SCOPE,
    state: kept.expectedState,
    nonce: kept.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(kept.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...over,
  });
  return { kept, back: await walk(ISSUER, cookies, url, email) };
}

/** Asks, and redeems the code. */
export async function tokensOf(config, application, cookies, email, over, build) {
  const { kept, back } = await ask(config, application, cookies, email, over, build);
  const maxAge = over?.max_age === undefined ? {} : { maxAge: Number(over.max_age) };
  return client.authorizationCodeGrant(config, back, { ...kept, ...maxAge, idTokenExpected: true });
}

/** A key of an application, and the JWK Set with its public half. */
export async function makeKey(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { modulusLength: 2048 });
  return { key: { key: privateKey, kid: "one" }, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "one", use: "sig", alg }] } };
}

/** Lets an application have tokens of its own (RFC 7591 §3). */
export const INITIAL = "initial-access-token-for-development-only";

/** Registers an application that nobody configured (RFC 7591). */
export async function register(metadata, auth, initialAccessToken) {
  const callback = "http://localhost:3002/callback";
  const grant_types = ["authorization_code", "refresh_token"];
  const all = { redirect_uris: [callback], grant_types, ...metadata };
  const config = await client.dynamicClientRegistration(new URL(ISSUER), all, auth, { ...options, initialAccessToken });
  return { config, application: { callback }, id: config.clientMetadata().client_id };
}
