// Signing in, what a customer sees of their own, and what refusals say.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { notThis } from "./person.mjs";
import { mails } from "./program.mjs";
import { begin, call, codeOf, events, heard, newBrowser, newTab, reload, signIn, somebody, stored } from "./sdk-world.mjs";

export const signingIn = (world) => ({
  async "a customer signs in with the code from the mail, and is still signed in after a reload"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    assert.equal(await call(tab, "getUser"), null);
    assert.equal(await call(tab, "getAccessToken"), null);
    assert.deepEqual(await tab.evaluate(() => [initial, auth.isSignedIn]), [[{ event: "INITIAL_SESSION", session: null }], false]);
    const sent = await call(tab, "sendOTP", email);
    assert.deepEqual([sent.codeLength, sent.expiresIn, /^[A-Z]\d$/.test(sent.reference)], [6, 600, true]);
    // Spaces as people type them; and the button pressed twice.
    const code = (await codeOf(world, email)).replace(/^.../, "$& ");
    const twice = await Promise.all([call(tab, "verifyOTP", email, code), call(tab, "verifyOTP", email.toUpperCase(), code)]);
    // And once more when it is done.
    twice.push(await call(tab, "verifyOTP", email, code));
    for (const session of twice) assert.equal(session.user?.email, email, JSON.stringify(session));
    assert.equal(twice[0].customer.status, "active");
    assert.deepEqual(await events(tab), ["LOGIN"]);
    assert.equal(await tab.evaluate(() => events[0].session.customer.customerNumber), twice[0].customer.customerNumber);
    await reload(world, tab);
    assert.equal(await tab.evaluate(() => auth.isSignedIn), true, "at once");
    assert.deepEqual(await call(tab, "getUser"), twice[0]);
    await tab.waitForFunction(() => initial.length > 0);
    assert.deepEqual(await tab.evaluate(() => initial), [{ event: "INITIAL_SESSION", session: twice[0] }]);
    assert.deepEqual(await events(tab), [], "a reload is no sign-in");
    await context.close();
  },

  async "a button that is pressed twice sends one mail"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    const sent = await Promise.all([call(tab, "sendOTP", email), call(tab, "sendOTP", email.toUpperCase())]);
    // And once more when the first is answered.
    sent.push(await call(tab, "sendOTP", email));
    assert.deepEqual(sent[1], sent[0]);
    assert.deepEqual(sent[2], sent[0]);
    assert.equal((await mails(world.issuer, email)).length, 1);
    assert.equal((await call(tab, "verifyOTP", email, await codeOf(world, email))).user.email, email);
    await call(tab, "logout");
    assert.equal((await call(tab, "sendOTP", email)).refused, undefined);
    assert.equal((await mails(world.issuer, email)).length, 2, "after a sign-in it is another");
    await context.close();
  },

  async "a code that signed somebody in does not do so again after the sign-out"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    await signIn(world, tab, email);
    const code = await codeOf(world, email);
    assert.equal((await call(tab, "verifyOTP", email, code)).user.email, email);
    await call(tab, "logout");
    assert.equal((await call(tab, "verifyOTP", email, code)).refused.reason, "no_challenge");
    await context.close();
  },

  async "the page may be thrown away while its customer reads the mail"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    const sent = await call(tab, "sendOTP", email);
    await reload(world, tab);
    const pending = await tab.evaluate(() => auth.pendingOTP());
    assert.deepEqual([pending.email, pending.reference], [email, sent.reference]);
    assert.equal((await call(tab, "verifyOTP", email, await codeOf(world, email))).user.email, email);
    assert.equal(await tab.evaluate(() => auth.pendingOTP()), null);
    await context.close();
  },

  async "refusals are typed"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    const refusal = async (...given) => (await call(tab, ...given)).refused;
    assert.equal((await refusal("verifyOTP", email, "123456")).reason, "no_challenge");
    assert.equal((await refusal("resend")).reason, "no_challenge");
    const malformed = await refusal("sendOTP", "nobody");
    assert.deepEqual([malformed.name, malformed.status, malformed.reason], ["TiquoError", 400, "email_invalid"]);
    assert.match(malformed.requestId, /^[0-9a-f]{32}$/);
    await call(tab, "sendOTP", email);
    const wrong = await refusal("verifyOTP", email, notThis(await codeOf(world, email)));
    assert.deepEqual([wrong.status, wrong.reason, wrong.attemptsLeft], [401, "code_wrong", 4]);
    const soon = await refusal("resend");
    assert.deepEqual([soon.status, soon.reason], [429, "resend_too_soon"]);
    assert.ok(soon.retryAfter > 0 && soon.retryAfter <= 20, `${soon.retryAfter}`);
    for (const method of ["getAccessToken", "getUser"]) assert.equal(await call(tab, method), null);
    assert.equal((await refusal("updateProfile", { firstName: "A" })).reason, "signed_out");
    await begin(world, tab, { publicKey: "pk_dom_nobody" });
    assert.equal((await refusal("sendOTP", email)).reason, "public_key_unknown");
    const options = await tab.evaluate(() => ["http://id.example.com", "ftp://x", "nothing", "https://a:b@id.example.com"].map((apiEndpoint) => {
      try { return new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint }) && "taken"; } catch (error) { return error.reason; }
    }));
    assert.deepEqual(options, Array(4).fill("invalid_option"));
    await context.close();
  },

  async "the device that signed in before is known again"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    const email = somebody();
    const bodies = [];
    context.on("request", (request) => request.url().endsWith("/otp/send") && request.postData() && bodies.push(request.postDataJSON()));
    await signIn(world, tab, email);
    await call(tab, "logout");
    await reload(world, tab);
    await call(tab, "sendOTP", email);
    assert.deepEqual(bodies.map(({ device }) => device?.slice(0, 3)), [undefined, "dv_"]);
    await context.close();
  },

  async "profile, orders, bookings, enquiries; a change is seen in the other tab"() {
    const context = await newBrowser(world);
    const [tab, other] = [await newTab(world, context), await newTab(world, context)];
    await signIn(world, tab);
    await heard(other, "LOGIN");
    const headers = { Authorization: `Bearer ${await call(tab, "getAccessToken")}` };
    assert.equal((await fetch(`${world.issuer}/dev/samples`, { method: "POST", headers })).status, 200);
    const customer = await call(tab, "updateProfile", { firstName: "Ana", phone: null });
    assert.deepEqual([customer.firstName, customer.phone], ["Ana", null]);
    assert.deepEqual(await events(tab), ["LOGIN", "SESSION_UPDATE"]);
    await heard(other, "SESSION_UPDATE");
    assert.equal(await other.evaluate(() => events.at(-1).session.customer.firstName), "Ana");
    const refused = (await call(tab, "updateProfile", { email: "eve@example.com" })).refused;
    assert.deepEqual([refused.status, refused.reason], [400, "invalid_request"]);
    for (const method of ["getOrders", "getBookings", "getEnquiries"]) {
      const seen = await tab.evaluate(async (method) => {
        const sizes = [], ids = [], single = [];
        for await (const page of auth[method]({ limit: 2 })) {
          sizes.push(page.items.length);
          ids.push(...page.items.map(({ id }) => id));
        }
        for await (const item of auth[method]().items()) single.push(item.id);
        return { sizes, ids, single };
      }, method);
      assert.ok(seen.ids.length > 2 && seen.sizes.slice(0, -1).every((size) => size === 2), JSON.stringify(seen));
      assert.deepEqual(seen.ids, seen.single, "all of them, once");
      assert.equal(new Set(seen.ids).size, seen.ids.length);
    }
    const status = await tab.evaluate(async () => (await auth.getOrders({ status: "completed" }).next()).value.items.map(({ status }) => status));
    assert.ok(status.length > 0 && status.every((one) => one === "completed"));
    const none = await tab.evaluate(() => auth.getOrders({ status: "nonsense" }).next().catch(({ status }) => status));
    assert.equal(none, 400);
    await context.close();
  },

  async "the token goes to the issuer's origin only"() {
    const context = await newBrowser(world);
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const asked = [];
    context.on("request", (request) => request.headers()["authorization"] && asked.push(new URL(request.url()).origin));
    const tried = await tab.evaluate(async (shop) => {
      const paths = [`${shop}/x`, "https://evil.example/", "//evil.example/x", "\\\\evil.example/x", ".evil.example", "@evil.example/",
        "javascript:1", "data:text/plain,x", "api/client/v1/profile", "/api/client/v1/profile"];
      return Promise.all(paths.map((path) => auth.fetch(path).then(({ status }) => status, ({ reason }) => reason)));
    }, world.shop);
    // What is no endpoint of the issuer has no CORS either: a page cannot read that it is not there.
    const [no, away] = ["foreign_origin", "network"];
    assert.deepEqual(tried, [no, no, away, away, away, away, no, no, 200, 200]);
    assert.deepEqual([...new Set(asked)], [world.issuer]);
    await context.close();
  },

  async "one script tag with the hash of the documentation is enough; a changed script does not run"() {
    const readme = await readFile(new URL("../../sdk/README.md", import.meta.url), "utf8");
    const integrity = /tiquo-auth\.js"[^>]*integrity="(sha384-[^"]+)"/.exec(readme)[1];
    for (const file of ["tiquo-auth.js", "tiquo-auth.mjs"]) {
      const served = Buffer.from(await (await fetch(`${world.issuer}/sdk/v1/${file}`)).arrayBuffer());
      const built = await readFile(new URL(`../../sdk/dist/${file}`, import.meta.url));
      assert.ok(served.equals(built), `${file} is the built file`);
    }
    const tag = (hash) => `<!doctype html><script src="${world.issuer}/sdk/v1/tiquo-auth.js" integrity="${hash}" crossorigin></script>`;
    world.pages.set("/classic", tag(integrity));
    world.pages.set("/changed", tag(`sha384-${createHash("sha384").update("other").digest("base64")}`));
    const context = await newBrowser(world);
    const page = await context.newPage();
    await page.goto(`${world.shop}/changed`);
    assert.equal(await page.evaluate(() => typeof TiquoAuth), "undefined");
    await page.goto(`${world.shop}/classic`);
    await page.evaluate(() => {
      window.events = [];
      window.auth = new Tiquo({ publicKey: "pk_dom_demo" });
    });
    assert.ok(await page.evaluate(() => TiquoAuth === Tiquo));
    await signIn(world, page);
    assert.ok((await stored(page)).name.endsWith(world.issuer), "the issuer is where the script came from");
    await context.close();
  },

  async "a session of somewhere else is taken over, once"() {
    const context = await newBrowser(world, { without: ["database"] });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const { rt: refreshToken, at: accessToken } = await stored(tab);
    const elsewhere = await newBrowser(world);
    const app = await newTab(world, elsewhere, { refreshToken, accessToken });
    const first = await call(app, "getUser");
    assert.ok(first.user);
    assert.equal(await call(app, "getAccessToken"), accessToken);
    await elsewhere.close();
    const only = await newBrowser(world);
    const late = await newTab(world, only, { refreshToken });
    assert.deepEqual(await call(late, "getUser"), first, "without an access token it gets one");
    const now = (await stored(late)).rt;
    assert.notEqual(now, refreshToken);
    await reload(world, late, { refreshToken });
    assert.deepEqual(await call(late, "getUser"), first);
    assert.equal((await stored(late)).rt, now, "the newer one stays");
    const next = somebody();
    await signIn(world, late, next);
    await reload(world, late, { refreshToken });
    assert.equal((await call(late, "getUser")).user.email, next, "a later sign-in stays");
    await call(late, "logout");
    await reload(world, late, { refreshToken });
    assert.equal(await stored(late), null, "and so does a sign-out");
    await only.close();
    await context.close();
  },
});
