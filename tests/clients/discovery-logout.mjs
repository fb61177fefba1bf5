// What applications hear of a logout, in the browser and at their servers.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { ISSUER, register, tokensOf } from "./application.mjs";
import { refusedAtRegistration, somebody } from "./discovery-endpoints.mjs";

/** Somebody signs in at an application that registered so, and out again; the page that they see, and their ID token. */
async function signedOut(metadata) {
  const cookies = new Map();
  const own = await register(metadata);
  const tokens = await tokensOf(own.config, own.application, cookies, somebody());
  const url = client.buildEndSessionUrl(own.config, { id_token_hint: tokens.id_token });
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return { config: own.config, claims: tokens.claims(), id: own.id, page: await (await fetch(url, { headers: { cookie } })).text() };
}

async function framed(required) {
  const metadata = { frontchannel_logout_uri: "http://localhost:3002/frame", frontchannel_logout_session_required: required };
  const { claims, page } = await signedOut(metadata);
  const [, source] = page.match(/<iframe[^>]*src="([^"]*)"/);
  return { claims, frame: new URL(source.replaceAll(/&(amp|#38);/g, "&")) };
}

async function told(required) {
  let heard;
  const token = new Promise((resolve) => (heard = resolve));
  const server = createServer(async (request, response) => {
    heard(new URLSearchParams(Buffer.concat(await request.toArray()).toString()).get("logout_token"));
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const uri = `http://localhost:${server.address().port}/out`;
  const { config, claims, id } = await signedOut({ backchannel_logout_uri: uri, backchannel_logout_session_required: required });
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload } = await jwtVerify(await token, keys, { issuer: ISSUER, audience: id, typ: "logout+jwt", algorithms: ["RS256"] });
  server.close();
  return { claims, payload };
}

export function logouts() {
  return {
    frontchannel_logout_supported: async (supported) => {
      assert.equal(supported, true);
      assert.equal((await framed(false)).frame.origin, "http://localhost:3002");
      await refusedAtRegistration({ frontchannel_logout_uri: "https://elsewhere.example/frame" });
    },
    frontchannel_logout_session_supported: async (supported) => {
      assert.equal(supported, true);
      const { claims, frame } = await framed(true);
      assert.deepEqual([frame.searchParams.get("iss"), frame.searchParams.get("sid")], [ISSUER, claims.sid]);
    },
    backchannel_logout_supported: async (supported) => {
      assert.equal(supported, true);
      const { claims, payload } = await told(false);
      assert.equal(payload.sub, claims.sub);
      assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
      assert.equal(payload.nonce, undefined);
    },
    backchannel_logout_session_supported: async (supported) => {
      assert.equal(supported, true);
      const { claims, payload } = await told(true);
      assert.equal(payload.sid, claims.sid);
    },
  };
}
