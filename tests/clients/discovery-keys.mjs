// Keys and algorithms: every one that is named works, others are refused.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import * as client from "openid-client";
import { ask, ISSUER, makeKey, register, tokensOf } from "./application.mjs";
import { refusedAtRegistration, somebody } from "./discovery-endpoints.mjs";

/** An authorization request whose parameters are in an object that `sign` makes; only what has to be is outside. */
const inObject = (sign) => async (config, parameters) => {
  const { client_id } = config.clientMetadata();
  const request = await sign({ ...parameters, client_id, response_type: "code", iss: client_id, aud: ISSUER });
  return client.buildAuthorizationUrl(config, { scope: "openid", redirect_uri: parameters.redirect_uri, request });
};
/** RFC 7523 §2.2. */
const assertion = (alg, { key }) => async (as, { client_id }, body) => {
  const claims = { iss: client_id, sub: client_id, aud: as.issuer, jti: crypto.randomUUID() };
  body.set("client_id", client_id);
  body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  body.set("client_assertion", await new SignJWT(claims).setProtectedHeader({ alg, kid: "one" }).setExpirationTime("1m").sign(key));
};
const signedBy = (alg, { key }) => (claims) => new SignJWT(claims).setProtectedHeader({ alg, kid: "one" }).sign(key);
const unsigned = async (claims) => new UnsecuredJWT(claims).encode();

export function keysAndAlgorithms({ metadata }) {
  const signedIn = (own, ...more) => tokensOf(own.config, own.application, new Map(), somebody(), ...more);
  const headers = (token) => ({ authorization: `Bearer ${token}` });
  return {
    jwks_uri: async (url) => {
      const { keys } = await (await fetch(url)).json();
      assert.ok(keys.length > 0);
      for (const key of keys) {
        assert.deepEqual(Object.keys(key).sort(), ["alg", "e", "kid", "kty", "n", "use"], "no private member, and all that tell them apart");
        assert.ok(metadata.id_token_signing_alg_values_supported.includes(key.alg) && key.use === "sig");
      }
      assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
    },
    id_token_signing_alg_values_supported: async (algorithms) => {
      for (const alg of algorithms) {
        const tokens = await signedIn(await register({ id_token_signed_response_alg: alg }));
        assert.equal(decodeProtectedHeader(tokens.id_token).alg, alg);
      }
      for (const alg of ["none", "HS256", "ES256"]) await refusedAtRegistration({ id_token_signed_response_alg: alg });
    },
    userinfo_signing_alg_values_supported: async (algorithms) => {
      for (const alg of algorithms) {
        const tokens = await signedIn(await register({ userinfo_signed_response_alg: alg }));
        const answer = await fetch(metadata.userinfo_endpoint, { headers: headers(tokens.access_token) });
        assert.equal(decodeProtectedHeader(await answer.text()).alg, alg);
      }
      for (const alg of ["none", "HS256", "ES256"]) await refusedAtRegistration({ userinfo_signed_response_alg: alg });
    },
    token_endpoint_auth_signing_alg_values_supported: async (algorithms) => {
      for (const alg of algorithms) {
        const { key, jwks } = await makeKey(alg);
        const method = { token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: alg };
        const own = await register({ ...method, jwks }, assertion(alg, key));
        assert.ok((await signedIn(own)).access_token, alg);
      }
      for (const alg of ["none", "HS256"]) await refusedAtRegistration({ token_endpoint_auth_signing_alg: alg });
    },
    request_parameter_supported: async (supported) => {
      assert.equal(supported, true);
      const pair = await makeKey("ES256");
      const own = await register({ jwks: pair.jwks });
      assert.ok((await signedIn(own, {}, inObject(signedBy("ES256", pair.key)))).access_token);
      const other = await makeKey("ES256");
      const { back } = await ask(own.config, own.application, new Map(), somebody(), {}, inObject(signedBy("ES256", other.key)));
      assert.equal(back.searchParams.get("error"), "invalid_request_object");
    },
    request_object_signing_alg_values_supported: async (algorithms) => {
      for (const alg of algorithms) {
        const pair = alg === "none" ? undefined : await makeKey(alg);
        const own = await register({ request_object_signing_alg: alg, ...(pair && { jwks: pair.jwks }) });
        const sign = pair ? signedBy(alg, pair.key) : unsigned;
        assert.ok((await signedIn(own, {}, inObject(sign))).access_token, alg);
      }
      for (const alg of ["HS256", "RS1"]) await refusedAtRegistration({ request_object_signing_alg: alg });
    },
    request_uri_parameter_supported: async (supported) => {
      assert.equal(supported, true);
      await byReference(async (own, at) => assert.ok((await signedIn(own, {}, at("/request"))).access_token));
    },
    require_request_uri_registration: async (required) => {
      assert.equal(required, true);
      await byReference(async (own, at) => {
        const { back } = await ask(own.config, own.application, new Map(), somebody(), {}, at("/another"));
        assert.equal(back.searchParams.get("error"), "invalid_request_uri");
      });
    },
  };
}

/** A client whose request object is fetched from `/request` of its own server; `at` asks with what is at a path of it. */
async function byReference(use) {
  const { key, jwks } = await makeKey("ES256");
  let object;
  const server = createServer((_, response) => response.setHeader("content-type", "application/oauth-authz-req+jwt").end(object));
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const base = `http://localhost:${server.address().port}`;
  try {
    const own = await register({ jwks, request_uris: [`${base}/request`] });
    await use(own, (path) => async (config, parameters) => {
      const { client_id } = config.clientMetadata();
      object = await signedBy("ES256", key)({ ...parameters, client_id, response_type: "code" });
      const outside = { scope: "openid", redirect_uri: parameters.redirect_uri, request_uri: base + path };
      return client.buildAuthorizationUrl(config, outside);
    });
  } finally {
    server.close();
  }
}
