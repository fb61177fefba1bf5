// What the checks of both demos share: browser contexts that are watched, and a look at a page in every size and colour.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const AXE = `${readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")};0`;
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
// WCAG 2.2 §1.4.10 asks for 320 CSS pixels; a desk at 200 % zoom has half the CSS pixels.
const ZOOMED = { width: 640, height: 430 };
const NARROW = { width: 320, height: 568 };
const { SCREENSHOTS } = process.env;
const STEP = 30_000;

export class DemoWorld {
  /** Requests to anybody but the two demos. */
  elsewhere = [];
  /** What the console said. */
  complaints = [];

  constructor({ browser, issuer, app }) {
    Object.assign(this, { browser, issuer, app });
  }

  /** A browser in which nobody has been anywhere. */
  async visitor(options = {}) {
    const usual = { locale: "en-GB", viewport: DESK, reducedMotion: "reduce" };
    const context = await this.browser.newContext({ ...usual, ...options });
    context.setDefaultTimeout(STEP);
    context.on("request", (request) => {
      if (![this.issuer, this.app].includes(new URL(request.url()).origin)) this.elsewhere.push(request.url());
    });
    context.on("console", (message) => {
      // Chromium complains of every answer of 400 or more; that they come is checked where they are meant.
      const status = /the server responded with a status of 4|net::ERR_FAILED/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !status) this.complaints.push(message.text());
    });
    context.on("weberror", (error) => this.complaints.push(String(error.error())));
    return context;
  }

  /** Looks at a page as it is now: on a desk and on a phone, light and dark; then narrow, and with large text. */
  async look(page, name) {
    await page.evaluate(AXE);
    const found = [];
    for (const viewport of [DESK, PHONE]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        found.push(...(await page.evaluate(violations)).map((text) => `${viewport.width} ${colorScheme}: ${text}`));
        await picture(page, `demo-${name}-${viewport.width}-${colorScheme}`);
      }
    }
    for (const [viewport, percent] of [[NARROW, 100], [ZOOMED, 100], [DESK, 200]]) {
      await page.setViewportSize(viewport);
      const wide = await page.evaluate(sticksOut, percent);
      found.push(...wide.map((what) => `${viewport.width} px, text ${percent} %: ${what} sticks out`));
    }
    await page.setViewportSize(DESK);
    await page.emulateMedia({ colorScheme: "light" });
    assert.deepEqual(found, [], name);
  }
}

/** Where the focus is: an id, or what is written there. */
export const focus = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);

async function violations() {
  const rules = { "target-size": { enabled: true } };
  const { violations } = await globalThis.axe.run({ resultTypes: ["violations"], rules });
  return violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

// What a person would have to scroll sideways for (WCAG 2.2 §1.4.4, §1.4.10).
function sticksOut(percent) {
  document.documentElement.style.fontSize = `${percent}%`;
  const found = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || element.closest("svg, .said, .skip, .pad")) continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(element.id || element.className || element.tagName);
  }
  document.documentElement.style.fontSize = "";
  return found;
}

async function picture(page, name) {
  if (!SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
