// Runs what a web developer puts into a page: on an origin of its own, against the issuer of the tests.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { codeOf } from "./person.mjs";

/** Examples name an issuer and a public key of nobody: those of development stand in for them. */
export function pointed(text, issuer) {
  return text
    .replaceAll(/https:\/\/id\.example\.com|http:\/\/localhost:8080/g, issuer)
    .replaceAll(/pk_dom_(…|example)/g, "pk_dom_demo");
}

/** Serves one page. → where, and how to end it. */
async function serve(html) {
  const server = createServer((request, response) => {
    const isPage = new URL(request.url, "http://localhost").pathname === "/";
    response.writeHead(isPage ? 200 : 404, { "content-type": "text/html; charset=utf-8" }).end(isPage ? html : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

/** Opens a page of its own; nothing that it does may fail. `use` is what happens on it. */
export async function withPage(world, html, use) {
  const site = await serve(html);
  const context = await world.browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  try {
    await page.goto(site.url);
    await use(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    site.close();
  }
}

/** A whole page with which somebody signs in: by prompts, or by its form. */
export async function signsIn(world, block, email) {
  const html = pointed(block.text, world.issuer);
  const verified = (page) => page.waitForResponse((answer) => answer.url().endsWith("/otp/verify"));
  await withPage(world, "<title>Empty</title>", async (page) => {
    const site = await serve(html);
    page.on("dialog", async (dialog) => {
      const isCode = dialog.message().includes("code");
      await dialog.accept(isCode ? await codeOf(world.issuer, email) : email);
    });
    try {
      const answer = verified(page);
      await page.goto(site.url);
      if (/<form/.test(html)) {
        await page.fill("#email", email);
        await page.press("#email", "Enter");
        await page.waitForSelector("#code:visible");
        await page.fill("#code", await codeOf(world.issuer, email));
        await page.press("#code", "Enter");
      }
      assert.equal((await answer).status(), 200);
      if (/id="said"/.test(html)) await page.waitForSelector(`#said:text("${email}")`);
    } finally {
      site.close();
    }
  });
}

/** A piece of a page that makes `auth`, and says so by nothing but working. */
export function makesAuth(world, block) {
  const html = pointed(block.text, world.issuer);
  // `auth` of a module is its own: the piece is asked from the end of its last script.
  const end = html.lastIndexOf("</script>");
  const asked = `${html.slice(0, end)}; globalThis.user = auth.getUser();${html.slice(end)}`;
  return withPage(world, asked, async (page) => {
    await page.waitForFunction(() => globalThis.user !== undefined);
    assert.equal(await page.evaluate(() => globalThis.user), null);
  });
}

/** Lines of a module; the package's name is the issuer's file. `before` and `after` are lines around them. */
export function runsModule(world, text, { before = "", after = "", email } = {}) {
  const file = `${world.issuer}/sdk/v1/tiquo-auth.mjs`;
  const script = pointed(`${before}\n${text}\n${after}\nglobalThis.done = true;`, world.issuer);
  const html = `<script type="module">${script.replaceAll('from "tiquo-auth"', `from "${file}"`)}</script>`;
  return withPage(world, "<title>Empty</title>", async (page) => {
    await page.exposeFunction("codeFor", () => codeOf(world.issuer, email));
    const site = await serve(html);
    try {
      await page.goto(site.url);
      await page.waitForFunction(() => globalThis.done === true);
    } finally {
      site.close();
    }
  });
}
