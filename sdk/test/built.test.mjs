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
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL("..", import.meta.url));
const FILES = ["tiquo-auth.js", "tiquo-auth.mjs"];
/** Bytes, compressed. */
const LIMIT = 8000;

test("a fresh build makes the committed files, byte for byte", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "tiquo-sdk-"));
  const { status, stderr } = spawnSync(process.execPath, [join(here, "build.mjs"), fresh], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const names = async (folder) => (await readdir(folder, { recursive: true })).filter((name) => name.includes(".")).sort();
  assert.deepEqual(await names(fresh), await names(join(here, "dist")));
  for (const name of await names(fresh)) {
    const [made, committed] = await Promise.all([fresh, join(here, "dist")].map((folder) => readFile(join(folder, name))));
    assert.ok(made.equals(committed), `dist/${name} is older than its sources: node build.mjs`);
  }
  await rm(fresh, { recursive: true });
});

for (const file of FILES) {
  test(`${file} has at most ${LIMIT} bytes, compressed`, async (t) => {
    const size = gzipSync(await readFile(join(here, "dist", file)), { level: 9 }).length;
    t.diagnostic(`${file}: ${size} bytes`);
    assert.ok(size <= LIMIT, `${size}`);
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
