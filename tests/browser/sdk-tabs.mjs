// Many tabs, one session.
import assert from "node:assert/strict";
import {
  allSignedIn, between, call, countRefreshes, events, heard, HOUR, MINUTE, newBrowser, newTab, signIn, somebody, stored, until,
} from "./sdk-world.mjs";

const SOON = 56 * MINUTE;

// Five tabs of one session, moved together to where each of them wants to refresh; `slow` keeps answers back so that
// all of them really ask at once.
async function fiveTabs(world, { without = [], options = {}, slow = 0 } = {}) {
  const context = await newBrowser(world, { clock: Date.now(), without });
  const first = await newTab(world, context, options);
  await signIn(world, first);
  const tabs = [first];
  while (tabs.length < 5) tabs.push(await newTab(world, context, options));
  await allSignedIn(tabs);
  const before = await stored(first);
  if (slow) {
    await between(context, async (route) => {
      await new Promise((go) => setTimeout(go, slow));
      await route.continue();
    });
  }
  const count = countRefreshes(context);
  await context.clock.fastForward(SOON);
  return { context, tabs, before, count };
}

async function oneSuccessor({ context, tabs, before, count }) {
  await until("a refresh", async () => (await stored(tabs[0])).rt !== before.rt);
  await until("every answer", () => count.answered === count.asked);
  // Time for whoever would still ask.
  await new Promise((go) => setTimeout(go, 2000));
  await until("every answer", () => count.answered === count.asked);
  assert.deepEqual(count.refused, []);
  assert.equal(count.successors.size, 1, "one rotation: all get the same successor");
  assert.deepEqual([...count.successors], [(await stored(tabs[0])).rt]);
  const tokens = await Promise.all(tabs.map((tab) => call(tab, "getAccessToken")));
  assert.deepEqual([...new Set(tokens)], [(await stored(tabs[0])).at], "all use the stored token");
  await allSignedIn(tabs);
  await context.close();
}

const inAll = (tabs, event) => Promise.all(tabs.map((tab) => heard(tab, event)));

