// Logouts, as people do them: what one application asks for ends the other.
import assert from "node:assert/strict";
import { authorize, redeem } from "./applications.mjs";
import { allow, codeOf, giveAddress, parts, signIn, typeCode } from "./person.mjs";

const WEB_HOME = "http://localhost:3000/";

/** The URL of a logout request (OpenID Connect RP-Initiated Logout 1.0 §2). */
export const endSession = (issuer, parameters) =>
  `${issuer}/api/auth/oauth2/end-session?${new URLSearchParams(parameters)}`;

/** Signs in at both applications; answers their ID tokens. */
async function atBoth({ issuer, applications: { web, server } }, page, email) {
  await page.context().clearCookies();
  await page.goto(authorize(issuer, server));
  await signIn(issuer, page, email);
  await allow(page);
  const ofServer = await redeem(issuer, server, page);
  await page.goto(authorize(issuer, web));
  await allow(page);
  const ofWeb = await redeem(issuer, web, page);
  return { ofWeb, ofServer };
}

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

async function isAlive(issuer, { access_token: token }) {
  const answer = await fetch(`${issuer}/api/auth/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status === 200;
}

/** Every journey: its name, and how it goes. */
export function logouts(world) {
  const { issuer, applications } = world;
  const across = async (page, email) => {
    const { ofWeb, ofServer } = await atBoth(world, page, email);
    const hint = { id_token_hint: ofWeb.id_token, post_logout_redirect_uri: WEB_HOME, state: "a b&c" };
    const frame = page.waitForRequest(`${applications.server.home}logout/frame?*`);
    await page.goto(endSession(issuer, hint));
    const heard = new URL((await frame).url()).searchParams;
    assert.deepEqual([...heard], [["iss", issuer], ["sid", claims(ofServer.id_token).sid]]);
    await page.waitForURL(`${WEB_HOME}?*`);
    assert.equal(new URL(page.url()).searchParams.get("state"), "a b&c");
    assert.equal(await isAlive(issuer, ofServer), false);
    assert.equal(await isAlive(issuer, ofWeb), false);
    const told = applications.told.filter(({ sid }) => sid === claims(ofServer.id_token).sid);
    assert.equal(told.length, 1, "the back channel");
    await page.goto(authorize(issuer, applications.server));
    await page.waitForSelector(parts.email);
  };
  return [
    {
      name: "a logout at one application ends the other by front channel and by back channel",
      go: (page) => across(page, "logout-one@example.com"),
    },
    {
      name: "the same without JavaScript",
      without: "JavaScript",
      go: (page) => across(page, "logout-two@example.com"),
    },
    {
      name: "a logout by a form of another site, which comes without cookies (SameSite=Lax)",
      async go(page) {
        const { ofServer } = await atBoth(world, page, "logout-three@example.com");
        await page.goto(applications.server.home);
        const fields = { id_token_hint: ofServer.id_token, post_logout_redirect_uri: applications.server.home };
        await page.evaluate(([action, values]) => {
          const form = document.body.appendChild(document.createElement("form"));
          Object.assign(form, { method: "post", action });
          for (const [name, value] of Object.entries(values)) {
            form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
          }
          form.submit();
        }, [`${issuer}/api/auth/oauth2/end-session`, fields]);
        await page.waitForSelector("main a.main");
        await page.click("main a.main");
        await page.waitForURL(applications.server.home);
        assert.equal(await isAlive(issuer, ofServer), false);
      },
    },
    {
      name: "without a hint a page asks: to stay, then to go",
      async go(page) {
        const { ofServer } = await atBoth(world, page, "logout-four@example.com");
        await page.goto(endSession(issuer, { client_id: applications.server.id }));
        assert.ok((await page.textContent("main")).includes("logout-four@example.com"));
        await page.click(parts.deny);
        await page.waitForSelector("text=You are still signed in");
        assert.equal(await isAlive(issuer, ofServer), true);
        await page.goto(endSession(issuer, {}));
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await page.waitForSelector("text=You are signed out");
        assert.equal(await isAlive(issuer, ofServer), false);
      },
    },
    {
      name: "somebody else signs in: whoever was before is signed out at their applications",
      async go(page) {
        const { ofServer } = await atBoth(world, page, "logout-five@example.com");
        await page.goto(authorize(issuer, applications.server, { prompt: "login" }));
        const frame = page.waitForRequest(`${applications.server.home}logout/frame?*`);
        await signIn(issuer, page, "logout-six@example.com");
        assert.equal(new URL((await frame).url()).searchParams.get("sid"), claims(ofServer.id_token).sid);
        await page.waitForURL("**/consent");
        assert.ok((await page.textContent("main")).includes("logout-six@example.com"));
        assert.equal(await isAlive(issuer, ofServer), false);
      },
    },
  ];
}

/** The pages of a logout, for a look at them. `signedIn` is a browser context with a sign-in. */
export async function logoutPlaces({ issuer, applications }, signedIn) {
  const at = (name, parameters, status = 200) => ({
    name,
    status,
    visit: (page) => page.goto(endSession(issuer, parameters)),
  });
  const web = applications.web.id;
  const cookies = await signedIn.cookies();
  const asking = [
    at("logout, asked by an application", { client_id: web }),
    at("logout, asked by nobody", { post_logout_redirect_uri: "https://elsewhere.example/" }),
    at("logout, bad redirect", { client_id: web, post_logout_redirect_uri: "https://evil.example/" }, 400),
    {
      name: "logout, still signed in",
      status: 200,
      visit: (page) => pressed(page, endSession(issuer, { client_id: web }), parts.deny),
    },
  ];
  return [
    ...asking.map((place) => ({ ...place, cookies })),
    { ...at("logout, over", {}), cookies: [] },
    { name: "logout, expired", status: 410, cookies: [], visit: (page) => page.goto(`${issuer}/signout/none`) },
    { name: "logout, somebody else is signed in", status: 200, cookies: [], visit: (page) => changed(page, issuer, applications) },
    { name: "logout, applications are told", status: 200, cookies: [], visit: (page) => told(page, issuer, applications) },
  ];
}

async function pressed(page, url, button) {
  await page.goto(url);
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"),
    page.click(button),
  ]);
  await page.waitForLoadState();
  return response;
}

// Every look ends a session; the page stays for the look, though it would go on by itself.
async function told(page, issuer, applications) {
  const { id_token } = await anybody(page, issuer, applications, "told");
  const url = endSession(issuer, { id_token_hint: id_token, post_logout_redirect_uri: applications.server.home });
  await stay(page, url, /^3; url=/);
  return page.goto(url);
}

async function changed(page, issuer, applications) {
  await anybody(page, issuer, applications, "before");
  await page.goto(authorize(issuer, applications.server, { prompt: "login" }));
  const email = `after-${Date.now()}@example.com`;
  await giveAddress(page, email);
  const url = page.url();
  await typeCode(page, await codeOf(issuer, email));
  await stay(page, url, /^3; url=/);
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"),
    page.press(parts.code, "Enter"),
  ]);
  await page.waitForLoadState();
  return response;
}

async function anybody(page, issuer, applications, name) {
  await page.context().clearCookies();
  const language = await page.evaluate(() => navigator.language);
  await page.goto(authorize(issuer, applications.server));
  await signIn(issuer, page, `${name}-${language}-${Date.now()}@example.com`);
  await allow(page);
  return redeem(issuer, applications.server, page);
}

async function stay(page, url, expected) {
  await page.route(url, async (route) => {
    const response = await route.fetch();
    const { refresh, ...headers } = response.headers();
    assert.match(refresh, expected);
    await route.fulfill({ response, headers });
  }, { times: 1 });
}
