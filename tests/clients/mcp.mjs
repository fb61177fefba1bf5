// A client of the Model Context Protocol, with the library `@modelcontextprotocol/sdk`, unmodified: it finds the issuer by the
// resource server's metadata (RFC 9728), registers itself (RFC 7591), and gets a token for that resource and no other
// (RFC 8707). RESOURCE is the resource server's URL. Prints one line of JSON for each check; exits with 1 when one failed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { check, ISSUER } from "./application.mjs";
import { walk } from "./pages.mjs";

const { RESOURCE } = process.env;
const CALLBACK = "http://127.0.0.1:33418/callback";
const { pathname, port } = new URL(RESOURCE);
const metadata = { resource: RESOURCE, authorization_servers: [ISSUER], scopes_supported: ["notes:read", "notes:write"] };
const server = createServer((request, response) => {
  const isMetadata = request.url === `/.well-known/oauth-protected-resource${pathname}`;
  response.writeHead(isMetadata ? 200 : 404, { "Content-Type": "application/json" });
  response.end(isMetadata ? JSON.stringify(metadata) : "{}");
});
await new Promise((go) => server.listen(Number(port), "localhost", go));

/** What the library keeps for one application. */
function provider() {
  const kept = {};
  return {
    kept,
    redirectUrl: CALLBACK,
    clientMetadata: {
      client_name: "Notes",
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
    state: () => "a state",
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    redirectToAuthorization: (url) => void (kept.url = url),
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier,
  };
}

const keys = createRemoteJWKSet(new URL(`${ISSUER}/api/oauth2/jwks`));
const verified = (token) => jwtVerify(token, keys, { issuer: ISSUER, audience: RESOURCE });

await check("it registers itself, signs a person in, and has a token for the resource alone", async () => {
  const application = provider();
  assert.equal(await auth(application, { serverUrl: RESOURCE }), "REDIRECT");
  assert.match(application.kept.client.client_id, /^dyn_/);
  assert.equal(application.kept.url.searchParams.get("resource"), RESOURCE);
  const back = await walk(ISSUER, new Map(), application.kept.url, "notes@example.com");
  assert.equal(back.searchParams.get("state"), "a state");
  const authorizationCode = back.searchParams.get("code");
  assert.equal(await auth(application, { serverUrl: RESOURCE, authorizationCode }), "AUTHORIZED");
  const { payload } = await verified(application.kept.tokens.access_token);
  assert.equal(payload.aud, RESOURCE);
  assert.deepEqual(payload.scope.split(" ").sort(), ["notes:read", "notes:write"]);
  assert.equal(payload.client_id, application.kept.client.client_id);
});

await check("it refreshes", async () => {
  const application = provider();
  await auth(application, { serverUrl: RESOURCE });
  const back = await walk(ISSUER, new Map(), application.kept.url, "notes@example.com");
  await auth(application, { serverUrl: RESOURCE, authorizationCode: back.searchParams.get("code") });
  const before = application.kept.tokens;
  assert.equal(await auth(application, { serverUrl: RESOURCE }), "AUTHORIZED");
  assert.notEqual(application.kept.tokens.refresh_token, before.refresh_token);
  assert.equal((await verified(application.kept.tokens.access_token)).payload.aud, RESOURCE);
});

await check("for a resource that nobody named it gets none", async () => {
  const application = provider();
  const other = `http://localhost:${port}/other`;
  await auth(application, { serverUrl: RESOURCE });
  application.kept.url.searchParams.set("resource", other);
  const back = await walk(ISSUER, new Map(), application.kept.url, "notes@example.com");
  assert.equal(back.searchParams.get("error"), "invalid_target");
});

server.close();
