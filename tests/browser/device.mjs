// Devices without a browser (RFC 8628): what their owner does on our pages, and what the device hears.
import assert from "node:assert/strict";
import { parts, signIn } from "./person.mjs";

const CLIENT = "demo-device";
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const FIELD = "#user_code";

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

/** The pages of devices, for a look at them. `signedIn` is a browser context with a sign-in. */
export async function devicePlaces({ issuer }, signedIn) {
  const cookies = await signedIn.cookies();
  const place = (name, visit, status = 200) => ({ name, status, visit, cookies });
  return [
    place("device", (page) => page.goto(`${issuer}/device`)),
    place("device, with its code", async (page) => page.goto((await begin(issuer)).verification_uri_complete)),
    place("device, wrong code", (page) => answered(page, `${issuer}/device`, "BBBB-BBBB"), 400),
    place("device, asks", async (page) => {
      const { verification_uri: url, user_code: code } = await begin(issuer);
      await answered(page, url, code);
      return page.reload();
    }),
    place("device, allowed", (page) => page.goto(`${issuer}/device/done`)),
    place("device, refused", (page) => page.goto(`${issuer}/device/done?error=access_denied`)),
  ];
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
