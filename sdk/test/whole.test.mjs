// The built module as a whole, in Node: a server ends, codes sent again, the start, the language of requests.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MODULE = process.env.TIQUO_SDK ?? new URL("../dist/tiquo-auth.mjs", import.meta.url).href;
const ISSUER = "http://127.0.0.1:9";
const NAME = `tiquo:pk_dom_demo@${ISSUER}`;
const { TiquoAuth } = await import(MODULE);

const kept = (entries = {}) => {
  const map = new Map(Object.entries(entries).map(([key, value]) => [key, JSON.stringify(value)]));
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => map.set(key, value), removeItem: (key) => map.delete(key) };
};
const record = (over = {}) =>
  ({ id: "i", rt: "rt_x", at: "eyJ", exp: Date.now() + 3_600_000, life: 3_600_000, off: 0, key: "", turn: 0, ...over });
const SESSION = { user: { id: "user_1", email: "ana@example.com" }, customer: null };

/** An issuer that answers as `answer` says; what it was asked. */
function issuer(t, answer) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, init) => {
    const request = { path: new URL(url).pathname, headers: init.headers, body: init.body && JSON.parse(init.body) };
    asked.push(request);
    const { status = 200, headers = {}, ...body } = await answer(request);
    return Response.json(body, { status, headers: { Date: new Date().toUTCString(), ...headers } });
  });
  return asked;
}

const data = (data) => ({ success: true, data });
const sent = (challenge_id) => data({ challenge_id, reference: "K7", code_length: 6, expires_in: 600, resend_in: 30 });

function auth(t, options = {}) {
  const one = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: ISSUER, storage: "memory", ...options });
  t.after(() => one.destroy());
  return one;
}

test("a process that imports the SDK and makes one ends by itself, whoever is signed in", () => {
  for (const kept of [null, record()]) {
    const script = `
      import { TiquoAuth } from ${JSON.stringify(MODULE)};
      const storage = { getItem: (key) => key === ${JSON.stringify(NAME)} ? ${JSON.stringify(JSON.stringify(kept))} : null, setItem() {}, removeItem() {} };
      const auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: ${JSON.stringify(ISSUER)}, storage });
      console.log(auth.isSignedIn);`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 30_000 });
    assert.deepEqual([ended.status, ended.stdout.trim(), ended.stderr], [0, String(kept !== null), ""]);
  }
});

test("a code sent again to the same address is the resend of the one that is on its way", async (t) => {
  globalThis.sessionStorage = kept();
  t.after(() => delete globalThis.sessionStorage);
  const soon = { status: 429, headers: { "Retry-After": "25" }, success: false, reason: "resend_too_soon", error: "In 25 seconds." };
  const answers = [sent("c1"), soon, sent("c2"), sent("c3")];
  const asked = issuer(t, () => answers.shift());
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const one = auth(t);
  await one.sendOTP("ana@example.com");
  assert.deepEqual(await Promise.all([one.sendOTP("ana@example.com"), one.sendOTP(" Ana@example.com")]).then((all) => all.length), 2);
  assert.equal(asked.length, 1, "a button that is pressed twice");
  t.mock.timers.tick(5000);
  await assert.rejects(one.sendOTP("ANA@example.com"), { reason: "resend_too_soon", retryAfter: 25, message: "In 25 seconds." });
  await one.sendOTP("bo@example.com");
  t.mock.timers.tick(5000);
  await one.resend();
  assert.deepEqual(asked.map(({ body }) => body.challenge_id), [undefined, "c1", undefined, "c2"]);
});

