// The browser SDK in a real browser, against the program itself. TIQUO_AUTH_BIN is the program, CHROMIUM the browser;
// an argument runs only the checks whose names contain it. The last line is `N passed, M failed`.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { start } from "./program.mjs";
import { Report } from "./report.mjs";
import { openShop } from "./sdk-world.mjs";
import { signingIn } from "./sdk-signin.mjs";
import { manyTabs } from "./sdk-tabs.mjs";
import { badNetwork } from "./sdk-network.mjs";
import { clocks } from "./sdk-clock.mjs";
import { documents } from "./sdk-readme.mjs";
import { storages } from "./sdk-storage.mjs";

/** One check, and everything, in milliseconds. */
const ONE = 120_000;
const ALL = 900_000;
const wanted = process.argv[2] ?? "";

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

// What a page never answers.
function within(work) {
  let timer;
  const late = new Promise((_, no) => (timer = setTimeout(() => no(new Error(`not within ${ONE / 1000} s`)), ONE)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

try {
  const program = await start();
  ends.push(program.stop);
  const shop = await openShop();
  ends.push(async () => shop.close());
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    // Nothing but this machine can be reached, even by mistake; and root, as in a container, has no sandbox.
    args: [
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  ends.push(() => browser.close());
  const world = { issuer: program.issuer, browser, said: [], broken: [], ...shop };
  for (const group of [signingIn, manyTabs, badNetwork, clocks, storages, documents]) {
    for (const [name, go] of Object.entries(group(world))) {
      if (name.includes(wanted)) await report.check(`SDK: ${name}`, () => within(go()));
    }
  }
  await report.check("SDK: no token was in a URL or on the console, and no page broke", () => {
    assert.ok(world.said.length > 0);
    assert.deepEqual(world.said.filter((text) => /rt_|eyJ|dv_/.test(text)), []);
    assert.deepEqual(world.broken, []);
  });
} catch (error) {
  console.log(`FAIL the run ${error.stack}`);
  report.failed += 1;
}
await end();
