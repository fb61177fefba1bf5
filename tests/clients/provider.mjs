// The rest of what the library `openid-client` can do at ISSUER, and `jose` as whoever verifies what is signed. Prints one
// line of JSON for each check; exits with 1 when one of them failed.
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { applications, ask, check, discover, errorOf, INITIAL, ISSUER, makeKey, register, tokensOf } from "./application.mjs";
import { walk } from "./pages.mjs";

const [, application] = applications;
const config = await discover(application);
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const verified = (token, audience, typ) => jwtVerify(token, keys, { issuer: ISSUER, audience, typ, algorithms: ["RS256"] });

await check("Form Post Response Mode 2: the code as a form", async () => {
  const { kept, back } = await ask(config, application, new Map(), "form@example.com", { response_mode: "form_post" });
  assert.ok(back instanceof Request && back.method === "POST");
  const tokens = await client.authorizationCodeGrant(config, back, { ...kept, idTokenExpected: true });
  assert.equal(tokens.claims().aud, application.id);
});

await check("Form Post Response Mode 2: an error as a form", async () => {
  const over = { response_mode: "form_post", prompt: "none" };
  const { kept, back } = await ask(config, application, new Map(), "form@example.com", over);
  assert.equal(await errorOf(client.authorizationCodeGrant(config, back, kept)), "login_required");
});

await check("OpenID Connect Core 3.1.2.1: prompt=none before a sign-in and after it", async () => {
  const [cookies, email] = [new Map(), "none@example.com"];
  const silent = async () => {
    const { kept, back } = await ask(config, application, cookies, email, { prompt: "none" });
    return client.authorizationCodeGrant(config, back, { ...kept, idTokenExpected: true });
  };
  assert.equal(await errorOf(silent()), "login_required");
  const first = await tokensOf(config, application, cookies, email);
  const next = await silent();
  assert.deepEqual([next.claims().sub, next.claims().auth_time], [first.claims().sub, first.claims().auth_time]);
});

await check("OpenID Connect Core 3.1.2.1: max_age, and max_age=0 as a real sign-in", async () => {
  const [cookies, email] = [new Map(), "age@example.com"];
  const first = await tokensOf(config, application, cookies, email, { max_age: "10000" });
  const sso = [...cookies.values()].join();
  const old = await tokensOf(config, application, cookies, email, { max_age: "10000" });
  assert.deepEqual([old.claims().auth_time, [...cookies.values()].join()], [first.claims().auth_time, sso]);
  const anew = await tokensOf(config, application, cookies, email, { max_age: "0" });
  assert.ok(anew.claims().auth_time >= first.claims().auth_time);
  assert.notEqual([...cookies.values()].join(), sso, "a new session at the issuer");
});

await check("RFC 6749 6: the whole scope repeated, offline_access included", async () => {
  const { refresh_token } = await tokensOf(config, application, new Map(), "whole@example.com");
  const next = await client.refreshTokenGrant(config, refresh_token, { scope: "openid email offline_access profile:read" });
  assert.ok(next.refresh_token && next.claims().sub);
});

await check("RFC 7009 2 and RFC 7662 2: given back, and asked about", async () => {
  for (const [what, hint] of [["refresh_token", "refresh_token"], ["access_token", "access_token"], ["refresh_token", undefined]]) {
    const tokens = await tokensOf(config, application, new Map(), "back@example.com");
    const active = async (name) => (await client.tokenIntrospection(config, tokens[name])).active;
    assert.deepEqual([await active("access_token"), await active("refresh_token")], [true, true]);
    await client.tokenRevocation(config, tokens[what], hint && { token_type_hint: hint });
    assert.deepEqual([await active("access_token"), await active("refresh_token")], [false, false], what);
    assert.equal(await errorOf(client.refreshTokenGrant(config, tokens.refresh_token)), "invalid_grant");
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  }
  await client.tokenRevocation(config, "never-a-token");
});

await check("RP-Initiated Logout 2: back at the application with state, and signed out", async () => {
  const [cookies, email] = [new Map(), "out@example.com"];
  const tokens = await tokensOf(config, application, cookies, email);
  const home = "http://localhost:3001/";
  const given = { id_token_hint: tokens.id_token, post_logout_redirect_uri: home, state: "s t&a" };
  const back = await walk(ISSUER, cookies, client.buildEndSessionUrl(config, given), email);
  assert.deepEqual([back.origin + back.pathname, back.searchParams.get("state")], [home, "s t&a"]);
  const { kept, back: silent } = await ask(config, application, cookies, email, { prompt: "none" });
  assert.equal(await errorOf(client.authorizationCodeGrant(config, silent, kept)), "login_required");
});

