// The pages of the sign-in in a real browser. TIQUO_AUTH_BIN is the program, CHROMIUM the browser; with SCREENSHOTS, a
// folder, every page is photographed into it. The last line is `N passed, M failed`.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { authorize, open } from "./applications.mjs";
import { demos } from "./demo.mjs";
import { crowd, devices } from "./device.mjs";
import { journeys } from "./journeys.mjs";
import { order, throughAllPages } from "./keyboard.mjs";
import { logouts } from "./logout.mjs";
import { LANGUAGES, look } from "./looks.mjs";
import { prepare } from "./places.mjs";
import { start } from "./program.mjs";
import { Report } from "./report.mjs";
import { sso } from "./sso.mjs";
import { Watch } from "./watch.mjs";

const HEAVY = 30_000;
/** One step of a person, in milliseconds; and everything. */
const STEP = 30_000;
const ALL = 1_800_000;

const report = new Report();
const ends = [];
const bound = setTimeout(() => {
  console.log(`FAIL the run takes longer than ${ALL / 1000} s`);
  report.failed += 1;
  report.over = true;
  void end();
}, ALL);

async function end() {
  clearTimeout(bound);
  for (const one of ends.reverse()) await Promise.race([one(), new Promise((go) => setTimeout(go, 5000))]);
  process.exit(report.end());
}

async function newContext(world, options = {}) {
  const context = await world.browser.newContext({ locale: "en-GB", ...options });
  context.setDefaultTimeout(STEP);
  world.watch.over(context);
  await world.applications.meet(context);
  return context;
}

async function set() {
  const program = await start();
  ends.push(program.stop);
  const crowded = await crowd();
  ends.push(crowded.stop);
  const applications = await open(program);
  ends.push(async () => applications.close());
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    // Nothing but this machine can be reached, even by mistake; and root, as in a container, has no sandbox.
    args: [
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  ends.push(() => browser.close());
  const watch = new Watch(program.issuer, [...applications.origins, crowded.issuer]);
  return { issuer: program.issuer, crowded: crowded.issuer, app: program.app, applications, browser, watch };
}

// One window for all of them, because a window is what costs a browser most; everybody begins without cookies.
async function walkJourneys(world) {
  const context = await newContext(world, { permissions: ["clipboard-read", "clipboard-write"] });
  const silent = await newContext(world, { javaScriptEnabled: false });
  const [page, scriptless] = [await context.newPage(), await silent.newPage()];
  for (const { name, without, go } of [...journeys(world), ...sso(world), ...devices(world), ...logouts(world)]) {
    await Promise.all([context, silent].map((one) => one.clearCookies()));
    await report.check(`journey: ${name}`, () => go(without === "JavaScript" ? scriptless : page));
  }
  await silent.close();
  await context.clearCookies();
  await report.check("keyboard: all pages with Tab, typing and Enter", () => throughAllPages(world, page));
  await context.close();
}

async function lookAtPlaces(world) {
  const [stranger, known, elsewhere] = await Promise.all([1, 2, 3].map(() => newContext(world)));
  let places = [];
  await report.check("every page and state can be reached", async () => {
    places = await prepare({ ...world, stranger, known, elsewhere });
  });
  for (const context of [stranger, known, elsewhere]) await context.close();
  await Promise.all(LANGUAGES.map((language) => lookIn(world, language, places)));
}

async function lookIn(world, language, places) {
  const context = await newContext(world, { locale: language });
  const page = await context.newPage();
  let cookies;
  for (const place of places) {
    if (place.cookies !== cookies) {
      cookies = place.cookies;
      await context.clearCookies();
      await context.addCookies(cookies);
    }
    await look(report, world.watch, page, place, language);
    if (language === "en") await report.check(`keyboard: ${place.name}`, () => order(page));
  }
  await context.close();
}

async function judge({ watch }) {
  await report.check("no request but for pages of ours, and to the applications", () =>
    assert.deepEqual(watch.elsewhere, []));
  await report.check("no error on the console, no violation of the content security policy", () =>
    assert.deepEqual(watch.complaints, []));
  const weights = [...watch.weights].sort((one, other) => other[1] - one[1]);
  await report.check(`every page weighs less than ${HEAVY / 1000} kB`, () => {
    assert.ok(weights.length > 0);
    assert.deepEqual(weights.filter(([, bytes]) => bytes >= HEAVY), []);
  });
  if (weights.length === 0) return;
  const paints = watch.paints.sort((one, other) => one - other);
  const kilobytes = ([name, bytes]) => `${(bytes / 1000).toFixed(1)} kB (${name})`;
  report.figure("pages", `${weights.length}, heaviest ${kilobytes(weights[0])}, lightest ${kilobytes(weights.at(-1))}`);
  const at = (part) => `${Math.round(paints[Math.floor((paints.length - 1) * part)])} ms`;
  report.figure("first contentful paint", `median ${at(0.5)}, 95 % ${at(0.95)}, slowest ${at(1)}, of ${paints.length}`);
}

// What the browser tells comes in its own time, but within a step's.
async function until(holds) {
  for (const end = Date.now() + STEP; !holds(); await new Promise((go) => setTimeout(go, 20))) {
    assert.ok(Date.now() < end, `not within ${STEP / 1000} s: ${holds}`);
  }
}

// A watch that sees nothing would be content with everything.
async function proveTheWatch(world) {
  await report.check("the content security policy refuses what is injected, and the watch sees it", async () => {
    const watch = new Watch(world.issuer, []);
    const context = await world.browser.newContext();
    watch.over(context);
    const page = await context.newPage();
    await page.goto(authorize(world.issuer, world.applications.web));
    await page.evaluate(() => {
      const [style, script, image] = ["style", "script", "img"].map((name) => document.createElement(name));
      style.textContent = "h1{color:red}";
      script.textContent = "document.title = 'injected'";
      image.src = "https://elsewhere.example/pixel.png";
      document.body.append(style, script, image);
    });
    await until(() => watch.complaints.length >= 3);
    assert.notEqual(await page.title(), "injected");
    await page.goto("http://127.0.0.1:9/").catch(() => undefined);
    await until(() => watch.elsewhere.includes("http://127.0.0.1:9/"));
    await context.close();
  });
}

try {
  const world = await set();
  await Promise.all([walkJourneys(world), lookAtPlaces(world)]);
  await demos(report, world);
  await proveTheWatch(world);
  await judge(world);
} catch (error) {
  console.log(`FAIL the run ${error.stack}`);
  report.failed += 1;
}
await end();
