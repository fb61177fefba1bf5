// Storages that are blocked, emptied or copied.
import assert from "node:assert/strict";
import {
  allSignedIn, call, countRefreshes, events, heard, HOUR, MINUTE, newBrowser, newTab, reload, signIn, somebody, stored, until,
} from "./sdk-world.mjs";
import { direct } from "./sdk-tabs.mjs";

const SOON = 56 * MINUTE;
const token = (page) => call(page, "getAccessToken");

// A browser that holds a copy of what the storage of another one holds.
async function copiedInto(world, record, clock) {
  const context = await newBrowser(world, { clock });
  const page = await context.newPage();
  const { name, ...rest } = record;
  await context.addInitScript(([name, text]) => localStorage.setItem(name, text), [name, JSON.stringify(rest)]);
  return { context, page };
}

export const storages = (world) => ({
  async "storage blocked: signed in as long as the page lives, and refreshed"() {
    for (const without of [["storage"], ["storage", "database"], ["storage", "database", "locks", "channel"]]) {
      const context = await newBrowser(world, { clock: Date.now(), without });
      const tab = await newTab(world, context);
      await signIn(world, tab);
      const first = await token(tab);
      await context.clock.fastForward(SOON);
      await heard(tab, "TOKEN_REFRESH");
      assert.notEqual(await token(tab), first);
      await allSignedIn([tab]);
      await call(tab, "logout");
      assert.deepEqual(await call(tab, "getUser"), null);
      await reload(world, tab);
      assert.equal(await token(tab), null);
      await context.close();
    }
  },

  async "storage blocked, five tabs with the session of an app: one knows from the other"() {
    const app = await newBrowser(world, { without: ["database"] });
    const source = await newTab(world, app);
    await signIn(world, source);
    const { rt: refreshToken, at: accessToken } = await stored(source);
    await source.evaluate(() => auth.destroy());
    const context = await newBrowser(world, { clock: Date.now(), without: ["storage"] });
    const tabs = [];
    while (tabs.length < 5) tabs.push(await newTab(world, context, { refreshToken, accessToken }));
    const count = countRefreshes(context);
    for (let turn = 1; turn <= 4; turn += 1) {
      await context.clock.fastForward(SOON);
      await until(`refresh ${turn}`, () => count.successors.size >= turn);
      await until("all tabs know it", async () => new Set(await Promise.all(tabs.map(token))).size === 1);
    }
    assert.deepEqual([count.successors.size, count.refused], [4, []]);
    await allSignedIn(tabs);
    await call(tabs[0], "logout");
    await Promise.all(tabs.map((tab) => heard(tab, "LOGOUT")));
    await context.close();
    await app.close();
  },

  async "storage: session, memory, and one of the page's own"() {
    const context = await newBrowser(world);
    for (const [storage, stays] of [["session", true], ["memory", false]]) {
      const tab = await newTab(world, context, { storage });
      await signIn(world, tab);
      assert.equal(await stored(tab), null, "nothing in localStorage");
      await reload(world, tab, { storage });
      assert.equal((await call(tab, "getUser")) !== null, stays, storage);
      await tab.close();
    }
    const own = await context.newPage();
    await own.goto(`${world.shop}/`);
    await own.waitForFunction(() => window.TiquoAuth);
    await own.evaluate((apiEndpoint) => {
      window.kept = new Map();
      window.events = [];
      const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
      window.auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint, storage });
    }, world.issuer);
    await signIn(world, own);
    assert.ok(await own.evaluate(() => [...kept.values()].some((value) => value.includes("rt_"))));
    await context.close();
  },

  async "storage: nonsense in it is nobody"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const { name } = await stored(tab);
    for (const nonsense of ["", "{", "null", "[]", '{"rt":1}', '"rt_x"']) {
      await tab.evaluate(([name, text]) => localStorage.setItem(name, text), [name, nonsense]);
      await reload(world, tab);
      assert.equal(await call(tab, "getUser"), null, nonsense);
    }
    await context.close();
  },

  async "DPoP: a refresh token that is copied out is refused without the key, and its owner stays signed in"() {
    const context = await newBrowser(world, { clock: Date.now() });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const record = await stored(tab);
    assert.notEqual(record.key, "");
    const refused = await direct(world, record.rt);
    assert.deepEqual([refused.status, (await refused.json()).reason], [401, "invalid_dpop_proof"]);
    const key = await tab.evaluate(async (id) => {
      const open = indexedDB.open("tiquo-auth");
      await new Promise((go) => (open.onsuccess = go));
      if (!open.result.objectStoreNames.contains("keys")) return "no keys";
      const get = open.result.transaction("keys").objectStore("keys").get(id);
      await new Promise((go) => (get.onsuccess = go));
      const { sign } = get.result;
      const out = await crypto.subtle.exportKey("jwk", sign).then(() => "exported", (error) => error.name);
      return [sign.type, sign.extractable, out];
    }, record.key);
    assert.deepEqual(key, ["private", false, "InvalidAccessError"]);

    const thief = await copiedInto(world, record, Date.now());
    const count = countRefreshes(thief.context);
    await thief.page.goto(`${world.shop}/`);
    await thief.page.waitForFunction(() => window.TiquoAuth);
    await thief.page.evaluate((apiEndpoint) => {
      window.events = [];
      window.auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint });
    }, world.issuer);
    await thief.context.clock.fastForward(2 * HOUR);
    assert.equal(await token(thief.page), null, "without its key it is over with the access token");
    assert.equal(count.given, 0);
    await thief.context.close();

    await context.clock.fastForward(SOON);
    await until("new tokens", async () => (await stored(tab)).rt !== record.rt);
    await allSignedIn([tab]);
    await context.close();
  },

  async "DPoP: the keys are emptied; a tab that knows the key puts it back, one that does not uses up its access token"() {
    const empty = (page) => page.evaluate(() => new Promise((go) => {
      const open = indexedDB.open("tiquo-auth");
      open.onsuccess = () => {
        const transaction = open.result.transaction("keys", "readwrite");
        transaction.objectStore("keys").clear();
        transaction.oncomplete = go;
      };
    }));
    const context = await newBrowser(world, { clock: Date.now() });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const { rt } = await stored(tab);
    await empty(tab);
    await context.clock.fastForward(SOON);
    await until("new tokens", async () => (await stored(tab)).rt !== rt);
    await reload(world, tab);
    await context.clock.fastForward(SOON);
    const next = (await stored(tab)).rt;
    await heard(tab, "TOKEN_REFRESH");
    await allSignedIn([tab]);
    assert.notEqual(next, rt);

    await reload(world, tab);
    await empty(tab);
    const { at } = await stored(tab);
    await context.clock.fastForward(SOON);
    assert.equal(await token(tab), at, "good to its end");
    assert.deepEqual(await events(tab), []);
    await context.clock.fastForward(30 * MINUTE);
    await heard(tab, "LOGOUT");
    assert.equal(await token(tab), null);
    const email = somebody();
    await signIn(world, tab, email);
    await allSignedInAgain(tab);
    await context.close();
  },

  async "no WebCrypto: signed in without a key"() {
    const context = await newBrowser(world, { clock: Date.now(), without: ["webCrypto"] });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const { rt, key } = await stored(tab);
    assert.equal(key, "");
    await context.clock.fastForward(SOON);
    await until("new tokens", async () => (await stored(tab)).rt !== rt);
    await allSignedIn([tab]);
    await context.close();
  },

  async "the database does not open for a while: nobody is signed out"() {
    const context = await newBrowser(world, { clock: Date.now() });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const { rt } = await stored(tab);
    await reload(world, tab);
    await tab.waitForFunction(() => initial.length > 0);
    await tab.evaluate(() => {
      window.real = IDBFactory.prototype.open;
      IDBFactory.prototype.open = () => { throw new DOMException("away", "UnknownError"); };
    });
    await context.clock.fastForward(2 * HOUR);
    const { refused } = await call(tab, "getAccessToken");
    assert.equal(refused.reason, "key_unavailable");
    assert.equal((await stored(tab)).rt, rt);
    await tab.evaluate(() => (IDBFactory.prototype.open = window.real, undefined));
    await call(tab, "getAccessToken");
    await until("new tokens", async () => (await stored(tab)).rt !== rt);
    await allSignedIn([tab]);
    await context.close();
  },
});

async function allSignedInAgain(tab) {
  assert.ok((await call(tab, "getUser")).user);
}
