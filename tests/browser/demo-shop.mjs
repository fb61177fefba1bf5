// The shop's account page.
import assert from "node:assert/strict";
import { focus } from "./demo-world.mjs";
import { codeOf, noneOfThese, notThis } from "./person.mjs";
import { FIRST_WAIT, mails } from "./program.mjs";

async function open(world, context) {
  const page = await context.newPage();
  await page.goto(`${world.issuer}/demo`);
  await page.locator("#door").waitFor();
  return page;
}

async function giveAddress(page, email) {
  await page.fill("#email", email);
  await page.press("#email", "Enter");
  await page.locator("#code").waitFor();
}

async function giveCode(page, code) {
  await page.fill("#code", code);
  await page.press("#code", "Enter");
}

async function signIn(world, context, email) {
  const page = await open(world, context);
  await giveAddress(page, email);
  await giveCode(page, await codeOf(world.issuer, email));
  await page.locator("#account").waitFor();
  return page;
}

async function withRecords(world, context, email) {
  const page = await signIn(world, context, email);
  await page.click("#samples");
  await page.locator("#empty").waitFor({ state: "hidden" });
  return page;
}

const rows = (page, list) => page.locator(`#${list} .rows > li`);
const counts = (page, list, number) =>
  page.waitForFunction(([id, n]) => document.querySelectorAll(`#${id} .rows > li`).length === n, [list, number]);

