// The application that is somebody else's.
import assert from "node:assert/strict";
import { focus } from "./demo-world.mjs";
import { allow, parts, signIn as passTheIssuer } from "./person.mjs";
import { mails } from "./program.mjs";

async function open(world, context) {
  const page = await context.newPage();
  await page.goto(world.app);
  await page.locator("#welcome").waitFor();
  return page;
}

/** To the issuer's first page. */
async function leave(page) {
  await page.click("#sign-in");
  await page.waitForURL("**/authorize?**");
}

async function signIn(world, context, email) {
  const page = await open(world, context);
  await leave(page);
  await passTheIssuer(world.issuer, page, email);
  assert.match(await page.textContent("main"), /Daybook/);
  await page.click(parts.allow);
  await page.locator("#book").waitFor();
  return page;
}

const kept = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem("daybook.session")));
const refused = (page, text) =>
  page.waitForFunction((wanted) => document.querySelector("#trouble-text").textContent.includes(wanted), text);

export const daybook = {
  async "signs in by code and PKCE, and shows who that is and what was granted"(world, context) {
    const email = "daybook-one@example.com";
    const page = await open(world, context);
    await world.look(page, "daybook-welcome");
    const asked = page.waitForRequest((request) => request.url().includes("/authorize?"));
    await leave(page);
    const query = new URL((await asked).url()).searchParams;
    assert.deepEqual(
      [query.get("response_type"), query.get("code_challenge_method"), query.get("redirect_uri")],
      ["code", "S256", `${world.app}/callback`],
    );
    for (const name of ["state", "nonce", "code_challenge"]) assert.equal(query.get(name).length, 43, name);
    await passTheIssuer(world.issuer, page, email);
    await allow(page);
    await page.locator("#book").waitFor();
    assert.equal(page.url(), `${world.app}/`, "the code leaves no trace in the address");
    assert.equal(await focus(page), "hello");
    assert.equal(await page.textContent("#who"), email);
    await world.look(page, "daybook-nothing-booked");
    const session = await kept(page);
    assert.equal(session.claims.sub, session.userinfo.sub);
    assert.equal(session.claims.nonce, query.get("nonce"));
    assert.deepEqual(
      (await page.locator("#scope code").allTextContents()).sort(),
      ["bookings:read", "email", "offline_access", "openid", "profile", "profile:read"],
    );
    const shown = await page.textContent("main");
    assert.ok(shown.includes(session.claims.sub));
    for (const token of [session.accessToken, session.refreshToken, session.idToken]) {
      assert.ok(token.length > 40 && !shown.includes(token.slice(0, 20)) && !shown.includes(token.slice(-12)));
    }
    await page.reload();
    await page.locator("#book").waitFor();
    const other = await open(world, context);
    assert.equal(await kept(other), null, "in this tab and in no other");
  },

  async "shows the customer's bookings from the Client API"(world, context) {
    const page = await signIn(world, context, "daybook-two@example.com");
    const { accessToken } = await kept(page);
    const headers = { authorization: `Bearer ${accessToken}` };
    const given = await fetch(`${world.issuer}/dev/samples`, { method: "POST", headers });
    assert.equal(given.status, 200);
    await page.reload();
    await page.locator(".ticket").first().waitFor();
    assert.equal(await page.locator(".ticket").count(), 2);
    assert.equal(await page.locator(".day.booked").count(), 2);
    assert.equal(await page.locator("#past > li").count(), 6);
    await world.look(page, "daybook-book");
    const orders = await fetch(`${world.issuer}/api/client/v1/orders`, { headers });
    assert.equal(orders.status, 403, "it may read what was granted and nothing more");
  },

  async "refreshes, and signs in again without a second code"(world, context) {
    const email = "daybook-three@example.com";
    const page = await signIn(world, context, email);
    const first = await kept(page);
    await page.click("#refresh");
    await page.locator("#renewed").waitFor();
    const second = await kept(page);
    assert.notEqual(first.refreshToken, second.refreshToken);
    assert.notEqual(first.accessToken, second.accessToken);
    assert.equal(first.claims.sub, second.claims.sub);
    assert.match(await page.textContent("#tokens"), /the second one/);
    await page.click("#again");
    await page.waitForSelector(parts.allow);
    await page.click(parts.allow);
    await page.locator("#book").waitFor();
    assert.equal((await mails(world.issuer, email)).length, 1, "one code for both");
    assert.equal((await kept(page)).claims.auth_time, first.claims.auth_time, "of the real sign-in");
  },

  async "an access token that is not taken any more is replaced on the way"(world, context) {
    const page = await signIn(world, context, "daybook-four@example.com");
    const { refreshToken } = await kept(page);
    await page.evaluate(() => {
      const session = JSON.parse(sessionStorage.getItem("daybook.session"));
      session.accessToken = session.accessToken.slice(0, -4);
      sessionStorage.setItem("daybook.session", JSON.stringify(session));
    });
    await page.reload();
    await page.locator("#book").waitFor();
    assert.notEqual((await kept(page)).refreshToken, refreshToken);
  },

  async "signs out at the issuer too, and comes back (RP-Initiated Logout 1.0 §2, §3)"(world, context) {
    const page = await signIn(world, context, "daybook-five@example.com");
    const { idToken, accessToken, refreshToken } = await kept(page);
    const asked = page.waitForRequest((request) => request.url().includes("/end-session?"));
    await page.click("#sign-out");
    const { state, ...query } = Object.fromEntries(new URL((await asked).url()).searchParams);
    assert.deepEqual(query, {
      id_token_hint: idToken,
      client_id: "demo-app",
      post_logout_redirect_uri: `${world.app}/`,
    });
    assert.equal(state.length, 43);
    await page.locator("#welcome").waitFor();
    assert.equal(page.url(), `${world.app}/`, "back, and the state leaves no trace");
    assert.equal(await focus(page), await page.textContent("#welcome h1"));
    await page.locator("#live", { hasText: "signed out of Daybook and of Second Firing" }).waitFor({ state: "attached" });
    assert.equal(await kept(page), null);
    assert.equal(await page.textContent("#who").then((text) => text.includes("@")), false);
    const bearer = { headers: { authorization: `Bearer ${accessToken}` } };
    assert.equal((await fetch(`${world.issuer}/api/auth/oauth2/userinfo`, bearer)).status, 401, "what it had is worthless");
    const again = { grant_type: "refresh_token", client_id: "demo-app", refresh_token: refreshToken };
    const answer = await fetch(`${world.issuer}/api/auth/oauth2/token`, { method: "POST", body: new URLSearchParams(again) });
    assert.equal((await answer.json()).error, "invalid_grant");
    await leave(page);
    await page.locator(parts.email).waitFor();
    await page.goto(`${world.app}/?state=made-up`);
    await page.locator("#welcome").waitFor();
    assert.equal(page.url(), `${world.app}/?state=made-up`, "that is no logout of this tab");
  },

  async "signs out though the issuer cannot be reached, and nothing stays in the tab"(world, context) {
    const page = await signIn(world, context, "daybook-seven@example.com");
    await context.route(`${world.issuer}/**`, (route) => route.abort());
    await page.reload();
    await page.locator("#trouble").waitFor();
    await page.click("#sign-out");
    await page.locator("#welcome").waitFor();
    await page.locator("#live", { hasText: "signed out of Daybook" }).waitFor({ state: "attached" });
    assert.equal(await kept(page), null);
  },

  async "says beside the button when it could not refresh, and stays signed in"(world, context) {
    const page = await signIn(world, context, "daybook-eight@example.com");
    const token = `${world.issuer}/api/auth/oauth2/token`;
    await context.route(token, (route) => route.abort());
    await page.click("#refresh");
    await page.locator("#renewed", { hasText: "That did not work" }).waitFor();
    await context.unroute(token);
    await page.click("#refresh");
    await page.locator("#renewed", { hasText: "New tokens" }).waitFor();
  },

  async "is told that somebody did not want to (RFC 6749 §4.1.2.1)"(world, context) {
    const page = await open(world, context);
    await leave(page);
    await page.click(parts.cancel);
    await refused(page, "Nothing was shared");
    await world.look(page, "daybook-denied");
    assert.equal(await kept(page), null);
  },

  async "believes no answer that it did not ask for, and none of another issuer (RFC 9207 §2.4)"(world, context) {
    const page = await open(world, context);
    const answer = (more) => `${world.app}/callback?${new URLSearchParams({ code: "x", iss: world.issuer, ...more })}`;
    await page.goto(answer({ state: "made-up" }));
    await refused(page, "did not begin in this tab");
    for (const iss of ["https://evil.example", `${world.issuer}/`]) {
      const asked = page.waitForRequest((request) => request.url().includes("/authorize?"));
      await page.click("#sign-in");
      const state = new URL((await asked).url()).searchParams.get("state");
      await page.waitForURL("**/authorize?**");
      await page.goto(answer({ state, iss }));
      await refused(page, "another issuer");
      await page.goto(answer({ state }));
      await refused(page, "did not begin in this tab");
    }
    assert.equal(await kept(page), null);
  },

  async "believes no ID token but a genuine one, for it, of now (OpenID Connect Core §3.1.3.7)"(world, context) {
    const page = await signIn(world, context, "daybook-six@example.com");
    const verdicts = await page.evaluate(judgeTokens, world.issuer);
    assert.deepEqual(verdicts, {
      "as it is": "taken",
      "another issuer": "The ID token is another issuer's.",
      "another client": "The ID token is for another application.",
      "another nonce": "The ID token belongs to another sign-in.",
      "another access token": "The access token is not the ID token's.",
      later: "The ID token has expired.",
      earlier: "The ID token comes from the future.",
      "changed claims": "The ID token's signature is wrong.",
      unsigned: "The ID token is not signed as agreed.",
      "an unknown key": "The ID token's key is not in the issuer's key set.",
      damaged: "The ID token is damaged.",
    });
  },

  async "works though the clock of the device is two hours off"(world, context) {
    for (const hours of [-2, 2]) {
      await context.clearCookies();
      await context.addInitScript((off) => {
        const real = Date.now;
        Date.now = () => real() + off;
      }, hours * 3_600_000 - (hours > 0 ? -2 * 3_600_000 : 0));
      const page = await signIn(world, context, `daybook-clock${hours}@example.com`);
      assert.equal(await page.locator("#trouble").isHidden(), true);
      await page.close();
    }
  },
};