for (const alg of ["RS256", "PS256", "ES256", "Ed25519"]) {
  await check(`OpenID Connect Core 9 and RFC 9101 4: private_key_jwt and a signed request object, ${alg}`, async () => {
    const { key, jwks } = await makeKey(alg);
    const object = config.serverMetadata().request_object_signing_alg_values_supported.includes(alg);
    const metadata = {
      jwks, token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: alg,
      ...(object && { request_object_signing_alg: alg }),
    };
    const own = await register(metadata, client.PrivateKeyJwt(key));
    const jar = (given, parameters) => object ? client.buildAuthorizationUrlWithJAR(given, parameters, key) : client.buildAuthorizationUrl(given, parameters);
    const tokens = await tokensOf(own.config, own.application, new Map(), `${alg}@example.com`, {}, jar);
    assert.equal(tokens.claims().aud, own.id);
    const next = await client.refreshTokenGrant(own.config, tokens.refresh_token);
    assert.equal((await client.tokenIntrospection(own.config, next.access_token)).active, true);
    const other = await register(metadata, client.PrivateKeyJwt((await makeKey(alg)).key));
    const asked = tokensOf(other.config, other.application, new Map(), `${alg}@example.com`);
    assert.equal(await errorOf(asked), "invalid_client", "another's key");
  });
}

await check("RFC 8707 2: a resource that nobody has", async () => {
  const { kept, back } = await ask(config, application, new Map(), "r@example.com", { resource: "https://other.example/" });
  assert.equal(await errorOf(client.authorizationCodeGrant(config, back, kept)), "invalid_target");
});

await check("RFC 6749 4.4: an application's own token", async () => {
  const own = await register({ grant_types: ["client_credentials"], redirect_uris: [], response_types: [], scope: "orders:read" }, undefined, INITIAL);
  const tokens = await client.clientCredentialsGrant(own.config, { scope: "orders:read" });
  const { payload } = await verified(tokens.access_token, "tiquo-client-api");
  assert.deepEqual([payload.sub, payload.client_id, tokens.refresh_token], [own.id, own.id, undefined]);
});

await check("RFC 8628 3: a device", async () => {
  const device = await discover({ id: "demo-device", auth: client.None() });
  const begun = await client.initiateDeviceAuthorization(device, { scope: "openid email offline_access" });
  const code = { device_code: begun.device_code };
  const pending = client.genericGrantRequest(device, "urn:ietf:params:oauth:grant-type:device_code", code);
  assert.equal(await errorOf(pending), "authorization_pending");
  const end = await walk(ISSUER, new Map(), new URL(begun.verification_uri_complete), "tv@example.com").catch((error) => error);
  assert.match(end.message, /Your device is connected/);
  // The answer's interval is for a device that polls on; this one asks once more, and it is decided.
  const tokens = await client.pollDeviceAuthorizationGrant(device, { ...begun, interval: 0 });
  assert.equal((await client.fetchUserInfo(device, tokens.access_token, tokens.claims().sub)).email, "tv@example.com");
  assert.equal((await client.refreshTokenGrant(device, tokens.refresh_token)).claims().sub, tokens.claims().sub);
});

await check("OpenID Connect Core 5.3.2: userinfo that is signed", async () => {
  const own = await register({ userinfo_signed_response_alg: "RS256" });
  const tokens = await tokensOf(own.config, own.application, new Map(), "signed@example.com");
  const info = await client.fetchUserInfo(own.config, tokens.access_token, tokens.claims().sub);
  assert.equal(info.email, "signed@example.com");
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const response = await fetch(own.config.serverMetadata().userinfo_endpoint, { headers });
  assert.match(response.headers.get("content-type"), /^application\/jwt/);
  assert.equal((await verified(await response.text(), own.id)).payload.sub, tokens.claims().sub);
});

await check("RFC 7517 4: jose verifies ID tokens, access tokens, and knows them apart", async () => {
  const tokens = await tokensOf(config, application, new Map(), "jose@example.com");
  const id = await verified(tokens.id_token, application.id, "JWT");
  const access = await verified(tokens.access_token, "tiquo-client-api");
  assert.equal(id.payload.sub, access.payload.sub);
  assert.equal(await errorOf(verified(tokens.id_token, "tiquo-client-api")), "ERR_JWT_CLAIM_VALIDATION_FAILED");
  assert.equal(await errorOf(verified(tokens.access_token, application.id)), "ERR_JWT_CLAIM_VALIDATION_FAILED");
});
