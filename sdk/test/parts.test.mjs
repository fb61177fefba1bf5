// The parts that decide, apart from a browser.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = await mkdtemp(join(tmpdir(), "tiquo-sdk-"));
after(() => rm(folder, { recursive: true }));
const names = ["clock", "dpop", "endpoint", "http", "pages", "record", "schedule", "storage"];
await build({
  absWorkingDir: fileURLToPath(new URL("../src", import.meta.url)),
  entryPoints: names.map((name) => `${name}.ts`),
  bundle: true, format: "esm", outdir: folder, outExtension: { ".js": ".mjs" },
});
const parts = Object.assign({}, ...(await Promise.all(names.map((name) => import(join(folder, `${name}.mjs`))))));
const { ServerClock, Http, makeKey, proof, baseOf, issuerOf, within, ListPages, parse, later, lead, SessionStore } = parts;

const MINUTE = 60_000;

test("a refresh comes five to ten minutes before the end, anywhere between; with short tokens at half their life", () => {
  const leads = Array.from({ length: 2000 }, () => lead(60 * MINUTE) / MINUTE);
  assert.ok(Math.min(...leads) >= 5 && Math.min(...leads) < 5.1, `${Math.min(...leads)}`);
  assert.ok(Math.max(...leads) < 10 && Math.max(...leads) > 9.9, `${Math.max(...leads)}`);
  assert.equal(lead(4 * MINUTE), 2 * MINUTE);
});

test("of two tokens the later one is what ends later, and what was renewed more often where they end together", () => {
  const old = { exp: 5_000_000, turn: 3 };
  for (const [next, expected] of [
    [{ exp: 5_000_000, turn: 4 }, true],
    [{ exp: 4_999_100, turn: 4 }, true],
    [{ exp: 5_000_900, turn: 2 }, false],
    [{ exp: 5_000_001, turn: 3 }, true],
    [{ exp: 5_000_000, turn: 3 }, false],
    [{ exp: 8_000_000, turn: 0 }, true],
    [{ exp: 2_000_000, turn: 9 }, false],
  ]) {
    assert.equal(later(next, old), expected, JSON.stringify(next));
    assert.ok(!(expected && later(old, next)), "never both");
  }
});

test("the server's time goes on by the clock that went further", (t) => {
  const wall = t.mock.method(Date, "now", () => 1000);
  const steady = t.mock.method(performance, "now", () => 50);
  const clock = new ServerClock();
  assert.equal(clock.now(), 1000, "until it is heard, the device's");
  clock.hear(5_000_000);
  steady.mock.mockImplementation(() => 150);
  assert.equal(clock.now(), 5_000_100);
  wall.mock.mockImplementation(() => 1000 - 7_200_000);
  assert.equal(clock.now(), 5_000_100, "the device's clock was set back");
  wall.mock.mockImplementation(() => 1000 + 90_000);
  assert.equal(clock.now(), 5_090_000, "the device slept");
  assert.equal(clock.behind(), 5_000_000 - 1000);
  clock.hear(Number.NaN);
  assert.equal(clock.now(), 5_090_000, "a Date that is none");
});

test("an answer that was on its way while the device slept does not set the clock back", async (t) => {
  let wall = 1_700_000_000_000;
  let slept = 0;
  t.mock.method(Date, "now", () => wall);
  t.mock.method(performance, "now", () => 50);
  t.mock.method(globalThis, "fetch", async () => {
    const date = new Date(wall + 60_000).toUTCString();
    wall += slept;
    return new Response(null, { status: 204, headers: { Date: date } });
  });
  const clock = new ServerClock();
  const ask = () => new Http("https://id.example.com", clock, () => {}).send("https://id.example.com/x", {}, () => null);
  await ask();
  assert.equal(clock.now(), wall + 60_000, "the server's time is heard");
  slept = 120 * MINUTE;
  await ask();
  assert.equal(clock.now(), wall + 60_000, "not the time of two hours ago");
  slept = 0;
  await ask();
  assert.equal(clock.now(), wall + 60_000);
});