// In the page: every token that must not be believed, beside the one that must.
async function judgeTokens(issuer) {
  const { verifyIdToken } = await import("/id-token.js");
  const { idToken, accessToken, claims } = JSON.parse(sessionStorage.getItem("daybook.session"));
  const { jwks_uri: url } = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const { keys } = await (await fetch(url)).json();
  const now = claims.iat;
  const good = { issuer, client: "demo-app", now, nonce: claims.nonce, accessToken, keys: async (kid) => keys.find((key) => key.kid === kid) };
  const [header, body, signature] = idToken.split(".");
  const written = (object) => btoa(JSON.stringify(object)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const judge = (over, token = idToken) =>
    verifyIdToken(token, { ...good, ...over }).then(() => "taken", (error) => error.message);
  return {
    "as it is": await judge({}),
    "another issuer": await judge({ issuer: `${issuer}/` }),
    "another client": await judge({ client: "demo-web" }),
    "another nonce": await judge({ nonce: "another" }),
    "another access token": await judge({ accessToken: `${accessToken}x` }),
    later: await judge({ now: claims.exp + 121 }),
    earlier: await judge({ now: claims.iat - 121 }),
    "changed claims": await judge({}, [header, written({ ...claims, sub: "user_other" }), signature].join(".")),
    unsigned: await judge({}, [written({ alg: "none" }), body, ""].join(".")),
    "an unknown key": await judge({ keys: async () => undefined }),
    damaged: await judge({}, [header, "%", signature].join(".")),
  };
}
