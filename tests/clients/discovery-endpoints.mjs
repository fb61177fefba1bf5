// Endpoints, and how clients authenticate at them.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { applications, errorOf, INITIAL, ISSUER, makeKey, register, tokensOf } from "./application.mjs";
import { answer, open, walk } from "./pages.mjs";

const [, basic] = applications;
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
let people = 0;
/** Somebody who was never here before. */
export const somebody = () => `member${(people += 1)}@example.com`;

/** Registers a client that authenticates in this way. */
async function authenticating(method) {
  if (method === "none") return register({ token_endpoint_auth_method: method, application_type: "native" }, client.None());
  const of = { client_secret_basic: client.ClientSecretBasic(), client_secret_post: client.ClientSecretPost() };
  if (of[method]) return register({ token_endpoint_auth_method: method }, of[method]);
  const { key, jwks } = await makeKey("ES256");
  return register({ token_endpoint_auth_method: method, jwks }, client.PrivateKeyJwt(key));
}

/** Refused at the registration. */
export const refusedAtRegistration = async (metadata) =>
  assert.match(await errorOf(register(metadata)), /^invalid_client_metadata$/, JSON.stringify(metadata));

export function endpoints({ config, application }) {
  const isOurs = (url) => assert.ok(url.startsWith(`${ISSUER}/`), url);
  const notForGet = async (url) => {
    isOurs(url);
    assert.equal((await fetch(url)).status, 405);
  };
  const tokens = () => tokensOf(config, application, new Map(), somebody());
  const each = async (methods, use) => {
    for (const method of methods) {
      const own = await authenticating(method);
      await use(own, await tokensOf(own.config, own.application, new Map(), somebody()), method);
    }
  };
  return {
    issuer: async (issuer) => {
      assert.equal(issuer, ISSUER);
      assert.equal((await tokens()).claims().iss, ISSUER);
    },
    authorization_endpoint: async (url) => {
      isOurs(url);
      const parameters = { client_id: basic.id, redirect_uri: basic.callback, response_type: "code", scope: "openid", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
      const query = new URL(`${url}?${new URLSearchParams(parameters)}`);
      assert.match((await open(ISSUER, new Map(), query)).html, /name="email"/);
      const cookies = new Map();
      const { action, fields } = await answer(ISSUER, (await open(ISSUER, cookies, new URL(url), parameters)).html);
      assert.equal(cookies.size, 0, "what came without cookies sets none");
      const page = await open(ISSUER, cookies, new URL(action, ISSUER), fields);
      assert.match(page.html, /name="email"/, "OpenID Connect Core 3.1.2.1");
    },
    token_endpoint: async (url) => {
      await notForGet(url);
      const wrong = await fetch(url, { method: "POST", body: new URLSearchParams({ grant_type: "authorization_code" }) });
      // RFC 6749 §5.2: no client authentication included.
      assert.deepEqual([wrong.status, wrong.headers.get("cache-control")], [401, "no-store"]);
      assert.ok((await tokens()).access_token);
    },
    userinfo_endpoint: async (url) => {
      isOurs(url);
      const { access_token, claims } = await tokens().then((all) => ({ ...all, claims: all.claims() }));
      const headers = { authorization: `Bearer ${access_token}` };
      for (const given of [{ headers }, { method: "POST", headers }, { method: "POST", body: new URLSearchParams({ access_token }) }]) {
        assert.equal((await (await fetch(url, given)).json()).sub, claims.sub);
      }
      assert.equal((await fetch(url)).status, 401);
    },
    end_session_endpoint: async (url) => {
      isOurs(url);
      const [cookies, email] = [new Map(), somebody()];
      const { id_token } = await tokensOf(config, application, cookies, email);
      const given = { id_token_hint: id_token, post_logout_redirect_uri: "http://localhost:3001/" };
      assert.equal((await walk(ISSUER, cookies, client.buildEndSessionUrl(config, given), email)).href, "http://localhost:3001/");
    },
    revocation_endpoint: notForGet,
    introspection_endpoint: notForGet,
    registration_endpoint: async (url) => {
      isOurs(url);
      const { config: own } = await register({});
      assert.ok(own.clientMetadata().registration_client_uri.startsWith(`${url}/`));
    },
    device_authorization_endpoint: async (url) => {
      await notForGet(url);
      const device = await client.discovery(new URL(ISSUER), "demo-device", undefined, client.None(), { execute: [client.allowInsecureRequests] });
      isOurs((await client.initiateDeviceAuthorization(device, { scope: "openid" })).verification_uri);
    },
    grant_types_supported: async (types) => {
      const used = {
        authorization_code: async () => (await tokens()).access_token,
        refresh_token: async () => (await client.refreshTokenGrant(config, (await tokens()).refresh_token)).access_token,
        client_credentials: async () => {
          const own = await register({ grant_types: ["client_credentials"], response_types: [], redirect_uris: [] }, undefined, INITIAL);
          return (await client.clientCredentialsGrant(own.config)).access_token;
        },
        [GRANT]: async () => {
          const own = await register({ grant_types: [GRANT], response_types: [], redirect_uris: [], token_endpoint_auth_method: "none" }, client.None());
          const begun = await client.initiateDeviceAuthorization(own.config, { scope: "openid" });
          await walk(ISSUER, new Map(), new URL(begun.verification_uri_complete), somebody()).catch(() => undefined);
          return (await client.pollDeviceAuthorizationGrant(own.config, { ...begun, interval: 0 })).access_token;
        },
      };
      assert.deepEqual([...types].sort(), Object.keys(used).sort());
      for (const use of Object.values(used)) assert.ok(await use());
      for (const other of ["password", "urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit"]) {
        assert.equal(await errorOf(client.genericGrantRequest(config, other, {})), "unsupported_grant_type", other);
        await refusedAtRegistration({ grant_types: [other] });
      }
    },
    token_endpoint_auth_methods_supported: async (methods) => {
      await each(methods, async (own, got, method) => {
        assert.ok((await client.refreshTokenGrant(own.config, got.refresh_token)).access_token, method);
      });
      for (const other of ["client_secret_jwt", "tls_client_auth"]) await refusedAtRegistration({ token_endpoint_auth_method: other });
    },
    revocation_endpoint_auth_methods_supported: (methods) =>
      each(methods, async (own, got, method) => {
        await client.tokenRevocation(own.config, got.refresh_token);
        assert.equal(await errorOf(client.refreshTokenGrant(own.config, got.refresh_token)), "invalid_grant", method);
      }),
    introspection_endpoint_auth_methods_supported: async (methods) => {
      await each(methods, async (own, got, method) => {
        assert.equal((await client.tokenIntrospection(own.config, got.access_token)).active, true, method);
      });
      const own = await authenticating("none");
      assert.ok(!methods.includes("none"));
      assert.notEqual(await errorOf(client.tokenIntrospection(own.config, "x")), "none", "RFC 7662 2.1");
    },
  };
}
