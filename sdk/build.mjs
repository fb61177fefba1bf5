// Builds `dist/`: one ES module, one classic script, their source maps, all of these compressed as the issuer sends them,
// and typings. `node build.mjs FOLDER` builds into another folder.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! tiquo-auth, Apache-2.0 */" },
  sourcemap: "linked",
  // Maps name sources as seen from `dist/`, wherever the files then go.
  write: false,
};
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await script("src/index.ts", "esm", "tiquo-auth.mjs");
await script("src/classic.ts", "iife", "tiquo-auth.js");
await typings();
if (!process.argv[2]) for (const name of ["README.md", "../README.md"]) await document(join(here, name));

// A script and its map, plain, for gzip and for brotli.
async function script(entry, format, name) {
  const built = await build({ ...common, entryPoints: [entry], format, outfile: join(here, "dist", name) });
  for (const { path, contents } of built.outputFiles) {
    const file = join(out, basename(path));
    await writeFile(file, contents);
    await writeFile(`${file}.gz`, gzipSync(contents, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
    await writeFile(`${file}.br`, brotliCompressSync(contents, { params }));
  }
}

// Writes the hashes of the files where they are documented (Subresource Integrity §3.5), and how large they are as they are sent.
async function document(path) {
  let text = await readFile(path, "utf8");
  for (const file of ["tiquo-auth.js", "tiquo-auth.mjs"]) {
    const hash = createHash("sha384").update(await readFile(join(out, file))).digest("base64");
    text = text.replaceAll(new RegExp(`(${file.replace(".", "\\.")}[\`"].*?sha384-)[\\w+/=]+`, "g"), `$1${hash}`);
    const sizes = await Promise.all(["", ".gz", ".br"].map(async (ending) => (await readFile(join(out, file + ending))).length));
    const row = `| \`${file}\` | ${sizes.map((size) => size.toLocaleString("en-GB")).join(" | ")} |`;
    text = text.replaceAll(new RegExp(`\\| \`${file.replace(".", "\\.")}\` \\|[\\d,| ]+\\|`, "g"), row);
  }
  await writeFile(path, text);
}

// Of all typings, those that can be reached from the first one.
async function typings() {
  const all = await mkdtemp(join(tmpdir(), "tiquo-sdk-"));
  const tsc = join(here, "node_modules/typescript/bin/tsc");
  const how = ["-p", here, "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", all];
  const { status } = spawnSync(process.execPath, [tsc, ...how], { stdio: "inherit" });
  if (status !== 0) throw new Error("the typings cannot be made");
  const wanted = new Set(["index"]);
  await mkdir(join(out, "types"), { recursive: true });
  for (const name of wanted) {
    const text = await readFile(join(all, `${name}.d.ts`), "utf8");
    for (const [, next] of text.matchAll(/"\.\/([a-z]+)\.js"/g)) wanted.add(next);
    await cp(join(all, `${name}.d.ts`), join(out, "types", `${name}.d.ts`));
  }
  await rm(all, { recursive: true });
}
