// How each page is in the eyes of axe, and whether it fits: in every language, in light and dark, on a phone and on a
// desk, on a very narrow screen, zoomed and with large text.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const AXE = `${readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")};0`;
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 812 };
// WCAG 2.2 §1.4.10 asks for 320 CSS pixels; a desk at 200 % zoom has half the CSS pixels.
const NARROW = { width: 320, height: 568 };
const ZOOMED = { width: 640, height: 400 };
const { SCREENSHOTS } = process.env;
// Where axe looks: width, colours, and whether at everything or only at what depends on colours and sizes. The markup
// is the same in every variant, the colours in every language.
const VARIANTS = {
  en: [[DESK, "light", true], [DESK, "dark", false], [PHONE, "dark", false], [PHONE, "light", true]],
  fr: [[DESK, "light", true]],
  es: [[PHONE, "dark", true]],
};
export const LANGUAGES = Object.keys(VARIANTS);

/** Looks at one place in one language. */
export async function look(report, watch, page, place, language) {
  const name = `${place.name}, ${language}`;
  let there = false;
  await report.check(`opens: ${name}`, async () => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.setViewportSize(DESK);
    const response = await place.visit(page);
    assert.equal(response.status(), place.status);
    assert.equal(await page.getAttribute("html", "lang"), language);
    await watch.weigh(name, page, response);
    there = true;
  });
  if (!there) return;
  await report.check(`axe: ${name}`, async () => {
    await page.evaluate(AXE);
    const found = [];
    for (const [viewport, colorScheme, all] of VARIANTS[language]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const violations = await page.evaluate(violationsOf, all);
      found.push(...violations.map((text) => `${colorScheme} ${viewport.width}: ${text}`));
      await picture(page, `${place.name}-${language}-${viewport.width}-${colorScheme}`);
    }
    assert.deepEqual(found, []);
  });
  await report.check(`fits: ${name}, 320 px, 200 % zoom, 200 % text`, async () => {
    const found = [];
    for (const [viewport, text] of [[ZOOMED, 100], [DESK, 200], [NARROW, 100]]) {
      await page.setViewportSize(viewport);
      const sticksOut = await page.evaluate(sticksOutAt, text);
      found.push(...sticksOut.map((what) => `${viewport.width} px, text ${text} %: ${what}`));
    }
    await picture(page, `${place.name}-${language}-320`);
    assert.deepEqual(found, []);
  });
}

async function violationsOf(all) {
  const colours = { type: "rule", values: ["color-contrast", "target-size", "link-in-text-block"] };
  const options = all ? { rules: { "target-size": { enabled: true } } } : { runOnly: colours };
  const { violations } = await globalThis.axe.run({ ...options, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

// The parts that a person would have to scroll for, or could not reach at all.
function sticksOutAt(percent) {
  document.documentElement.style.fontSize = `${percent}%`;
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || element.closest(".said")) continue;
    const what = element.id || element.className || element.tagName;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`${what} sticks out`);
  }
  const code = document.querySelector("#code");
  if (code) {
    code.value = code.className === "six" ? "888888" : "W8W8W8W8";
    if (code.scrollWidth > code.clientWidth + 1) found.push(`the code does not fit: ${code.scrollWidth} in ${code.clientWidth}`);
    code.value = "";
  }
  document.documentElement.style.fontSize = "";
  return found;
}

async function picture(page, name) {
  if (!SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`);
  await page.screenshot({ path, fullPage: true, caret: "initial" });
}