export const shop = {
  async "an address that is none and a wrong code are said beside the field"(world, context) {
    const email = "shop-one@example.com";
    const page = await open(world, context);
    await world.look(page, "shop-door");
    await page.fill("#email", "ana@b..example");
    await page.press("#email", "Enter");
    await page.locator("#email[aria-invalid=true]").waitFor();
    assert.match(await page.textContent("#email-error"), /name@example\.com/);
    assert.equal(await focus(page), "email");
    await world.look(page, "shop-address-wrong");
    await giveAddress(page, email);
    assert.equal(await focus(page), "code");
    const [mail] = await mails(world.issuer, email);
    assert.equal(await page.textContent("#reference"), mail.reference);
    assert.ok((await page.getAttribute("#outbox", "href")).endsWith(`/dev/outbox?to=${encodeURIComponent(email)}`));
    await giveCode(page, notThis(mail.code));
    await page.locator("#code[aria-invalid=true]").waitFor();
    assert.match(await page.textContent("#code-error"), /You have 4 attempts left/);
    await world.look(page, "shop-code-wrong");
    await giveCode(page, mail.code);
    await page.locator("#account").waitFor();
    assert.equal(await focus(page), "greeting");
    await page.locator("#empty").waitFor();
    await world.look(page, "shop-new-customer");
  },

  async "after the last wrong code there is no field, and the way to the next code"(world, context) {
    const page = await open(world, context);
    const email = "shop-spent@example.com";
    await giveAddress(page, email);
    for (const code of noneOfThese(await codeOf(world.issuer, email))) {
      const answer = page.waitForResponse("**/otp/verify");
      await giveCode(page, code);
      await answer;
      await page.locator("#use-code[aria-busy]").waitFor({ state: "detached" });
    }
    await page.locator("#code-over").waitFor();
    assert.equal(await page.isVisible("#code"), false);
    assert.equal(await focus(page), "resend");
    await world.look(page, "shop-code-spent");
    await page.click("#resend");
    await page.locator("#code").waitFor();
    await giveCode(page, await codeOf(world.issuer, email));
    await page.locator("#account").waitFor();
  },

  async "a resend says how long to wait, then sends; a page that is loaded again still waits for its code"(world, context) {
    const email = "shop-two@example.com";
    const page = await open(world, context);
    await giveAddress(page, email);
    const left = Number(/\d+/.exec(await page.textContent("#wait"))[0]);
    assert.ok(left > 0 && left <= FIRST_WAIT + 1, `${left} s`);
    assert.equal(await page.getAttribute("#resend", "aria-disabled"), "true");
    await page.click("#resend", { force: true });
    await page.waitForFunction(() => /can be sent in \d+ second/.test(document.querySelector("#live").textContent));
    assert.equal((await mails(world.issuer, email)).length, 1);
    await page.reload();
    await page.locator("#code").waitFor();
    assert.equal(await page.textContent("#sent-to"), email);
    await page.locator("#resend[aria-disabled=false]").waitFor();
    await page.click("#resend");
    await page.waitForFunction(() => /Another code went to/.test(document.querySelector("#live").textContent));
    const [second, first] = await mails(world.issuer, email);
    assert.notEqual(first.reference, second.reference);
    assert.equal(await page.textContent("#reference"), second.reference);
    await giveCode(page, second.code);
    await page.locator("#account").waitFor();
  },

  async "another address begins anew"(world, context) {
    const page = await open(world, context);
    await giveAddress(page, "shop-thre@example.com");
    await page.click("#other");
    assert.equal(await focus(page), "email");
    assert.equal(await page.inputValue("#email"), "");
    await giveAddress(page, "shop-three@example.com");
    await giveCode(page, await codeOf(world.issuer, "shop-three@example.com"));
    await page.locator("#account").waitFor();
  },

  async "orders, classes and questions, with their pages and filters"(world, context) {
    const page = await withRecords(world, context, "shop-four@example.com");
    await counts(page, "orders", 6);
    await page.locator("#ahead").waitFor();
    const spent = await page.locator("#totals").textContent();
    assert.match(spent, /^\d+ orders completed, €[\d,]+\.\d\d in all$/);
    await page.locator("#orders summary").nth(1).click();
    assert.ok(await page.locator("#orders .bill").nth(1).isVisible());
    await page.locator("#enquiries summary").first().click();
    assert.match(await page.locator("#enquiries .words").first().textContent(), /dishwasher/);
    await world.look(page, "shop-account");
    await page.click("#orders button");
    await counts(page, "orders", 12);
    assert.equal(await focus(page), await rows(page, "orders").nth(6).locator("summary").textContent());
    assert.equal(await page.textContent("#live"), "12 orders, and there are more.");
    for (let shown = 18; shown <= 60; shown += 6) {
      await page.click("#orders button");
      await counts(page, "orders", shown);
    }
    assert.ok(await page.locator("#orders button").isHidden(), "that was the last page");
    const numbers = await rows(page, "orders").locator("summary .facts").allTextContents();
    assert.equal(new Set(numbers).size, 60, "none twice");
    await page.check("#orders-processing");
    await counts(page, "orders", 1);
    assert.equal(await rows(page, "orders").locator(".tag").textContent(), "In the works");
    await page.check("#enquiries-new");
    await counts(page, "enquiries", 1);
    await page.click("#bookings button");
    await counts(page, "bookings", 8);
    assert.ok((await focus(page)).includes("BKG-"));
    await page.check("#bookings-pending");
    await counts(page, "bookings", 1);
  },

  async "on a phone the field comes before the picture, and the way between the parts stays"(world, context) {
    const email = "shop-ten@example.com";
    const small = { width: 390, height: 844 };
    const page = await signIn(world, context, email);
    await page.click("#samples");
    await counts(page, "orders", 6);
    await page.setViewportSize(small);
    for (const part of ["profile", "enquiries", "bookings"]) {
      await page.click(`.rooms a[href="#${part}"]`);
      const [top, bar] = await page.evaluate(
        (id) => [document.getElementById(id), document.querySelector(".rooms")].map((one) => one.getBoundingClientRect()).map(({ top, bottom }, place) => (place ? bottom : top)),
        part,
      );
      assert.ok(top >= bar - 1 && top < small.height / 2, `${part} is at ${top}, under the bar that ends at ${bar}`);
    }
    const before = await page.evaluate(() => scrollY);
    await page.locator("#bookings-pending").check();
    await counts(page, "bookings", 1);
    assert.equal(await page.evaluate(() => scrollY), before, "a filter leaves the page where it is");
    await page.goto(`${world.issuer}/demo#enquiries`);
    await page.reload();
    await page.waitForFunction(() => document.querySelector("#enquiries .rows > li") && scrollY > 500);
    await page.click("#sign-out");
    await page.locator("#door").waitFor();
    const [field, picture] = await page.evaluate(() => ["#email", ".scene"].map((one) => document.querySelector(one).getBoundingClientRect().top));
    assert.ok(field < picture && field < small.height / 2, `${field}, ${picture}`);
  },

  async "a filter with nothing in it says so"(world, context) {
    const page = await signIn(world, context, "shop-five@example.com");
    await page.check("#orders-cancelled");
    await page.waitForFunction(() => /are “cancelled”/.test(document.querySelector("#orders .none").textContent));
  },

  async "the profile is saved; a field that is refused is named, and nothing is changed"(world, context) {
    const page = await signIn(world, context, "shop-six@example.com");
    const save = () => page.click("#profile-form .main");
    await page.fill("#firstName", "Ana");
    await page.fill("#lastName", "Rossi");
    await page.fill("#phone", "call me");
    await save();
    await page.locator("#phone[aria-invalid=true]").waitFor();
    assert.match(await page.textContent("#phone-error"), /^Telephone number: use digits/);
    assert.equal(await focus(page), "phone");
    await world.look(page, "shop-profile-wrong");
    const other = await context.newPage();
    await other.goto(`${world.issuer}/demo`);
    await other.locator("#account").waitFor();
    assert.equal(await other.inputValue("#firstName"), "");
    await page.fill("#phone", "+39 055 123 456");
    await page.fill("#displayName", "Ana <b>Rossi</b>");
    await save();
    await page.waitForFunction(() => document.querySelector("#saved").textContent === "Saved.");
    assert.match(await page.textContent("#greeting"), /, Ana <b>Rossi<\/b>$/, "a text, never markup");
    assert.equal(await page.textContent("#face"), "AR");
    // The other tab hears of it.
    await other.waitForFunction(() => document.querySelector("#firstName").value === "Ana");
    await page.reload();
    await page.locator("#account").waitFor();
    assert.equal(await page.inputValue("#phone"), "+39 055 123 456");
    await page.fill("#phone", "");
    await save();
    await page.waitForFunction(() => document.querySelector("#saved").textContent === "Saved.");
    await page.fill("#profilePhoto", "javascript:alert(1)");
    await save();
    await page.locator("#profilePhoto[aria-invalid=true]").waitFor();
    assert.equal(await page.locator("#face img").count(), 0);
  },

  async "signed in and signed out in one tab is seen in the other"(world, context) {
    const page = await open(world, context);
    const other = await open(world, context);
    await giveAddress(page, "shop-seven@example.com");
    await giveCode(page, await codeOf(world.issuer, "shop-seven@example.com"));
    await page.locator("#account").waitFor();
    await other.locator("#account").waitFor();
    const [third] = await Promise.all([context.waitForEvent("page"), page.click("text=Open a second tab")]);
    await third.locator("#account").waitFor();
    await third.click("#sign-out");
    for (const tab of [page, other, third]) await tab.locator("#door").waitFor();
    assert.equal(await third.textContent("#notice"), "You are signed out.");
    assert.match(await page.textContent("#notice"), /in your other tabs/);
    assert.equal(await page.inputValue("#own-email"), "", "nothing stays of who was here");
    await world.look(page, "shop-signed-out");
    await page.reload();
    await page.locator("#door").waitFor();
  },

  async "the keyboard is enough"(world, context) {
    const email = "shop-eight@example.com";
    const page = await open(world, context);
    const tabTo = async (id) => {
      for (let step = 0; step < 40; step += 1) {
        await page.keyboard.press("Tab");
        const { outlineStyle, outlineWidth } = await page.evaluate(() => {
          const element = document.activeElement;
          const shown = element.type === "radio" ? element.nextElementSibling : element;
          const { outlineStyle, outlineWidth } = getComputedStyle(shown);
          return { outlineStyle, outlineWidth };
        });
        assert.ok(outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, `no focus is seen at ${await focus(page)}`);
        if ((await focus(page)) === id) return;
      }
      throw new Error(`Tab does not reach ${id}`);
    };
    await page.locator("#email:focus").waitFor();
    await page.keyboard.type(email);
    await page.keyboard.press("Enter");
    await page.locator("#code:focus").waitFor();
    await page.keyboard.type(await codeOf(world.issuer, email));
    await page.keyboard.press("Enter");
    await page.locator("#greeting:focus").waitFor();
    await page.locator("#empty").waitFor();
    await tabTo("samples");
    await page.keyboard.press("Enter");
    await page.locator("#orders-title:focus").waitFor();
    await tabTo("orders-all");
    await page.keyboard.press("ArrowRight");
    await counts(page, "orders", 1);
    await tabTo("firstName");
    await page.keyboard.type("Kim");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#saved").textContent === "Saved.");
  },

  async "without the server nobody is signed out, and it can be tried again"(world, context) {
    const page = await signIn(world, context, "shop-nine@example.com");
    const session = `${world.issuer}/api/auth/dom/session`;
    await context.route(session, (route) => route.abort());
    await page.reload();
    await page.locator("#away").waitFor();
    await world.look(page, "shop-away");
    await context.unroute(session);
    await page.click("#once-more");
    await page.locator("#account").waitFor();
  },
};