test("RFC 9449 §4.2: a proof has all that the server looks at, signed by its key", async () => {
  const key = await makeKey();
  assert.equal(key.sign.extractable, false);
  const [header, claims, signature] = (await proof(key, "https://id.example.com/x", 1_700_000_000_900)).split(".");
  const read = (part) => JSON.parse(Buffer.from(part, "base64url"));
  assert.deepEqual(read(header), { typ: "dpop+jwt", alg: "ES256", jwk: key.jwk });
  const { jti, ...rest } = read(claims);
  assert.deepEqual(rest, { htm: "POST", htu: "https://id.example.com/x", iat: 1_700_000_000 });
  assert.equal(Buffer.from(jti, "base64url").length, 16);
  const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const open = await crypto.subtle.importKey("jwk", key.jwk, how, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  assert.ok(await crypto.subtle.verify(how, open, Buffer.from(signature, "base64url"), signed));
});

test("a path is below the issuer, an address at its origin; nothing else", () => {
  const base = "https://id.example.com/shop";
  for (const [path, url] of [
    ["/api/x?y#z", `${base}/api/x?y#z`],
    ["api/x", `${base}/api/x`],
    ["//evil.example/", `${base}//evil.example/`],
    ["\\\\evil.example", `${base}///evil.example`],
    ["@evil.example", `${base}/@evil.example`],
    [".evil.example", `${base}/.evil.example`],
    ["https://id.example.com/else", "https://id.example.com/else"],
    ["HTTPS://ID.EXAMPLE.COM/", "https://id.example.com/"],
  ]) {
    assert.equal(within(base, path), url);
  }
  for (const path of [
    "https://evil.example", "http://id.example.com/", "https://id.example.com:444/", "https://id.example.com.evil.example/",
    "https://a@id.example.com/", "javascript:alert(1)", "data:,x",
  ]) {
    assert.throws(() => within(base, path), { reason: "foreign_origin" }, path);
  }
});

test("the issuer is https, or on this machine; it is found by the script's address", () => {
  assert.equal(baseOf("https://id.example.com/"), "https://id.example.com");
  assert.equal(baseOf("https://id.example.com/shop/"), "https://id.example.com/shop");
  for (const name of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"]) assert.equal(baseOf(`http://${name}`), `http://${name}`);
  for (const bad of [
    undefined, "", "id.example.com", "http://id.example.com", "https://id.example.com/?a", "https://a@id.example.com",
    "http://localhost.evil.example", "http://127.0.0.1.evil.example",
  ]) {
    assert.throws(() => baseOf(bad), { reason: "invalid_option" }, bad);
  }
  assert.equal(issuerOf("https://id.example.com/shop/sdk/v1/tiquo-auth.mjs?v=1"), "https://id.example.com/shop");
  for (const other of ["https://cdn.example/tiquo-auth.js", "file:///sdk/v1/tiquo-auth.js", ""]) {
    assert.equal(issuerOf(other), undefined);
  }
});

test("the pages of a list: one cursor leads to the next, and a page that failed is asked again", async () => {
  const asked = [];
  let fails = 1;
  const load = async (query) => {
    asked.push(query);
    if (asked.length === 2 && fails-- > 0) throw new Error("away");
    const last = query.includes("cursor=b");
    return { items: [query], hasMore: !last, nextCursor: last ? null : query.includes("cursor=a") ? "b" : "a" };
  };
  const pages = new ListPages({ status: "open", limit: 2 }, load);
  await pages.next();
  await assert.rejects(pages.next());
  for await (const page of pages) assert.equal(page.items.length, 1);
  const first = "?status=open&limit=2";
  assert.deepEqual(asked, [first, `${first}&cursor=a`, `${first}&cursor=a`, `${first}&cursor=b`]);
  assert.deepEqual(await pages.next(), { done: true, value: undefined });
});

test("a storage that begins to fail becomes memory", () => {
  let broken = false;
  const kept = new Map();
  const guard = (run) => (...given) => {
    if (broken) throw new Error("blocked");
    return run(...given);
  };
  const storage = {
    getItem: guard((key) => kept.get(key) ?? null),
    setItem: guard((key, value) => kept.set(key, value)),
    removeItem: guard((key) => kept.delete(key)),
  };
  const store = new SessionStore(storage, "s", true);
  const record = { id: "i", rt: "r", at: "a", exp: 1, life: 1, off: 0, key: "", turn: 0 };
  store.write(record);
  assert.deepEqual(parse(kept.get("s")), record);
  assert.equal(store.read(), store.read(), "the same object as long as nothing changed");
  broken = true;
  assert.equal(store.read(), record);
  store.write({ ...record, rt: "next" });
  assert.deepEqual([store.read().rt, store.shared], ["next", false]);
});