test("the language of the page goes with every request, and that of a code with what follows from it", async (t) => {
  globalThis.sessionStorage = kept();
  t.after(() => delete globalThis.sessionStorage);
  const refusal = { status: 401, success: false, reason: "code_wrong", error: "Ese no es el código.", attempts_left: 4 };
  const asked = issuer(t, ({ path }) => (path.endsWith("verify") ? refusal : sent("c1")));
  const one = auth(t, { locale: "fr" });
  await one.sendOTP("ana@example.com");
  await one.sendOTP("ana@example.com", { locale: "es" });
  await assert.rejects(one.verifyOTP("ana@example.com", "123456"), { message: "Ese no es el código.", attemptsLeft: 4 });
  await assert.rejects(one.updateProfile({}), { message: "Vous n’êtes pas connecté. Connectez-vous pour continuer." });
  assert.deepEqual(asked.map(({ body }) => body.locale), ["fr", "es", "es"]);
  assert.deepEqual(asked.map(({ headers }) => headers.get("Accept-Language")), ["fr", "fr", "fr"]);
  t.mock.method(globalThis, "fetch", async () => { throw new TypeError("away"); });
  await assert.rejects(one.resend(), { reason: "network", message: "Nous sommes injoignables. Vérifiez votre connexion et réessayez." });
  auth(t);
});

test("what the page's maker has to mend comes with a refusal", async (t) => {
  const detail = 'The field "firstName" must be at most 100 characters.';
  issuer(t, () => ({ status: 400, success: false, reason: "invalid_request", error: "First name: too long.", detail, field: "firstName", request_id: "r1" }));
  const one = auth(t, { storage: kept({ [NAME]: record() }) });
  await assert.rejects(one.updateProfile({ firstName: "x" }), { message: "First name: too long.", detail, field: "firstName", requestId: "r1", status: 400 });
});

test("a callback hears who is signed in at the start: once, first, without waiting for anything else to happen", async (t) => {
  const asked = issuer(t, () => data(SESSION));
  const heard = [];
  const nobody = auth(t);
  assert.equal(nobody.isSignedIn, false);
  nobody.onAuthStateChange((...given) => heard.push(["nobody", ...given]));
  const gone = auth(t).onAuthStateChange(() => heard.push("taken away"));
  gone();
  await new Promise(setImmediate);
  const somebody = auth(t, { storage: kept({ [NAME]: record() }) });
  assert.equal(somebody.isSignedIn, true);
  assert.equal(asked.length, 0, "without asking anybody");
  await new Promise((go) => somebody.onAuthStateChange((...given) => go(heard.push(["somebody", ...given]))));
  somebody.onAuthStateChange((...given) => heard.push(["later", ...given]));
  await somebody.logout();
  assert.equal(somebody.isSignedIn, false);
  assert.deepEqual(heard, [
    ["nobody", "INITIAL_SESSION", null], ["somebody", "INITIAL_SESSION", SESSION],
    ["somebody", "LOGOUT", null], ["later", "INITIAL_SESSION", null], ["later", "LOGOUT", null],
  ]);
});

test("a session whose access token is over and that has no other is none", (t) => {
  issuer(t, () => data(SESSION));
  assert.equal(auth(t, { storage: kept({ [NAME]: record({ rt: "", exp: Date.now() - 1000 }) }) }).isSignedIn, false);
  assert.equal(auth(t, { storage: kept({ [NAME]: record({ rt: "" }) }) }).isSignedIn, true);
});

test("debug says what happens, and never a token, a code or an address", async (t) => {
  globalThis.sessionStorage = kept();
  t.after(() => delete globalThis.sessionStorage);
  const said = [];
  t.mock.method(console, "info", (text) => said.push(text));
  const bad = { status: 400, success: false, reason: "invalid_request", error: "…", detail: 'The field "email" is missing.' };
  issuer(t, ({ path }) => (path.endsWith("send") ? sent("c1") : path.endsWith("session") ? data(SESSION) : bad));
  const one = auth(t, { debug: true, storage: kept({ [NAME]: record() }) });
  one.onAuthStateChange(() => {});
  await one.sendOTP("ana@example.com");
  await assert.rejects(one.verifyOTP("ana@example.com", "123456"));
  for (const line of [
    /storage, signed in/, /new tokens in \d+ s/, /POST \/api\/auth\/dom\/otp\/send: 200/, /verify: 400/, /"email" is missing/,
  ]) {
    assert.ok(said.some((text) => line.test(text)), `${line}: ${said.join("\n")}`);
  }
  assert.ok(!/rt_|eyJ|123456|ana@/.test(said.join("\n")), said.join("\n"));
});
