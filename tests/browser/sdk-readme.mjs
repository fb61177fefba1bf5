// What the documents show, as somebody would paste it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { codeOf, newBrowser, somebody } from "./sdk-world.mjs";

/** The blocks of a language in a section of a document. */
async function blocks(document, section, language) {
  const text = await readFile(new URL(`../../${document}`, import.meta.url), "utf8");
  const part = text.split("\n## ").find((one) => one.startsWith(section));
  return [...part.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, block]) => block);
}

export const documents = (world) => ({
  async "the page of the README works as it is pasted, and speaks its language"() {
    const [page] = await blocks("README.md", "Your own page", "html");
    const here = page.replaceAll("http://localhost:8080", world.issuer);
    assert.notEqual(here, page);
    for (const [lang, malformed, wrong] of [
      ["en", /^Check the address\. /, "That is not the code. You have 4 attempts left."],
      ["fr", /^Vérifiez l’adresse\. /, "Ce n’est pas le bon code. Il vous reste 4\u{a0}essais."],
      ["es", /^Revise la dirección\. /, "Ese no es el código. Le quedan 4\u{a0}intentos."],
    ]) {
      world.pages.set("/shop.html", here.replace('lang="en"', `lang="${lang}"`));
      const context = await newBrowser(world);
      const tab = await context.newPage();
      await tab.goto(`${world.shop}/shop.html`);
      const said = (text) => tab.waitForFunction((text) => document.getElementById("said").textContent === text, text);
      const email = somebody();
      await tab.fill("#email", "nobody");
      await tab.press("#email", "Enter");
      await tab.waitForFunction(() => document.getElementById("said").textContent);
      assert.match(await tab.textContent("#said"), malformed);
      await tab.fill("#email", email);
      await tab.press("#email", "Enter");
      await tab.waitForSelector("#code:visible");
      const code = await codeOf(world, email);
      await tab.fill("#code", code === "123456" ? "654321" : "123456");
      await tab.press("#code", "Enter");
      await said(wrong);
      await tab.fill("#code", code);
      await tab.press("#code", "Enter");
      await said(`Hello, ${email}.`);
      assert.equal(await tab.isVisible("#address"), false);
      await tab.reload();
      await said(`Hello, ${email}.`);
      await tab.click("#out");
      await tab.waitForSelector("#address:visible");
      await context.close();
    }
  },

  async "the ways to load the SDK that its README shows work as they are pasted"() {
    const shown = await blocks("sdk/README.md", "Install it", "html");
    assert.equal(shown.length, 2);
    const context = await newBrowser(world);
    for (const [place, block] of shown.entries()) {
      const page = block.replaceAll("https://id.example.com", world.issuer).replace("pk_dom_…", "pk_dom_demo");
      world.pages.set(`/load${place}`, `<!doctype html>${page.replace("const auth", "window.auth")}`);
      const tab = await context.newPage();
      await tab.goto(`${world.shop}/load${place}`);
      await tab.waitForFunction(() => window.auth);
      assert.equal(await tab.evaluate(() => auth.getUser()), null);
    }
    await context.close();
  },
});
