// Every form of the pages sent twice, by a mouse and by a script, up to 50 ms apart, as impatient people and bad mice do:
// whichever comes first, the person goes on. TIQUO_AUTH_BIN is the program, CHROMIUM the browser, DOUBLES how often each
// form is sent (4). The last line is `N passed, M failed`; before it, what was counted.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { authorize, open, redeem } from "./applications.mjs";
import { codeOf, paste, parts, typeCode } from "./person.mjs";
import { mails, start } from "./program.mjs";
import { Report } from "./report.mjs";

const ROUNDS = Number(process.env.DOUBLES || 4);
/** How many people at once. */
const AT_ONCE = 2;
const STEP = 30_000;
const USER_CODE = "#user_code";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const tally = new Map();
const report = new Report();
const program = await start({
  TIQUO_AUTH__CODES__RESEND_WAIT_SECONDS: "1,1,1",
  // Each person has a network of their own.
  TIQUO_AUTH__LISTEN__TRUSTED_PROXIES: "127.0.0.0/8,::1/128",
  TIQUO_AUTH__LOG__FORMAT: "json",
});
const applications = await open(program);
const { issuer } = program;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ],
});

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

/** Presses a button twice: the second press falls on whatever is there then, as a real one does. */
async function byMouse(page, selector, gap) {
  const button = page.locator(selector).first();
  await button.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await button.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  for (const wait of [gap, 0]) {
    await page.mouse.down();
    await page.mouse.up();
    await pause(wait);
  }
}

/** Sends the button's form twice. */
const byScript = (page, selector, gap) =>
  page.evaluate(
    ([where, wait]) => {
      const button = document.querySelector(where);
      const send = () => button.form.requestSubmit(button);
      send();
      if (wait) setTimeout(send, wait);
      else send();
    },
    [selector, gap],
  );

/** One form, sent twice; the person is then where `arrived` says. */
async function twice(page, name, how, selector, arrived) {
  await page.waitForSelector(selector);
  const gap = Math.floor(Math.random() * 51);
  // The page may go away under the second press.
  await how(page, selector, gap).catch((error) => assert.match(error.message, /context was destroyed|navigat/i));
  const counted = tally.get(name) ?? { sent: 0, on: 0 };
  tally.set(name, counted);
  counted.sent += 1;
  const is = () => arrived(page).catch(() => false);
  for (const end = Date.now() + STEP; ; await pause(20)) {
    if (await is()) {
      // The answer to the second one may still be on its way.
      await pause(100);
      if (await is()) break;
    }
    if (Date.now() > end) assert.fail(`${name}, ${gap} ms apart: ${page.url()} ${await page.innerText("body").catch(() => "")}`);
  }
  counted.on += 1;
}

const url = (page) => new URL(page.url());
const onAddress = (page) => page.isVisible(parts.email);
const onCode = async (page) => (await page.isVisible(parts.code)) && url(page).search === "";
const onDecision = (page) => page.isVisible(parts.allow);
const back = (name) => ({ callback }) => async (page) => page.url().startsWith(`${callback}?`) && url(page).searchParams.has(name);
const isBack = back("code");
const isDone = async (page) => url(page).pathname === "/device/done" && !url(page).searchParams.has("error");
const isSignedOut = async (page) => /signed out/i.test(await page.textContent("h1"));

/** One person at one application: every form of the way there and back. */
async function round(number, how) {
  const { web, server } = applications;
  const network = `198.${18 + Math.floor(number / 256)}.${number % 256}.1`;
  const permissions = ["clipboard-read", "clipboard-write"];
  const context = await browser.newContext({ locale: "en-GB", permissions, extraHTTPHeaders: { "X-Forwarded-For": network } });
  context.setDefaultTimeout(STEP);
  await applications.meet(context);
  const page = await context.newPage();
  const email = `person${number}@example.com`;
  const begin = (application, over) => page.goto(authorize(issuer, application, over));
  const post = async (path, fields) => {
    const headers = { "X-Forwarded-For": network };
    const answer = await fetch(`${issuer}/api/auth/oauth2/${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
    return answer.json();
  };

  await begin(server);
  await twice(page, "cancel", how, parts.cancel, back("error")(server));
  await begin(server);
  await page.fill(parts.email, `other${number}@example.com`);
  await twice(page, "address", how, parts.main, onCode);
  assert.equal((await mails(issuer, `other${number}@example.com`)).length, 1, "one mail");
  await twice(page, "another address", how, parts.restart, onAddress);
  await page.fill(parts.email, email);
  await twice(page, "address", how, parts.main, onCode);
  await pause(1100);
  await twice(page, "another code", how, parts.resend, (page) => page.isVisible(parts.code));
  assert.equal((await mails(issuer, email)).length, 2, "one mail, and one more");
  // The second press of a mouse may already fall on what is asked next.
  const onward = async (page) => (await onDecision(page)) || isBack(server)(page);
  const code = await codeOf(issuer, email);
  // Of four people, two type it and two paste it, by mouse and by script.
  if ((number + (number >> 1)) % 2 === 0) {
    await typeCode(page, code);
    await twice(page, "code", how, parts.main, onward);
  } else {
    // It is sent at once, and the person presses the button all the same.
    const pasted = async (page, selector, gap) => {
      await page.focus(parts.code);
      await paste(page, code);
      await pause(gap);
      await page.click(selector, { noWaitAfter: true, timeout: 1000 }).catch(() => undefined);
    };
    await twice(page, "code, pasted", pasted, parts.main, onward);
  }
  if (await onDecision(page)) await twice(page, "consent", how, parts.allow, isBack(server));
  await redeem(issuer, server, page);

  await begin(server, { prompt: "select_account" });
  await twice(page, "this account", how, parts.allow, isBack(server));
  await redeem(issuer, server, page);
  await begin(server, { prompt: "select_account" });
  await twice(page, "another account", how, parts.account, onAddress);

  const device = await post("device_authorization", { client_id: "demo-device", scope: "openid email" });
  await page.goto(device.verification_uri);
  await page.fill(USER_CODE, device.user_code);
  await twice(page, "code of a device", how, parts.main, async (page) => (await onDecision(page)) || isDone(page));
  if (!(await isDone(page))) await twice(page, "device", how, parts.allow, isDone);
  const tokens = await post("token", { grant_type: DEVICE_GRANT, device_code: device.device_code, client_id: "demo-device" });
  assert.ok(tokens.access_token, JSON.stringify(tokens));

  await page.goto(`${issuer}/api/auth/oauth2/end-session?client_id=${web.id}`);
  await twice(page, "sign out", how, parts.allow, isSignedOut);
  await begin(server);
  await page.waitForSelector(parts.email);
  await context.close();
}

const numbers = Array.from({ length: ROUNDS }, (_, number) => number);
async function people() {
  for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
    const [name, how] = number % 2 ? ["a mouse", byMouse] : ["a script", byScript];
    await report.check(`every form twice by ${name}, person ${number}`, () => round(number, how));
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, people));
const signIns = program.log().filter((line) => line.event === "signed_in_at_issuer").length;
await report.check("one sign-in for each person", () => assert.equal(signIns, ROUNDS));
for (const [name, { sent, on }] of tally) report.figure(name, `${on} of ${sent} went on`);
await browser.close();
applications.close();
await program.stop();
process.exitCode = report.end();
