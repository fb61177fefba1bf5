// Every block of the documents does what it promises. TIQUO_AUTH_BIN is the program, CHROMIUM the browser.
// A block without a runner fails, one that cannot be run has to be listed with the reason, and so does an entry that is
// of no block. The last line is `N passed, M failed`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chromium } from "playwright-core";
import { freePorts, start } from "./program.mjs";
import { blocksOf, documents, entryOf } from "./readme-blocks.mjs";
import { ENTRIES } from "./readme-entries.mjs";
import { Shell } from "./readme-shell.mjs";
import { Report } from "./report.mjs";

const ROOT = new URL("../../", import.meta.url);
const ADMIN_KEY = "a key of this run and of no other, long enough";
/** Where the README puts the configuration of a real installation. */
const CONFIG = "/etc/tiquo-auth.toml";

const report = new Report();
const ends = [];

async function begin() {
  const [port, applicationPort, adminPort, realPort] = (await freePorts(4)).map(String);
  const program = await start({
    TIQUO_AUTH__CLIENTS__0__REDIRECT_URIS: `http://localhost:${applicationPort}/callback`,
    TIQUO_AUTH__ADMIN__ADDRESS: `127.0.0.1:${adminPort}`,
    TIQUO_AUTH__ADMIN__KEY_SHA256: createHash("sha256").update(ADMIN_KEY).digest("hex"),
  });
  ends.push(program.stop);
  const shell = await Shell.open(process.env.TIQUO_AUTH_BIN, port);
  ends.push(() => shell.close());
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  ends.push(() => browser.close());
  const blocks = (await Promise.all((await documents(ROOT)).map((file) => blocksOf(ROOT, file)))).flat();
  return {
    issuer: program.issuer, port: new URL(program.issuer).port, applicationPort, adminPort, shell, browser, blocks,
    adminKey: ADMIN_KEY, root: ROOT.pathname,
    real: await installation(shell, blocks, realPort),
  };
}

/** A real installation with the README's own configuration, in folders and at a port of this run. */
async function installation(shell, blocks, port) {
  const given = blocks.find(({ file, language }) => file === "README.md" && language === "toml")?.text ?? "";
  // The records of the documents are of the organization of development.
  const path = await shell.write("installed.toml", given.replaceAll("org_shop", "org_demo"));
  const keys = (name) => `${shell.folder}/${name}/keys`;
  const env = (name) => ({
    TIQUO_AUTH__KEYS__DIR: keys(name),
    TIQUO_AUTH__STORE__EMBEDDED__PATH: `${shell.folder}/${name}/tiquo-auth.redb`,
    TIQUO_AUTH__LISTEN__ADDRESS: `127.0.0.1:${port}`,
  });
  const within = (text) => text.replaceAll(CONFIG, path).replaceAll("config/production.toml", `${ROOT.pathname}config/production.toml`);
  return { port, keys, env, in: within };
}

try {
  const world = await begin();
  const used = new Set();
  for (const block of world.blocks) {
    const entry = entryOf(ENTRIES, block);
    const where = `${block.file}:${block.line}`;
    used.add(entry);
    if (entry?.not) {
      report.figure("not run", `${where} ${entry.name}: ${entry.not}`);
      continue;
    }
    await report.check(`${where} ${entry?.name ?? block.first}`, async () => {
      assert.ok(entry, "no entry of tests/browser/readme-entries.mjs runs this block");
      await entry.run(world, block);
    });
  }
  await report.check("every entry is of a block", () => {
    assert.deepEqual(ENTRIES.filter((entry) => !used.has(entry)).map(({ name }) => name), []);
  });
} catch (error) {
  console.log(`FAIL the run ${error.stack}`);
  report.failed += 1;
}
for (const one of ends.reverse()) await one();
process.exit(report.end());
