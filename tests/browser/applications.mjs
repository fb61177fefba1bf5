// The two applications of development: where they begin, where people come back to, and what they do with the answer.
import assert from "node:assert/strict";
import { createServer } from "node:http";

// RFC 7636 appendix B.
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SECRET = "demo-server-secret-for-development-only";
const HOME = "http://localhost:3000";
const PAGE = "<!doctype html><html lang=en><title>The application</title><h1>The application</h1>";

/** Opens both. `web` is public and takes any port of 127.0.0.1 (RFC 8252 §7.3); `server` has a secret and one home. */
export async function open({ issuer, serverHome }) {
  const [told, posts] = [[], []];
  const web = await listen(0, "127.0.0.1", told, posts);
  const server = await listen(Number(new URL(serverHome).port), "localhost", told, posts);
  const applications = {
    web: { id: "demo-web", callback: `http://127.0.0.1:${web.address().port}/callback` },
    server: { id: "demo-server", secret: SECRET, home: serverHome, callback: `${serverHome}callback` },
  };
  return {
    ...applications,
    /** The claims of the logout tokens that came over the back channel. */
    told,
    /** The fields of the forms that answers came in. */
    posts,
    // After a logout people come back to where demo-web is at home.
    origins: [...Object.values(applications).map(({ callback }) => new URL(callback).origin), HOME],
    /** Lets a browser context reach them. */
    async meet(context) {
      await context.route(`${HOME}/**`, (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
    },
    close() {
      for (const listening of [web, server]) listening.close().closeAllConnections();
    },
    issuer,
  };
}

/** The URL of an authorization request; `over` replaces its parameters. */
export function authorize(issuer, application, over = {}) {
  const query = new URLSearchParams({
    client_id: application.id,
    redirect_uri: application.callback,
    response_type: "code",
    scope: "openid email profile:read",
    state: "af0ifjsldkj",
    nonce: "n-0S6_WzA2Mj",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...over,
  });
  return `${issuer}/api/auth/oauth2/authorize?${query}`;
}

/** The person is back with an answer in order, and its code is good: returns the token response. */
export async function redeem(issuer, application, page) {
  await page.waitForURL(`${application.callback}?*`);
  const answer = new URL(page.url()).searchParams;
  assert.equal(answer.get("error"), null);
  assert.equal(answer.get("state"), "af0ifjsldkj");
  assert.equal(answer.get("iss"), issuer);
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: application.id,
    redirect_uri: application.callback,
    code_verifier: VERIFIER,
    code: answer.get("code"),
  });
  if (application.secret) body.set("client_secret", application.secret);
  const response = await fetch(`${issuer}/api/auth/oauth2/token`, { method: "POST", body });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

function listen(port, host, told, posts) {
  return new Promise((resolve, reject) => {
    const server = createServer(async (request, response) => {
      if (request.method === "POST") {
        const body = Buffer.concat(await request.toArray()).toString();
        const fields = new URLSearchParams(body);
        const token = fields.get("logout_token");
        if (token) told.push(JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString()));
        else posts.push(fields);
      }
      response.setHeader("content-type", "text/html").end(PAGE);
    });
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
