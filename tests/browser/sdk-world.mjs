// What the SDK's checks share: pages of a shop on an origin of its own, and what they do with the SDK.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { mails } from "./program.mjs";

const MODULE = new URL("../../sdk/dist/tiquo-auth.mjs", import.meta.url);
const REFRESH = "/api/client/v1/refresh";
const PAGE = `<!doctype html><html lang="en"><title>Shop</title>
<script type="module">import { TiquoAuth } from "/tiquo-auth.mjs"; window.TiquoAuth = TiquoAuth;</script>`;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The shop's server. */
export async function openShop() {
  const module = await readFile(MODULE);
  const pages = new Map();
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const script = path === "/tiquo-auth.mjs";
    response.setHeader("Content-Type", script ? "text/javascript" : "text/html; charset=utf-8");
    response.end(script ? module : (pages.get(path) ?? PAGE));
  });
  await new Promise((go) => server.listen(0, "localhost", go));
  return { shop: `http://localhost:${server.address().port}`, pages, close: () => server.close() };
}

let people = 0;
/** Somebody who was never here before. */
export const somebody = () => `person${(people += 1)}@example.com`;

/** A browser of its own, in which everything that must not show a token is watched. */
export async function newBrowser(world, { clock, without = [] } = {}) {
  const context = await world.browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(30_000);
  context.on("request", (request) => world.said.push(request.url()));
  context.on("console", (message) => world.said.push(message.text()));
  context.on("weberror", (error) => world.broken.push(String(error.error())));
  if (clock !== undefined) await context.clock.install({ time: clock });
  for (const part of without) await context.addInitScript(missing[part]);
  return context;
}

// Browsers that lack something, or whose user forbade it.
const missing = {
  locks: () => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }),
  channel: () => delete window.BroadcastChannel,
  storage: () => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("blocked", "SecurityError"); } });
    }
  },
  database: () => Object.defineProperty(window, "indexedDB", { get: () => { throw new DOMException("blocked", "SecurityError"); } }),
  webCrypto: () => Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }),
};

/** A tab with the SDK in it. */
export async function newTab(world, context, options = {}) {
  const page = await context.newPage();
  await page.goto(`${world.shop}/`);
  await begin(world, page, options);
  return page;
}

/** Makes the SDK on a page, as after a load. */
export async function begin(world, page, options = {}) {
  await page.waitForFunction(() => window.TiquoAuth);
  await page.evaluate((given) => {
    window.events = [];
    window.auth = new TiquoAuth(given);
    window.initial = [];
    auth.onAuthStateChange((event, session) => (event === "INITIAL_SESSION" ? initial : events).push({ event, session }));
  }, { publicKey: "pk_dom_demo", apiEndpoint: world.issuer, debug: true, ...options });
}

export async function reload(world, page, options = {}) {
  await page.reload();
  await begin(world, page, options);
}

/** Calls the SDK in a tab; a refusal is `{refused: {…}}`. */
export function call(page, method, ...given) {
  return page.evaluate(([method, given]) => auth[method](...given).then(
    (value) => value,
    ({ name, message, reason, status, retryAfter, requestId, attemptsLeft }) =>
      ({ refused: { name, message, reason, status, retryAfter, requestId, attemptsLeft } }),
  ), [method, given]);
}

/** Signs in with the code from the mail. */
export async function signIn(world, page, email = somebody()) {
  const sent = await call(page, "sendOTP", email);
  assert.equal(sent.refused, undefined);
  const session = await call(page, "verifyOTP", email, await codeOf(world, email));
  assert.equal(session.user?.email, email, JSON.stringify(session));
  return session;
}

export async function codeOf(world, email) {
  return (await mails(world.issuer, email))[0].code;
}

/** What is stored of the session, as any script of the page sees it. */
export function stored(page) {
  return page.evaluate(() => {
    const name = Object.keys(localStorage).find((key) => /^tiquo:pk_dom_demo@http:..localhost:\d+$/.test(key));
    return name ? { name, ...JSON.parse(localStorage.getItem(name)) } : null;
  });
}

/**
 * Counts what goes to `/refresh`, and which tokens come back. The server's clock is not moved with the browser's, so it
 * refuses the first proof that is made after a move, and the SDK corrects its time: these are `corrected`.
 */
export function countRefreshes(context) {
  const count = { asked: 0, answered: 0, corrected: 0, given: 0, refused: [], successors: new Set() };
  const mine = (request) => request.method() === "POST" && request.url().endsWith(REFRESH);
  context.on("request", (request) => (count.asked += mine(request) ? 1 : 0));
  context.on("response", async (response) => {
    if (!mine(response.request())) return;
    const body = await response.json().catch(() => ({}));
    count.answered += 1;
    if (body.data) {
      count.given += 1;
      count.successors.add(body.data.refresh_token);
    } else if (body.reason === "invalid_dpop_proof") {
      count.corrected += 1;
    } else {
      count.refused.push(body.reason);
    }
  });
  return count;
}

/** Lets something stand between the tabs and `/refresh`. */
export const between = (context, answer) => context.route(`**${REFRESH}`, answer);
export const nothingBetween = (context) => context.unroute(`**${REFRESH}`);

/** Waits until something holds. */
export async function until(what, holds) {
  for (const end = Date.now() + 20_000; ; await new Promise((go) => setTimeout(go, 20))) {
    const said = await holds();
    if (said) return said;
    assert.ok(Date.now() < end, `not in time: ${what}`);
  }
}

export const events = (page) => page.evaluate(() => events.map(({ event }) => event));
export const heard = (page, event) => until(event, async () => (await events(page)).includes(event));

/** Everybody is signed in, with an access token that the server takes. */
export async function allSignedIn(tabs) {
  for (const tab of tabs) {
    const user = await call(tab, "getUser");
    assert.ok(user?.user, `signed in: ${JSON.stringify(user)}`);
    assert.ok(!(await events(tab)).includes("LOGOUT"), "nobody was told of a sign-out");
  }
}
