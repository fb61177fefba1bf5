// Connections that break, servers that are away, answers of somebody else: nobody is signed out by any of it.
import assert from "node:assert/strict";
import {
  allSignedIn, between, call, countRefreshes, events, heard, HOUR, MINUTE, newBrowser, newTab, nothingBetween, reload,
  signIn, stored, until,
} from "./sdk-world.mjs";

const SOON = 56 * MINUTE;

async function signedIn(world, without = []) {
  const context = await newBrowser(world, { clock: Date.now(), without });
  const tab = await newTab(world, context);
  await signIn(world, tab);
  return { context, tab, before: await stored(tab) };
}

const json = (status, reason, headers = {}) => ({
  status,
  headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After, Date", "Content-Type": "application/json", ...headers },
  body: JSON.stringify({ success: false, error: "Away.", reason, request_id: "0" }),
});

const renewed = (tab, before) => until("new tokens", async () => ((await stored(tab)).rt !== before.rt));

// What came of a turn that only told the SDK the right time.
const CORRECTED = Symbol("corrected");

// Somebody's turn at /refresh that ends as `answer` says, for as long as it says so; the moved clock makes it time.
async function outlast(world, answer, { without } = {}) {
  const { context, tab, before } = await signedIn(world, without);
  const cut = { times: 0, over: false };
  await between(context, async (route) => {
    if (cut.over) return route.continue();
    if ((await answer(route)) !== CORRECTED) cut.times += 1;
  });
  await context.clock.fastForward(SOON);
  await until("it was tried", () => cut.times > 0);
  // Whatever is asked now: the old token is good for some minutes.
  await allSignedIn([tab]);
  assert.equal((await stored(tab)).rt, before.rt);
  cut.over = true;
  // What was answered told the SDK that its clock was moved.
  await context.clock.fastForward(SOON);
  await renewed(tab, before);
  await allSignedIn([tab]);
  const { rt } = await stored(tab);
  await context.close();
  return rt;
}

// Another tab was faster: it stores its new tokens `late` milliseconds after this one hears a refusal.
async function overtaken(world, reason, late) {
  const { context, tab, before } = await signedIn(world);
  const { name, ...record } = before;
  let next;
  await between(context, async (route) => {
    if (next) return route.continue();
    const { data } = await (await route.fetch()).json();
    if (!data) return route.fulfill(json(401, "invalid_dpop_proof", { Date: new Date().toUTCString() }));
    next = { ...record, rt: data.refresh_token, at: data.access_token, exp: before.exp + 2 * HOUR };
    const store = () => tab.evaluate(([name, text]) => localStorage.setItem(name, text), [name, JSON.stringify(next)]);
    if (late) setTimeout(store, late);
    else await store();
    return route.fulfill(json(401, reason));
  });
  const count = countRefreshes(context);
  await context.clock.fastForward(SOON);
  await heard(tab, "TOKEN_REFRESH");
  assert.deepEqual([count.refused, (await stored(tab)).rt], [[reason], next.rt]);
  await allSignedIn([tab]);
  await context.close();
}

