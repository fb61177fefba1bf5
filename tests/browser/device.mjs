// Devices without a browser (RFC 8628): what their owner does on our pages, and what the device hears.
import assert from "node:assert/strict";
import { giveAddress, parts, signIn } from "./person.mjs";
import { start } from "./program.mjs";

const CLIENT = "demo-device";
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const FIELD = "#user_code";
/** How many codes may be typed from one network. */
const GUESSES = 60;

async function post(issuer, path, fields) {
  const response = await fetch(`${issuer}/api/auth/oauth2/${path}`, { method: "POST", body: new URLSearchParams(fields) });
  return response.json();
}

/** A device asks for a code. */
const begin = (issuer) => post(issuer, "device_authorization", { client_id: CLIENT, scope: "openid email bookings:read" });

/** A device asks whether it was allowed. */
const poll = (issuer, { device_code: code }) =>
  post(issuer, "token", { grant_type: GRANT, device_code: code, client_id: CLIENT });

async function type(page, code) {
  await page.fill(FIELD, code);
  await page.press(FIELD, "Enter");
}

async function decide(page, button) {
  await Promise.all([page.waitForURL("**/device/done**"), page.click(button)]);
  await page.waitForSelector("h1");
}

/** Every journey: its name, and how it goes. */
export function devices({ issuer }) {
  const allowed = async (page, open) => {
    const device = await begin(issuer);
    await open(device);
    await page.waitForSelector(parts.email);
    await signIn(issuer, page, "device@example.com");
    await page.waitForSelector(parts.allow);
    assert.ok((await page.textContent("main")).includes(device.user_code), "the code is shown again (RFC 8628 §3.3.1)");
    await decide(page, parts.allow);
    const tokens = await poll(issuer, device);
    assert.ok(tokens.access_token && tokens.id_token, JSON.stringify(tokens));
  };
  return [
    {
      name: "a device's code typed in small letters and without its hyphen, with the keyboard alone",
      go: (page) =>
        allowed(page, async ({ verification_uri: url, user_code: code }) => {
          await page.goto(url);
          assert.equal(await page.evaluate(() => document.activeElement.id), "user_code");
          await page.keyboard.type(code.replace("-", "").toLowerCase());
          await page.keyboard.press("Enter");
        }),
    },
    {
      name: "a device's link with its code, without JavaScript",
      without: "JavaScript",
      go: (page) =>
        allowed(page, async ({ verification_uri_complete: url, user_code: code }) => {
          await page.goto(url);
          // Filled in, and still to be sent: whoever made the link may hold the device (RFC 8628 §5.4).
          assert.equal(await page.inputValue(FIELD), code);
          await page.click(parts.main);
        }),
    },
    {
      name: "a device's code in two tabs: what was decided in one is over in the other",
      async go(page) {
        const device = await begin(issuer);
        const other = await page.context().newPage();
        await page.goto(device.verification_uri_complete);
        await page.click(parts.main);
        await other.goto(device.verification_uri_complete);
        await other.click(parts.main);
        await signIn(issuer, page, "device-tabs@example.com");
        await decide(page, parts.allow);
        assert.match(await page.textContent("main"), /Demo TV is now signed in with your account/);
        await other.fill(parts.email, "device-tabs@example.com");
        const [late] = await Promise.all([
          other.waitForResponse((answer) => answer.request().method() === "POST"),
          other.press(parts.email, "Enter"),
        ]);
        await other.waitForLoadState();
        assert.equal(late.status(), 410);
        assert.match(await other.textContent("main"), /This code can no longer be used/);
        await other.click("main a.main");
        await other.waitForSelector(FIELD);
        assert.equal(other.url(), device.verification_uri);
        await other.close();
        assert.ok((await poll(issuer, device)).access_token);
      },
    },
    {
      name: "giving up on the way to a device: it hears access_denied, and nobody is sent back to an application",
      async go(page) {
        const device = await begin(issuer);
        await page.goto(device.verification_uri_complete);
        await page.click(parts.main);
        await page.waitForSelector(parts.email);
        assert.ok((await page.textContent("main")).includes("to connect Demo TV"));
        await decide(page, parts.cancel);
        assert.match(await page.textContent("main"), /Demo TV has no access to your account/);
        assert.equal((await poll(issuer, device)).error, "access_denied");
      },
    },
    {
      name: "a device's wrong code, without JavaScript",
      without: "JavaScript",
      async go(page) {
        const device = await begin(issuer);
        await page.goto(device.verification_uri);
        await type(page, device.user_code.slice(0, -1));
        await page.waitForSelector(parts.notice);
        assert.equal(await page.getAttribute(FIELD, "aria-invalid"), "true");
        await type(page, device.user_code);
        await page.waitForSelector(parts.email);
      },
    },
    {
      name: "a device is refused, and hears so",
      async go(page) {
        const device = await begin(issuer);
        await page.goto(device.verification_uri_complete);
        await page.click(parts.main);
        await signIn(issuer, page, "device@example.com");
        await decide(page, parts.deny);
        assert.equal((await poll(issuer, device)).error, "access_denied");
        await page.goto(device.verification_uri);
        await type(page, device.user_code);
        assert.match(await page.textContent(parts.notice), /code/i, "it is over");
      },
    },
    {
      name: "a device's wrong code is said beside the field, and the right one still works",
      async go(page) {
        const device = await begin(issuer);
        await page.goto(device.verification_uri);
        await type(page, "BBBB-BBBB");
        await page.waitForSelector(parts.notice);
        assert.equal(await page.getAttribute(FIELD, "aria-invalid"), "true");
        assert.match(await page.getAttribute(FIELD, "aria-describedby"), /notice/);
        assert.equal(await page.inputValue(FIELD), "BBBB-BBBB", "what was typed stays");
        await type(page, device.user_code);
        await page.waitForSelector(parts.email);
      },
    },
  ];
}

