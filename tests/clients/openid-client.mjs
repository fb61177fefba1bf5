// The library `openid-client`, unmodified, as an application that signs its users in at ISSUER. Prints one line of JSON
// for each check; exits with 1 when one of them failed.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { applications, ask, check, discover, ISSUER, register } from "./application.mjs";

const refusedBy = (code) => (error) => {
  assert.equal(error.error ?? error.code, code, `${error.code}: ${error.message}`);
  return true;
};

const changed = (url, name, value) => {
  const other = new URL(url);
  if (value === undefined) other.searchParams.delete(name);
  else other.searchParams.set(name, value);
  return other;
};

async function signIn(application) {
  const { name, id, callback } = application;
  const [cookies, email] = [new Map(), `${name}@example.com`];
  const redeem = (url, kept) => client.authorizationCodeGrant(config, url, { ...kept, idTokenExpected: true });
  let config, tokens, first;

  await check(`${name}: OpenID Connect Discovery 4 says what the library acts on`, async () => {
    config = await discover(application);
    const metadata = config.serverMetadata();
    assert.equal(metadata.issuer, ISSUER);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.ok(metadata.supportsPKCE());
  });
  await check(`${name}: OpenID Connect Core 3.1 from the application and back`, async () => {
    first = await ask(config, application, cookies, email);
    assert.equal(first.back.origin + first.back.pathname, callback);
  });
  await check(`${name}: RFC 6749 10.12 a wrong state is refused`, () =>
    assert.rejects(redeem(first.back, { ...first.kept, expectedState: "another" }), refusedBy("OAUTH_INVALID_RESPONSE")));
  await check(`${name}: RFC 9207 2.4 a wrong or missing iss is refused`, async () => {
    for (const iss of ["https://id.example", undefined]) {
      await assert.rejects(redeem(changed(first.back, "iss", iss), first.kept), refusedBy("OAUTH_INVALID_RESPONSE"));
    }
  });
  await check(`${name}: RFC 7636 4.6 a wrong verifier is refused`, () =>
    assert.rejects(
      redeem(first.back, { ...first.kept, pkceCodeVerifier: client.randomPKCECodeVerifier() }),
      refusedBy("invalid_grant"),
    ));
  await check(`${name}: OpenID Connect Core 3.1.3.7 the ID token verifies`, async () => {
    tokens = await redeem(first.back, first.kept);
    const claims = tokens.claims();
    assert.deepEqual([claims.iss, claims.aud, claims.nonce], [ISSUER, id, first.kept.expectedNonce]);
    assert.equal(tokens.expires_in, 3600);
  });
  await check(`${name}: RFC 6749 4.1.2 a code is good once`, () =>
    assert.rejects(redeem(first.back, first.kept), refusedBy("invalid_grant")));
  await check(`${name}: OpenID Connect Core 5.3 userinfo of that subject`, async () => {
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    assert.deepEqual([info.email, info.email_verified], [email, true]);
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, "user_another"));
  });
  await check(`${name}: OpenID Connect Core 12 a refresh`, async () => {
    const again = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(again.refresh_token, tokens.refresh_token);
    assert.equal(again.claims().sub, tokens.claims().sub);
    assert.equal((await client.fetchUserInfo(config, again.access_token, tokens.claims().sub)).email, email);
  });
  await check(`${name}: OpenID Connect Core 3.1.3.7 a wrong nonce is refused`, async () => {
    const { kept, back } = await ask(config, application, cookies, email);
    const wrong = redeem(back, { ...kept, expectedNonce: "another" });
    await assert.rejects(wrong, refusedBy("OAUTH_JWT_CLAIM_COMPARISON_FAILED"));
  });
}

async function wrongSecret() {
  const application = { ...applications[1], auth: client.ClientSecretBasic("not-the-secret") };
  const config = await discover(application);
  const { kept, back } = await ask(config, application, new Map(), "secret@example.com");
  // A refusal of the Authorization header comes with a challenge (RFC 6749 §5.2), which the library reports first.
  const refused = (error) => {
    assert.deepEqual([error.code, error.status], ["OAUTH_WWW_AUTHENTICATE_CHALLENGE", 401]);
    return true;
  };
  await assert.rejects(client.authorizationCodeGrant(config, back, kept), refused);
}

/** RFC 7591 and RFC 7592: an application that nobody configured. */
async function registersItself() {
  const { config, application } = await register({});
  const { client_id, client_secret, registration_client_uri, registration_access_token } = config.clientMetadata();
  assert.ok(client_id && client_secret);
  const { kept, back } = await ask(config, application, new Map(), "dynamic@example.com");
  const tokens = await client.authorizationCodeGrant(config, back, { ...kept, idTokenExpected: true });
  assert.equal(tokens.claims().aud, client_id);
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
  const headers = { authorization: `Bearer ${registration_access_token}` };
  assert.equal((await fetch(registration_client_uri, { headers })).status, 200);
  assert.equal((await fetch(registration_client_uri, { method: "DELETE", headers })).status, 204);
  assert.equal((await fetch(registration_client_uri, { headers })).status, 401);
}

for (const application of applications) await signIn(application);
await check("RFC 7591 3 and RFC 7592 2 an application registers, signs in and removes itself", registersItself);
await check("RFC 6749 5.2 a wrong secret is refused", wrongSecret);
