// The files that are committed: they are what the sources make, they are small, their hashes are documented.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const here = fileURLToPath(new URL("..", import.meta.url));
const FILES = ["tiquo-auth.js", "tiquo-auth.mjs"];
/**
 * Bytes as they are sent: what every browser since 2020 takes, and what is left for others. The sentences in three languages are
 * a kilobyte of them.
 */
const LIMITS = { br: 8000, gz: 9000 };
const opened = { br: brotliDecompressSync, gz: gunzipSync };

test("a fresh build makes the committed files, byte for byte", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "tiquo-sdk-"));
  const { status, stderr } = spawnSync(process.execPath, [join(here, "build.mjs"), fresh], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const names = async (folder) => (await readdir(folder, { recursive: true })).filter((name) => name.includes(".")).sort();
  assert.deepEqual(await names(fresh), await names(join(here, "dist")));
  // Compressed ones may differ with the version of Node that made them; what is in them is looked at below.
  for (const name of (await names(fresh)).filter((name) => !/\.(br|gz)$/.test(name))) {
    const [made, committed] = await Promise.all([fresh, join(here, "dist")].map((folder) => readFile(join(folder, name))));
    assert.ok(made.equals(committed), `dist/${name} is older than its sources: node build.mjs`);
  }
  await rm(fresh, { recursive: true });
});

for (const file of FILES) {
  test(`${file} is small as it is sent, the same in every coding, and as large as documented`, async (t) => {
    const read = (ending) => readFile(join(here, "dist", file + ending));
    const raw = await read("");
    const sizes = [raw.length];
    for (const [ending, limit] of Object.entries(LIMITS).reverse()) {
      const sent = await read(`.${ending}`);
      assert.ok(opened[ending](sent).equals(raw), `${file}.${ending} is older than ${file}: node build.mjs`);
      assert.ok(sent.length <= limit, `${file}.${ending}: ${sent.length} bytes`);
      const map = await read(".map");
      assert.ok(opened[ending](await read(`.map.${ending}`)).equals(map));
      sizes.push(sent.length);
    }
    t.diagnostic(`${file}: ${sizes.join(", ")} bytes`);
    const readme = await readFile(join(here, "README.md"), "utf8");
    assert.ok(readme.includes(`| \`${file}\` | ${sizes.map((size) => size.toLocaleString("en-GB")).join(" | ")} |`), `${sizes}`);
  });

  test(`the source map of ${file} has every source, and names no folder of the machine that made it`, async () => {
    const script = await readFile(join(here, "dist", file), "utf8");
    assert.ok(script.endsWith(`//# sourceMappingURL=${file}.map\n`));
    const map = JSON.parse(await readFile(join(here, "dist", `${file}.map`), "utf8"));
    assert.ok(map.sources.length > 10 && map.sources.every((source) => /^\.\.\/src\/[a-z]+\.ts$/.test(source)), `${map.sources}`);
    for (const [place, source] of map.sources.entries()) {
      assert.equal(map.sourcesContent[place], await readFile(join(here, "dist", source), "utf8"));
    }
  });
}

test("the documented hashes are those of the files", async () => {
  const hash = async (file) => `sha384-${createHash("sha384").update(await readFile(join(here, "dist", file))).digest("base64")}`;
  const hashes = await Promise.all(FILES.map(hash));
  for (const [document, wanted] of [["README.md", [hashes[0], ...hashes]], ["../README.md", [hashes[0]]]]) {
    const text = await readFile(join(here, document), "utf8");
    assert.deepEqual(text.match(/sha384-[\w+/=]+/g), wanted, document);
  }
});

test("the classic script gives TiquoAuth and Tiquo, and nothing else", async () => {
  const window = {};
  const script = await readFile(join(here, "dist/tiquo-auth.js"), "utf8");
  runInNewContext(script, { window, document: { currentScript: null }, HTMLScriptElement: class {} });
  assert.deepEqual(Object.keys(window).sort(), ["Tiquo", "TiquoAuth"]);
  assert.equal(window.Tiquo, window.TiquoAuth);
});

test("the package has no dependency, and its lock file names no host", async () => {
  const manifest = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  assert.notEqual(manifest.private, true);
  assert.doesNotMatch(await readFile(join(here, "package-lock.json"), "utf8"), /"resolved"|registry/);
});