/** From the code to the tokens with Tab, typing and Enter alone; `tabTo` goes to a control. */
export async function deviceByKeyboard(issuer, page, tabTo) {
  const device = await begin(issuer);
  await page.goto(device.verification_uri);
  await page.locator(`${FIELD}:focus`).waitFor();
  await page.keyboard.type(device.user_code);
  await page.keyboard.press("Enter");
  await page.waitForSelector(parts.allow);
  await tabTo(page, parts.allow);
  await Promise.all([page.waitForURL("**/device/done**"), page.keyboard.press("Enter")]);
  assert.ok((await poll(issuer, device)).access_token);
}

/** The pages of devices, for a look at them. `signedIn` is a browser context with a sign-in. */
export async function devicePlaces({ issuer, several }, signedIn) {
  const cookies = await signedIn.cookies();
  const place = (name, visit, status = 200) => ({ name, status, visit, cookies });
  const stranger = (name, visit, status = 200) => ({ name, status, visit, cookies: [] });
  const done = (more) => `${issuer}/device/done?client_id=${CLIENT}${more}`;
  return [
    place("device", (page) => page.goto(`${issuer}/device`)),
    place("device, with its code", async (page) => page.goto((await begin(issuer)).verification_uri_complete)),
    place("device, wrong code", (page) => answered(page, `${issuer}/device`, "BBBB-BBBB"), 400),
    place("device, asks", (page) => entered(page, issuer)),
    place("device, over", (page) => decidedElsewhere(page, issuer), 410),
    place("device, allowed", (page) => page.goto(done(""))),
    place("device, refused", (page) => page.goto(done("&error=access_denied"))),
    stranger("device, one of several organizations", (page) => page.goto(`${several}/device`)),
    stranger("device, too many codes", (page) => answered(page, `${several}/device`, "BBBB-BBBB"), 429),
    stranger("device, address", (page) => entered(page, issuer)),
    stranger("device, code", async (page) => {
      await entered(page, issuer);
      await giveAddress(page, `device-${Date.now()}@example.com`);
      return page.reload();
    }),
  ];
}

// Where several are, a page that is about none of them in particular is nobody's.
const SECOND = Object.fromEntries(
  Object.entries({
    ID: "org_second",
    NAME: "Fern & Oak",
    PUBLIC_KEY: "pk_dom_second",
    DOM_CLIENT: "dom_second",
    SENDER_NAME: "Fern & Oak",
    SENDER_ADDRESS: "fern@example.com",
  }).map(([key, value]) => [`TIQUO_AUTH__ORGANIZATIONS__1__${key}`, value]),
);

/** The program once more, with two organizations; too many codes were typed there, which does not count at the other. */
export async function startWithSeveral() {
  const program = await start(SECOND);
  const body = new URLSearchParams({ user_code: "BBBB-BBBB" });
  const { port } = new URL(program.issuer);
  // The browser may come by either loopback address; a machine without IPv6 has one.
  for (const host of ["127.0.0.1", "[::1]"]) {
    const type = () => fetch(`http://${host}:${port}/device`, { method: "POST", body }).catch(() => undefined);
    for (let typed = 0; typed < GUESSES; typed += 1) await type();
  }
  return program;
}

/** Types a device's code; ends on the page after it. */
async function entered(page, issuer) {
  const { verification_uri: url, user_code: code } = await begin(issuer);
  return answered(page, url, code);
}

async function decidedElsewhere(page, issuer) {
  const { verification_uri: url, user_code: code } = await begin(issuer);
  const other = await page.context().newPage();
  await answered(other, url, code);
  await answered(page, url, code);
  await Promise.all([other.waitForURL("**/device/done**"), other.click(parts.allow)]);
  await other.close();
  const [late] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"),
    page.click(parts.deny),
  ]);
  await page.waitForLoadState();
  return late;
}

async function answered(page, url, code) {
  await page.goto(url);
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST"),
    type(page, code),
  ]);
  await page.waitForLoadState();
  return response;
}
