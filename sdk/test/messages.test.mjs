// What the SDK itself says, in three languages, held to the documents; and who chooses the language.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "tiquo-sdk-"));
after(() => rm(folder, { recursive: true }));
await build({
  absWorkingDir: join(sdk, "src"), entryPoints: ["words.ts"], bundle: true, format: "esm", outdir: folder,
  outExtension: { ".js": ".mjs" },
});
const { TEXTS, language, say, speak } = await import(join(folder, "words.mjs"));

test("every sentence of the SDK is documented in three languages, and no other", async () => {
  const rows = Object.entries(TEXTS).map(([reason, texts]) => `| \`${reason}\` | ${texts.join(" | ")} |`).sort();
  const own = (await readFile(join(sdk, "MESSAGES.md"), "utf8")).split("## From the SDK")[1];
  assert.deepEqual(own.match(/^\| `.*$/gm).slice(1), rows);
  for (const texts of Object.values(TEXTS)) assert.equal(new Set(texts).size, 3);
});

test("whatever the SDK rejects with is one of its own reasons, and each of them is used", async () => {
  const sources = await Promise.all((await readdir(join(sdk, "src"))).map((name) => readFile(join(sdk, "src", name), "utf8")));
  const code = sources.join("\n");
  const union = /OwnReason =([^;]*)/.exec(code)[1].match(/"(\w+)"/g);
  const used = [...code.matchAll(/(?:fail|mistake|say|lost)\(([^)]*?)\)/g)].flatMap(([, given]) => given.match(/"[a-z_]+"/g) ?? []);
  assert.deepEqual([...new Set(used)].sort(), union.sort());
});

test("the language is the page's choice, then the document's, then the browser's, else English", (t) => {
  const page = (lang, browser) => {
    globalThis.document = { documentElement: { lang } };
    Object.defineProperty(globalThis, "navigator", { value: { language: browser }, configurable: true });
  };
  t.after(() => {
    delete globalThis.document;
    delete globalThis.navigator;
  });
  for (const [lang, browser, expected] of [
    ["fr", "es", "fr"], ["fr-CA", "en", "fr"], ["ES_419", "en", "es"], ["", "es-MX", "es"], ["de", "fr", "en"],
    ["fra", "es", "en"], ["", "", "en"], ["fr\r\nX: 1", "es", "fr"],
  ]) {
    page(lang, browser);
    assert.equal(language(), expected, `${lang} ${browser}`);
  }
  page("fr", "fr");
  speak("es");
  assert.equal(language(), "es");
  assert.equal(say("no_challenge"), "Pida primero un código.");
  speak(undefined);
  assert.equal(say("no_challenge"), "Demandez d’abord un code.");
  assert.equal(language("en"), "en", "what one call asks for");
});
