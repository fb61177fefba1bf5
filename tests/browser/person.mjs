// What a person does on the pages, with whatever language they are in.
import { mails } from "./program.mjs";

/** Where the parts of the pages are. */
export const parts = {
  email: "#email",
  code: "#code",
  main: "main button.main",
  allow: "button[value=allow]",
  deny: "button[value=deny]",
  resend: "form[action$='/resend'] button",
  restart: "form[action$='/restart'] button",
  cancel: "form[action$='/cancel'] button",
  account: "form[action$='/account'] button",
  notice: "#notice",
};

/** Types the address and sends it; ends on the code's page. */
export async function giveAddress(page, email) {
  await page.fill(parts.email, email);
  await page.press(parts.email, "Enter");
  await page.waitForURL("**/code");
}

/** Types a code, character by character: one that comes in one go is sent at once. */
export async function typeCode(page, code) {
  await page.fill(parts.code, "");
  await page.locator(parts.code).pressSequentially(code);
}

/** Pastes a text where the focus is; the browser context lets the clipboard be written. */
export async function paste(page, text) {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press("ControlOrMeta+V");
}

/** Types the code and sends it; ends wherever that leads. */
export async function giveCode(page, code) {
  await typeCode(page, code);
  const left = (url) => !url.pathname.endsWith("/code") || url.search !== "";
  await Promise.all([page.waitForURL(left), page.press(parts.code, "Enter")]);
}

/** The newest code in somebody's mails. */
export async function codeOf(issuer, email) {
  return (await mails(issuer, email))[0].code;
}

/** A code that is not this one. */
export function notThis(code) {
  const last = code.at(-1) === "7" ? "8" : "7";
  return code.slice(0, -1) + last;
}

/** Five codes of six digits that are not this one: on a page the same one twice is one attempt. */
export const noneOfThese = (code) =>
  [1, 2, 3, 4, 5].map((more) => String((Number(code) + more) % 1_000_000).padStart(6, "0"));

/** From the address to the page after the code. */
export async function signIn(issuer, page, email) {
  await giveAddress(page, email);
  await giveCode(page, await codeOf(issuer, email));
}

/** Allows what is asked; ends at the application. */
export async function allow(page) {
  await Promise.all([page.waitForURL("**/callback?**"), page.click(parts.allow)]);
}

/** Waits for a page after two clicks, where the second navigation ends the first one, as browsers do. */
export async function arrive(page, url) {
  for (let aborted = 0; ; aborted += 1) {
    try {
      return await page.waitForURL(url);
    } catch (error) {
      if (aborted === 2 || !/ERR_ABORTED/.test(error.message)) throw error;
    }
  }
}

/** Sends a form of the page that `context` has at `url` without a page, with its hidden field; where that led. */
export async function send(context, url, action, form) {
  const html = await (await context.request.get(url)).text();
  const shown = html.split("<form").find((part) => part.includes(`action="${new URL(action, url).pathname}"`));
  const token = shown.match(/name="token" value="([^"]*)"/)[1];
  const answer = await context.request.post(new URL(action, url).href, { form: { token, ...form } });
  return { url: answer.url(), status: answer.status() };
}
