// The pages without a mouse (WCAG 2.2 §2.1.1, §2.4.3, §2.4.7).
import assert from "node:assert/strict";
import { authorize, redeem } from "./applications.mjs";
import { deviceByKeyboard } from "./device.mjs";
import { codeOf } from "./person.mjs";

/** The whole way with Tab, typing and Enter alone. */
export async function throughAllPages({ issuer, applications }, page) {
  const { web, server } = applications;
  const { keyboard } = page;
  await page.goto(authorize(issuer, web));
  // The first field has the focus: nobody has to look for it. Chromium gives it with the first frame, after the load.
  await page.locator("#email:focus").waitFor();
  await keyboard.type("keys@example.com");
  await keyboard.press("Enter");
  await page.waitForURL("**/code");
  await page.locator("#code:focus").waitFor();
  await keyboard.type(await codeOf(issuer, "keys@example.com"));
  await keyboard.press("Enter");
  await page.waitForURL("**/consent");
  await tabTo(page, "[value=allow]");
  await keyboard.press("Enter");
  await redeem(issuer, web, page);
  await page.goto(authorize(issuer, server, { prompt: "select_account" }));
  await tabTo(page, "[value=allow]");
  await keyboard.press("Space");
  await page.waitForURL(/\/(consent|callback)/);
  await deviceByKeyboard(issuer, page, tabTo);
}

/** Tab reaches every control of a page once, in the order in which they are read, and shows where it is. */
export async function order(page) {
  const controls = await page.evaluate(() => {
    // From the beginning of the page, not from the field that has the focus at first.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden])")];
    all.forEach((control, place) => (control.dataset.place = place));
    return all.length;
  });
  const seen = [];
  for (let step = 0; step < controls; step += 1) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(focused));
  }
  assert.deepEqual(seen.map((one) => one.place), [...Array(controls).keys()], "the order");
  assert.deepEqual(seen.filter((one) => !one.marked).map((one) => one.what), [], "without a visible focus");
  const jumps = seen.filter((one, place) => place > 0 && one.top + one.height <= seen[place - 1].top);
  assert.deepEqual(jumps.map((one) => one.what), [], "upwards on the page");
}

async function tabTo(page, selector) {
  for (let step = 0; step < 10; step += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`Tab does not reach ${selector}`);
}

// Where the focus is, and whether it or what stands around it has an outline.
function focused() {
  const element = document.activeElement;
  const { top, height } = element.getBoundingClientRect();
  const below = top + scrollY;
  const outlined = (one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const marked = outlined(element) || outlined(element.parentElement);
  return { place: Number(element.dataset.place ?? -1), what: element.textContent || element.id, top: below, height, marked };
}