export const badNetwork = (world) => ({
  async "a refresh that never reached the server"() {
    await outlast(world, (route) => route.abort("connectionfailed"));
  },

  async "a refresh whose answer was lost: asked again, it gets the same successor"() {
    for (const without of [[], ["locks"], ["database"]]) {
      const lost = new Set();
      const after = await outlast(world, async (route) => {
        const response = await route.fetch();
        const { data } = await response.json();
        // A proof that was made by the moved clock is no lost answer.
        if (!data) return route.fulfill({ response }).then(() => CORRECTED);
        lost.add(data.refresh_token);
        return route.abort("connectionreset");
      }, { without });
      assert.deepEqual([...lost], [after]);
    }
  },

  async "the page is left in the middle of a refresh: the next page gets the same successor"() {
    const { context, tab, before } = await signedIn(world, []);
    const lost = new Set();
    let gone = false;
    await between(context, async (route) => {
      if (gone) return route.continue();
      const body = await (await route.fetch()).json();
      if (!body.data) return route.fulfill(json(401, "invalid_dpop_proof", { Date: new Date().toUTCString() }));
      lost.add(body.data.refresh_token);
      gone = true;
      return tab.goto("about:blank").catch(() => undefined);
    });
    await context.clock.fastForward(SOON);
    await until("the page is gone", () => gone && tab.url() === "about:blank");
    await tab.goto(`${world.shop}/`);
    const count = countRefreshes(context);
    // An answer would tell that only the browser's clock was moved, and that there is time.
    const session = "**/api/auth/dom/session";
    await context.route(session, (route) => route.abort());
    await reload(world, tab);
    await renewed(tab, before);
    await context.unroute(session);
    assert.deepEqual([...lost], [(await stored(tab)).rt], "the same that was lost");
    assert.deepEqual(count.refused, []);
    await allSignedIn([tab]);
    await context.close();
  },

  async "no network at all, then there is again: five tabs, one rotation"() {
    const { context, tab, before } = await signedIn(world);
    const tabs = [tab];
    while (tabs.length < 5) tabs.push(await newTab(world, context));
    await context.setOffline(true);
    await context.clock.fastForward(2 * HOUR);
    for (const one of tabs) {
      for (const method of ["getUser", "getAccessToken"]) {
        const { refused } = await call(one, method);
        assert.deepEqual([refused?.name, refused?.reason], ["TiquoError", "network"], method);
      }
    }
    assert.equal((await stored(tab)).rt, before.rt);
    const count = countRefreshes(context);
    await context.setOffline(false);
    // The browser says that it is online: nobody has to do anything.
    await renewed(tab, before);
    await allSignedIn(tabs);
    assert.deepEqual([count.successors.size, count.refused], [1, []]);
    await context.close();
  },

  async "a 503 without a body of ours, a 500, a 429, a captive portal's 401 and 200"() {
    const cors = { "Access-Control-Allow-Origin": "*" };
    const answers = [
      { status: 503, headers: cors, body: "<html>" },
      json(500, "server_error"),
      json(429, "rate_limited"),
      { status: 401, headers: cors, body: "<html>Sign in to the Wi-Fi" },
      { status: 200, headers: cors, body: "<html>Welcome" },
      { status: 200, headers: cors, body: '{"success":true,"data":{}}' },
      { status: 404, headers: cors, body: "" },
      json(403, "origin_not_allowed"),
      json(401, "client_authentication_required"),
      json(401, "something_new"),
    ];
    for (const answer of answers) await outlast(world, (route) => route.fulfill(answer));
  },

  async "Retry-After is waited for, by every tab's own calls too"() {
    const { context, tab, before } = await signedIn(world);
    let asked = 0;
    await between(context, (route) => {
      asked += 1;
      return route.fulfill(json(503, "unavailable", { "Retry-After": "120" }));
    });
    await context.clock.fastForward(HOUR + MINUTE);
    const { refused } = await call(tab, "getAccessToken");
    assert.deepEqual([refused.status, refused.reason, refused.retryAfter], [503, "unavailable", 120]);
    const before503 = asked;
    await call(tab, "getUser");
    await tab.evaluate(() => window.dispatchEvent(new Event("online")));
    await context.clock.fastForward(100_000);
    await call(tab, "getUser");
    assert.equal(asked, before503, "not asked again so soon");
    await nothingBetween(context);
    await context.clock.fastForward(60_000);
    await renewed(tab, before);
    await allSignedIn([tab]);
    await context.close();
  },

  async "a server that never answers is given up, and asked again"() {
    const { context, tab, before } = await signedIn(world);
    let hung = 0;
    await between(context, (route) => {
      if (hung > 0) return route.continue();
      hung += 1;
      return undefined;
    });
    await context.clock.fastForward(SOON);
    await until("it hangs", () => hung === 1);
    await context.clock.fastForward(30_000);
    await until("it is asked again", async () => {
      await context.clock.fastForward(10_000);
      return (await stored(tab)).rt !== before.rt;
    });
    await allSignedIn([tab]);
    await context.close();
  },

  async "superseded: the storage is read again, nothing is lost"() {
    await overtaken(world, "superseded", 400);
  },

  async "refused for a token that is not stored any more: the stored one is used"() {
    for (const reason of ["reused", "invalid", "expired", "revoked"]) await overtaken(world, reason, 0);
  },

  async "refused for the token that is stored: signed out, in all tabs"() {
    for (const reason of ["reused", "invalid", "expired", "revoked"]) {
      const { context, tab } = await signedIn(world);
      const other = await newTab(world, context);
      await between(context, (route) => route.fulfill(json(401, reason)));
      await context.clock.fastForward(SOON);
      await heard(tab, "LOGOUT");
      await heard(other, "LOGOUT");
      assert.equal(await stored(tab), null);
      assert.equal(await call(other, "getUser"), null);
      await context.close();
    }
  },

  async "a sign-out that the server did not hear is told again"() {
    const { context, tab, before } = await signedIn(world);
    await context.setOffline(true);
    const { refused } = await call(tab, "logout");
    assert.equal(refused.reason, "network");
    assert.equal(await call(tab, "getUser"), null, "signed out here in any case");
    await context.setOffline(false);
    const profile = () => fetch(`${world.issuer}/api/client/v1/profile`, { headers: { Authorization: `Bearer ${before.at}` } });
    await until("the session is over at the server", async () => {
      await context.clock.fastForward(5000);
      return (await profile()).status === 401;
    });
    await context.close();
  },
});
