// Development's outbox: the code is what one comes for.
import assert from "node:assert/strict";
import { mails } from "./program.mjs";

const ZONE = "America/New_York";

/** Has a code sent to an address; what the mail says. */
async function send(issuer, email) {
  const answer = await fetch(`${issuer}/api/auth/dom/otp/send`, {
    method: "POST",
    headers: { origin: "http://localhost:3000", "content-type": "application/json" },
    body: JSON.stringify({ public_key: "pk_dom_demo", email }),
  });
  assert.equal(answer.status, 200);
  return (await mails(issuer, email))[0];
}

const at = (world, email) => `${world.issuer}/dev/outbox?to=${encodeURIComponent(email)}`;
const first = (page, part) => page.locator(`#mails > li:first-child ${part}`);
const isSaid = (page, text) =>
  page.waitForFunction((wanted) => document.querySelector("#news").textContent.includes(wanted), text);

export const outbox = {
  async "a mail comes in while the page is open, is said politely, and moves neither focus nor page"(world, context) {
    const email = "outbox-one@example.com";
    const page = await context.newPage();
    await page.goto(at(world, email));
    assert.ok(await page.isVisible("#none"));
    await world.look(page, "outbox-empty");
    await page.focus("#pause");
    await page.evaluate(() => (window.stays = true));
    const { code } = await send(world.issuer, email);
    await isSaid(page, [...code].join(" "));
    assert.equal(await first(page, ".code").textContent(), code);
    assert.equal(await page.isVisible("#none"), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), "pause");
    assert.ok(await page.evaluate(() => window.stays), "it was not loaded again");
    assert.equal(await page.getAttribute("#news", "role"), "status");
  },

  async "the newest code is the largest text of the page, and can be copied"(world, context) {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const [one, email] = ["outbox-two", "outbox-three"].map((name) => `${name}@example.com`);
    await send(world.issuer, one);
    const { code } = await send(world.issuer, email);
    const page = await context.newPage();
    await page.goto(`${world.issuer}/dev/outbox`);
    const row = page.locator("#mails > li", { hasText: email });
    await row.locator(".take").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
    await isSaid(page, `${code} is copied`);
    await page.goto(at(world, email));
    const sizes = await page.evaluate(() => {
      const size = (element) => parseFloat(getComputedStyle(element).fontSize);
      const code = document.querySelector("#mails .code");
      const others = [...document.querySelectorAll("main *:not(.code)")].filter((one) => one.textContent.trim() && !one.contains(code));
      return [size(code), Math.max(...others.map(size))];
    });
    assert.ok(sizes[0] > sizes[1], `${sizes}`);
    await page.goto(`${world.issuer}/dev/outbox`);
    await world.look(page, "outbox");
    await row.getByRole("link").click();
    assert.equal(await page.locator("h1 + .copy .code").textContent(), code);
    await page.click(".take");
    await isSaid(page, `${code} is copied`);
    await world.look(page, "outbox-mail");
  },

  async "times are the reader's own; without scripts they say that they are UTC"(world) {
    const email = "outbox-four@example.com";
    const { sent_at: sent } = await send(world.issuer, email);
    const context = await world.visitor({ timezoneId: ZONE });
    const page = await context.newPage();
    await page.goto(at(world, email));
    const local = new Date(sent).toLocaleTimeString("en-GB", { timeZone: ZONE });
    assert.ok((await first(page, "time").textContent()).includes(local), local);
    await context.close();
    const silent = await world.visitor({ timezoneId: ZONE, javaScriptEnabled: false });
    const plain = await silent.newPage();
    await plain.goto(at(world, email));
    assert.equal(await first(plain, "time").textContent(), `${sent.slice(11, 19)} UTC`);
    assert.equal(await first(plain, ".take").isVisible(), false, "there is no button that does nothing");
    await plain.click("text=Look for new mails");
    assert.equal(await plain.locator("meta[http-equiv]").count(), 0, "nothing loads it again by itself");
    await silent.close();
  },

  async "it can be paused"(world, context) {
    const email = "outbox-five@example.com";
    const page = await context.newPage();
    await page.goto(at(world, email));
    await page.click("#pause");
    await isSaid(page, "Paused.");
    const { code } = await send(world.issuer, email);
    await page.click("#pause");
    await isSaid(page, [...code].join(" "));
  },
};

export const api = {
  async "the API's page is read on a desk and on a phone, with everything folded and unfolded"(world, context) {
    const page = await context.newPage();
    await page.goto(`${world.issuer}/api/client/v1/docs`);
    await world.look(page, "api");
    for (const link of await page.locator("nav a").all()) {
      const target = await link.getAttribute("href");
      assert.equal(await page.locator(target).count(), 1, target);
    }
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await world.look(page, "api-unfolded");
  },
};