export const manyTabs = (world) => ({
  async "five tabs reach the refresh together: one of them asks, all know"() {
    const five = await fiveTabs(world, { slow: 1000 });
    await inAll(five.tabs, "TOKEN_REFRESH");
    await oneSuccessor(five);
    assert.equal(five.count.given, 1, "one request");
  },

  async "five tabs without Web Locks: all ask, all get the same successor"() {
    const five = await fiveTabs(world, { without: ["locks"], slow: 1000 });
    await inAll(five.tabs, "TOKEN_REFRESH");
    await oneSuccessor(five);
    assert.ok(five.count.given > 1, `they raced: ${five.count.given} requests`);
  },

  async "five tabs without Web Locks and BroadcastChannel"() {
    const five = await fiveTabs(world, { without: ["locks", "channel"], slow: 1000 });
    await inAll(five.tabs, "TOKEN_REFRESH");
    await oneSuccessor(five);
    assert.ok(five.count.given > 1, `they raced: ${five.count.given} requests`);
  },

  async "five tabs that are told nothing look at the storage before they ask"() {
    const five = await fiveTabs(world, { options: { enableTabSync: false }, slow: 1000 });
    await oneSuccessor(five);
    assert.equal(five.count.given, 1);
  },

  async "five tabs that use an access token which the server no longer takes: one refresh for all"() {
    const context = await newBrowser(world);
    const tabs = [await newTab(world, context)];
    await signIn(world, tabs[0]);
    while (tabs.length < 5) tabs.push(await newTab(world, context));
    const { name, ...record } = await stored(tabs[0]);
    await tabs[0].evaluate(([name, record]) => localStorage.setItem(name, JSON.stringify({ ...record, at: `${record.at}x` })), [name, record]);
    const count = countRefreshes(context);
    await until("all see it", async () =>
      (await Promise.all(tabs.map((tab) => call(tab, "getAccessToken")))).every((token) => token.endsWith("x")));
    const statuses = await Promise.all(tabs.map((tab) =>
      tab.evaluate(async () => (await auth.fetch("/api/client/v1/profile")).status)));
    assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
    assert.deepEqual([count.asked, count.given, count.successors.size], [1, 1, 1]);
    await allSignedIn(tabs);
    await context.close();
  },

  async "thirty refreshes over five tabs, by whichever tab is first"() {
    // Without a key: of one that is bound to a key, eight proofs may be alive, and each lives for five minutes.
    const five = await fiveTabs(world, { without: ["database"] });
    const { context, tabs, count } = five;
    for (let turn = 1; turn <= 30; turn += 1) {
      await until(`refresh ${turn}`, () => count.successors.size >= turn);
      await until("all tabs know it", async () => {
        const tokens = await Promise.all(tabs.map((tab) => call(tab, "getAccessToken")));
        return new Set(tokens).size === 1;
      });
      if (turn < 30) await context.clock.fastForward(SOON);
    }
    assert.deepEqual([count.successors.size, count.refused], [30, []]);
    await allSignedIn(tabs);
    await context.close();
  },

  async "sign-in and sign-out in one tab are seen in all, and the server ends the session"() {
    for (const without of [[], ["channel"], ["locks"]]) {
      const context = await newBrowser(world, { without });
      const tabs = [];
      while (tabs.length < 4) tabs.push(await newTab(world, context));
      const email = somebody();
      await signIn(world, tabs[0], email);
      await inAll(tabs, "LOGIN");
      assert.equal(await tabs[3].evaluate(() => events[0].session.user.email), email);
      const { rt, at } = await stored(tabs[1]);
      assert.equal(await call(tabs[2], "logout"), undefined);
      await inAll(tabs, "LOGOUT");
      for (const tab of tabs) {
        assert.deepEqual(await events(tab), ["LOGIN", "LOGOUT"]);
        assert.equal(await call(tab, "getUser"), null);
      }
      assert.equal(await stored(tabs[0]), null);
      assert.equal((await direct(world, rt)).status, 401);
      const profile = await fetch(`${world.issuer}/api/client/v1/profile`, { headers: { Authorization: `Bearer ${at}` } });
      assert.equal((await profile.json()).reason, "revoked");
      await context.close();
    }
  },

  async "somebody else signs in: the other tab hears of both, and repeats nothing for them"() {
    const context = await newBrowser(world);
    const [tab, other] = [await newTab(world, context), await newTab(world, context)];
    await signIn(world, tab);
    await heard(other, "LOGIN");
    const next = somebody();
    await context.route("**/api/client/v1/profile", async (route) => {
      await signIn(world, tab, next);
      await route.continue({ headers: { ...route.request().headers(), authorization: "Bearer eyx" } });
    }, { times: 1 });
    const changed = await call(other, "updateProfile", { firstName: "Ana" });
    assert.equal(changed.refused?.reason, "session_changed");
    await until("both events", async () => (await events(other)).length === 3);
    assert.deepEqual(await events(other), ["LOGIN", "LOGOUT", "LOGIN"]);
    assert.equal((await call(other, "getUser")).user.email, next);
    assert.equal((await call(other, "getUser")).customer.firstName, null);
    await context.close();
  },

  async "signed out while a refresh is on its way: it stays signed out"() {
    for (const without of [[], ["locks"]]) {
      const context = await newBrowser(world, { clock: Date.now(), without });
      const [tab, other] = [await newTab(world, context), await newTab(world, context)];
      await signIn(world, tab);
      await heard(other, "LOGIN");
      let answered = false;
      await between(context, async (route) => {
        const response = await route.fetch();
        if (!answered && response.ok()) {
          answered = true;
          await call(other, "logout");
        }
        await route.fulfill({ response });
      });
      await context.clock.fastForward(SOON);
      await inAll([tab, other], "LOGOUT");
      await new Promise((go) => setTimeout(go, 500));
      assert.ok(answered);
      assert.equal(await stored(tab), null);
      for (const one of [tab, other]) {
        assert.equal(await call(one, "getUser"), null);
        assert.deepEqual((await events(one)).filter((event) => event !== "TOKEN_REFRESH"), ["LOGIN", "LOGOUT"]);
      }
      await context.close();
    }
  },

  async "a session that was ended elsewhere ends here in all tabs, when the server says so"() {
    const context = await newBrowser(world, { clock: Date.now() });
    const [tab, other] = [await newTab(world, context), await newTab(world, context)];
    await signIn(world, tab);
    await heard(other, "LOGIN");
    const { rt } = await stored(tab);
    const ended = await fetch(`${world.issuer}/api/auth/dom/logout`, {
      method: "POST", headers: { Origin: world.shop, "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: rt }),
    });
    assert.equal(ended.status, 200);
    assert.equal(await call(tab, "getUser"), null);
    await inAll([tab, other], "LOGOUT");
    assert.equal(await stored(other), null);
    await context.clock.fastForward(HOUR);
    assert.equal(await call(other, "getAccessToken"), null);
    await context.close();
  },
});

/** Presents a refresh token as somebody without the browser's key would. */
export function direct(world, token) {
  return fetch(`${world.issuer}/api/client/v1/refresh`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: token }),
  });
}
