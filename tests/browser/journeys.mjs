// From an application and back, as people do it.
import assert from "node:assert/strict";
import { authorize, redeem } from "./applications.mjs";
import { allow, arrive, codeOf, giveAddress, giveCode, noneOfThese, notThis, parts, paste, signIn, typeCode } from "./person.mjs";
import { FIRST_WAIT, mails } from "./program.mjs";

/** Every journey: its name, and how it goes with a page of a browser that has no cookies of ours. */
export function journeys({ issuer, applications }) {
  const { web, server } = applications;
  const begin = (page, application = web, over = {}) => page.goto(authorize(issuer, application, over));
  const twoApplications = async (page, email) => {
    await begin(page);
    await signIn(issuer, page, email);
    assert.ok(page.url().endsWith("/consent"), page.url());
    await allow(page);
    assert.equal((await redeem(issuer, web, page)).token_type, "Bearer");
    await begin(page, server);
    assert.ok(await page.isVisible(parts.allow), "no second sign-in");
    await allow(page);
    await redeem(issuer, server, page);
    assert.equal((await mails(issuer, email)).length, 1);
  };
  return [
    {
      name: "address, code, consent, back; then a second application without a second sign-in",
      go: (page) => twoApplications(page, "one@example.com"),
    },
    {
      name: "the same without JavaScript",
      without: "JavaScript",
      go: (page) => twoApplications(page, "two@example.com"),
    },
    {
      name: "refusing and cancelling lead back with access_denied (RFC 6749 §4.1.2.1)",
      async go(page) {
        await begin(page);
        await page.click(parts.cancel);
        await page.waitForURL(`${web.callback}?*error=access_denied*`);
        await begin(page);
        await signIn(issuer, page, "three@example.com");
        await page.click(parts.deny);
        await page.waitForURL(`${web.callback}?*error=access_denied*`);
        assert.equal(new URL(page.url()).searchParams.get("state"), "af0ifjsldkj");
      },
    },
    {
      name: "a code pasted as \"123 456\" is sent at once, as the page said",
      async go(page) {
        await begin(page);
        await giveAddress(page, "four@example.com");
        const code = await codeOf(issuer, "four@example.com");
        assert.ok(await page.isVisible("#at-once"));
        assert.match(await page.getAttribute(parts.code, "aria-describedby"), /at-once/);
        await page.focus(parts.code);
        await paste(page, `${code.slice(0, 3)} ${code.slice(3)}`);
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "a code filled in by the browser or a keyboard, or pasted with the subject around it, is sent at once",
      async go(page) {
        const ways = {
          browser: (code) => page.evaluate(fillIn, [parts.code, code]),
          keyboard: (code) => page.keyboard.insertText(code),
          subject: (code) => paste(page, `${code} is your sign-in code (reference K7)`),
          script: (code) => paste(page, [...code].map((digit) => String.fromCodePoint(0x0660 + Number(digit))).join("")),
        };
        for (const [name, fill] of Object.entries(ways)) {
          await page.context().clearCookies();
          await begin(page);
          await giveAddress(page, `at-once-${name}@example.com`);
          await page.focus(parts.code);
          await fill(await codeOf(issuer, `at-once-${name}@example.com`));
          await page.waitForURL("**/consent");
        }
      },
    },
    {
      name: "what is typed, or pasted and no whole code, waits for the button; a wrong code that was pasted is the last one sent unasked",
      async go(page) {
        await begin(page);
        await giveAddress(page, "patient@example.com");
        const code = await codeOf(issuer, "patient@example.com");
        const url = page.url();
        let sent = 0;
        page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
        await typeCode(page, code);
        await page.fill(parts.code, "");
        await page.focus(parts.code);
        for (const text of [code.slice(0, 5), `${code}${code}`, `${code} or 654321`, "https://example.com/1234567x"]) {
          await paste(page, text);
          await page.fill(parts.code, "");
        }
        assert.deepEqual([sent, page.url()], [0, url]);
        await paste(page, notThis(code));
        await page.waitForURL("**notice=wrong**");
        for (const again of [page.url(), url]) {
          await page.goto(again);
          assert.equal(await page.locator("#at-once").count(), 0);
          await page.focus(parts.code);
          await paste(page, code);
          assert.equal(await page.inputValue(parts.code), code);
        }
        assert.equal(sent, 1);
        await page.press(parts.code, "Enter");
        await page.waitForURL("**/consent");
        page.removeAllListeners("request");
      },
    },
    {
      name: "without JavaScript nothing is said of sending at once, and a pasted code waits for the button",
      without: "JavaScript",
      async go(page) {
        await begin(page);
        await giveAddress(page, "scriptless@example.com");
        assert.equal(await page.isVisible("#at-once"), false);
        assert.doesNotMatch(await page.getAttribute(parts.code, "aria-describedby"), /at-once/);
        await page.fill(parts.code, await codeOf(issuer, "scriptless@example.com"));
        await page.click(parts.main);
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "what is over leads back to the application",
      async go(page) {
        await begin(page, server);
        await giveAddress(page, "over@example.com");
        const url = page.url();
        await page.click(parts.cancel);
        await page.waitForURL(`${server.callback}?*`);
        await page.goto(url);
        await page.click("main a.main");
        await page.waitForURL(server.home);
      },
    },
    {
      name: "a wrong code is said beside the field, and the right one still works",
      async go(page) {
        await begin(page);
        await giveAddress(page, "five@example.com");
        const code = await codeOf(issuer, "five@example.com");
        await giveCode(page, notThis(code));
        assert.ok(await page.isVisible(parts.notice));
        assert.equal(await page.getAttribute(parts.code, "aria-invalid"), "true");
        await page.reload();
        assert.ok(await page.isVisible(parts.notice));
        await giveCode(page, code);
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "an address with letters beyond ASCII before the @ is taken, and what was copied around it is dropped",
      async go(page) {
        await begin(page);
        await giveAddress(page, "\u00a0jos\u00e9@example.com\u200b");
        await giveCode(page, `${await codeOf(issuer, "jos\u00e9@example.com")} is your sign-in code`);
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "after the last wrong code there is no field, and the way to the next code",
      async go(page) {
        await begin(page);
        await giveAddress(page, "spent@example.com");
        const wrong = noneOfThese(await codeOf(issuer, "spent@example.com"));
        for (const [place, code] of wrong.entries()) {
          await giveCode(page, code);
          await page.waitForURL(place < 4 ? `**notice=wrong&number=${4 - place}` : "**notice=spent");
        }
        assert.equal(await page.locator(parts.code).count(), 0);
        await page.reload();
        assert.equal(await page.locator(parts.code).count(), 0);
        await page.click(parts.main);
        await page.waitForURL("**notice=resent");
        await giveCode(page, await codeOf(issuer, "spent@example.com"));
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "an address that is none is said beside the field, and what was typed stays",
      async go(page) {
        await begin(page);
        await page.fill(parts.email, "ana@b..example");
        const sent = page.waitForResponse((response) => response.request().method() === "POST");
        await page.press(parts.email, "Enter");
        assert.equal((await sent).status(), 400);
        await page.waitForSelector(`${parts.email}[aria-invalid=true]`);
        assert.equal(await page.inputValue(parts.email), "ana@b..example");
      },
    },
    {
      name: "a resend says how long to wait, counts down, and then sends",
      async go(page) {
        await begin(page);
        await giveAddress(page, "six@example.com");
        const [first] = await mails(issuer, "six@example.com");
        assert.ok(await page.isVisible(".wait"));
        // Each number stands for a whole second, the first one too.
        const easing = await page.$eval(".count b", (count) => getComputedStyle(count).animationTimingFunction);
        assert.match(easing, /^steps\(\d+\)$/);
        const left = () => page.$eval(".count b", (count) => Number(getComputedStyle(count).getPropertyValue("--n")));
        const before = await left();
        assert.ok(before > 0 && before <= FIRST_WAIT, `${before} s are left`);
        await page.waitForFunction(
          (then) => Number(getComputedStyle(document.querySelector(".count b")).getPropertyValue("--n")) < then,
          before,
        );
        // The button can be pressed all the same; it then says why nothing was sent.
        await page.click(parts.resend);
        await page.waitForURL("**/code?notice=too_soon*");
        assert.ok(await page.isVisible(parts.notice));
        await page.waitForSelector(".wait", { state: "hidden" });
        await page.click(parts.resend);
        await page.waitForURL("**/code?notice=resent");
        const [second, ...more] = await mails(issuer, "six@example.com");
        assert.equal(more.length, 1);
        assert.ok((await page.textContent(".stub")).includes(second.reference));
        assert.notEqual(second.reference, first.reference);
        await giveCode(page, second.code);
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "the back button after the code's page, and the same address again, send one mail",
      async go(page) {
        await begin(page);
        await giveAddress(page, "seven@example.com");
        const code = page.url();
        await page.goBack();
        await giveAddress(page, "seven@example.com");
        const again = page.url();
        assert.notEqual(again, code, "the request was made again");
        await page.goBack();
        await page.goForward();
        assert.equal(page.url(), again);
        assert.equal((await mails(issuer, "seven@example.com")).length, 1);
        await giveCode(page, await codeOf(issuer, "seven@example.com"));
        await page.waitForURL("**/consent");
        await page.goBack();
        await page.waitForURL("**/consent");
      },
    },
    {
      name: "every page can be reloaded, and nothing is sent twice",
      async go(page) {
        const reload = async () => {
          const url = page.url();
          const response = await page.reload();
          assert.deepEqual([response.status(), response.request().method(), page.url()], [200, "GET", url]);
        };
        await begin(page);
        await reload();
        await giveAddress(page, "eight@example.com");
        await reload();
        await giveCode(page, await codeOf(issuer, "eight@example.com"));
        await reload();
        await allow(page);
        await redeem(issuer, web, page);
        assert.equal((await mails(issuer, "eight@example.com")).length, 1);
      },
    },
    {
      name: "another address: what was typed can be changed, and the new one's own code counts",
      async go(page) {
        await begin(page);
        await giveAddress(page, "nin@example.com");
        const old = await codeOf(issuer, "nin@example.com");
        await page.click(parts.restart);
        await page.waitForSelector(parts.email);
        assert.equal(await page.inputValue(parts.email), "nin@example.com");
        assert.ok(!/nin%40|nin@/.test(page.url()), "an address stands in no URL");
        await giveAddress(page, "nine@example.com");
        await giveCode(page, old);
        assert.ok(page.url().includes("notice=wrong"), page.url());
        await giveCode(page, await codeOf(issuer, "nine@example.com"));
        await page.waitForURL("**/consent");
        assert.ok((await page.textContent("main")).includes("nine@example.com"));
        await page.click(parts.account);
        await page.waitForSelector(parts.email);
      },
    },
    {
      name: "two tabs go on each for itself",
      async go(page) {
        const other = await page.context().newPage();
        await begin(page, web);
        await begin(other, server);
        await giveAddress(other, "ten@example.com");
        await signIn(issuer, page, "ten@example.com");
        await allow(page);
        await redeem(issuer, web, page);
        await other.reload();
        await other.waitForURL("**/consent");
        await allow(other);
        await redeem(issuer, server, other);
        await other.close();
      },
    },
    {
      name: "two people in two tabs: each goes on as who they proved to be",
      async go(page) {
        const other = await page.context().newPage();
        await begin(page);
        await begin(other, server);
        await giveAddress(other, "eleven@example.com");
        await signIn(issuer, page, "tina@example.com");
        await allow(page);
        await giveCode(other, await codeOf(issuer, "eleven@example.com"));
        const shown = await other.textContent("main");
        await other.close();
        assert.ok(shown.includes("eleven@example.com"), shown.replaceAll(/\s+/g, " "));
      },
    },
    {
      name: "double clicks send one mail, sign in once and lead back",
      async go(page) {
        await begin(page);
        await page.fill(parts.email, "twelve@example.com");
        await page.dblclick(parts.main);
        await arrive(page, "**/code");
        assert.equal((await mails(issuer, "twelve@example.com")).length, 1);
        await typeCode(page, await codeOf(issuer, "twelve@example.com"));
        await page.dblclick(parts.main);
        await arrive(page, "**/consent");
        await page.dblclick(parts.allow);
        await arrive(page, "**/callback?**");
        await redeem(issuer, web, page);
      },
    },
  ];
}

// As a browser or a password manager fills a field in: its whole value, then an event that says not how.
function fillIn([selector, value]) {
  const field = document.querySelector(selector);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
