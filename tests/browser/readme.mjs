// Every block of README.md and sdk/README.md does what it promises. TIQUO_AUTH_BIN is the program, CHROMIUM the browser.
// A block without a runner fails, and so does one that cannot be run and is not listed with the reason. The last line is
// `N passed, M failed`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chromium } from "playwright-core";
import { allow, signIn } from "./person.mjs";
import { freePorts, start } from "./program.mjs";
import { blocksOf, entryOf } from "./readme-blocks.mjs";
import { makesAuth, runsModule, signsIn } from "./readme-pages.mjs";
import { Shell } from "./readme-shell.mjs";
import { Report } from "./report.mjs";

const ROOT = new URL("../../", import.meta.url);
const SDK = "sdk/README.md";
const ADMIN_KEY = "a key of this run and of no other, long enough";
/** Where the README puts the configuration of a real installation. */
const CONFIG = "/etc/tiquo-auth.toml";

const lines = (text) => text.trim().split("\n");
const parsed = (line) => JSON.parse(line);

/** In the order in which they are looked through; the first that fits a block runs it. */
const ENTRIES = [
  {
    name: "dev begins, and its first lines are its own",
    heading: /^Try it$/, language: /^sh$/, has: /^cargo run --release -- dev/,
    async run({ shell }, { text }) {
      const { out, err } = await shell.runUntil(text, /Ctrl-C ends it\./);
      assert.match(lines(out)[0], /^\s*tiquo-auth, for development only/);
      assert.doesNotMatch(err, /actix/);
    },
  },
  {
    name: "from an address to a signed-out session",
    heading: /^Try it$/, has: /^base=/,
    async run({ shell, port }, { text }) {
      const out = await shell.run(text, { PORT: port });
      for (const expected of [/The code is \d{6}\n/, /"access_token":/, /The same successor for both tabs/, /"keys":\[/]) {
        assert.match(out, expected);
      }
      const told = lines(out).filter((line) => line.startsWith("{")).map(parsed);
      assert.deepEqual(told.map(({ success }) => success), [true, true, true, undefined, true, false], "the last refresh is refused");
    },
  },
  {
    name: "an application signs its users in",
    heading: /^Sign your users in/, has: /^npm install/,
    async run({ shell, port, applicationPort, issuer, browser }, { text }) {
      const home = `http://localhost:${applicationPort}`;
      const own = text.replaceAll(/\b3000\b/g, applicationPort);
      await shell.runUntil(own, /Open http:/, { PORT: port }, async () => {
        const context = await browser.newContext({ locale: "en-GB" });
        try {
          const page = await context.newPage();
          await page.goto(home);
          await signIn(issuer, page, "application@example.com");
          await allow(page);
          const { user, refreshed } = parsed(await page.textContent("body"));
          assert.deepEqual([user.email, refreshed], ["application@example.com", 3600]);
        } finally {
          await context.close();
        }
      });
    },
  },
  {
    name: "a page signs a customer in with the SDK",
    heading: /^Sign customers in on your own page/, language: /^html$/,
    run: (world, block) => signsIn(world, block, "page@example.com"),
  },
  {
    name: "a customer's own records",
    heading: /^Show customers their own data/, has: /dev\/samples/,
    async run({ shell, port, blocks }, { text }) {
      const first = blocks.find((block) => /^base=/.test(block.text)).text;
      const upToStep5 = first.slice(0, first.indexOf("# 6."));
      const told = lines(await shell.run(`${upToStep5}\n${text}`, { PORT: port })).filter((line) => line.startsWith("{"));
      const [samples, orders, profile] = told.slice(-3).map(parsed);
      assert.equal(samples.success, true);
      assert.ok(orders.data.orders.length > 0 && orders.data.orders.every(({ status }) => status === "completed"));
      assert.equal(profile.data.customer?.firstName ?? profile.data.firstName, "Bea");
    },
  },
  {
    name: "records to import",
    heading: /^Where the records come from$/, language: /^json$/,
    async run({ shell }, { text }) {
      for (const line of lines(text)) assert.ok(parsed(line).kind);
      await shell.write("records.ndjson", text);
    },
  },
  {
    name: "an import from a file",
    heading: /^Where the records come from$/, has: /^tiquo-auth import/,
    async run({ shell, real }, { text }) {
      const out = await shell.run(real.in(text), real.env("imported"));
      assert.match(out, /\b2\b/);
    },
  },
  {
    name: "an import through the admin listener",
    heading: /^Where the records come from$/, has: /admin\/v1\/import/,
    async run({ shell, adminPort }, { text }) {
      const out = await shell.run(text.replaceAll("8081", adminPort), { KEY: ADMIN_KEY });
      assert.equal(parsed(lines(out).at(-1)).success, true);
    },
  },
  {
    name: "a configuration of twenty lines passes `config check` on a fresh machine",
    heading: /^Configure it$/, language: /^toml$/,
    async run({ shell }, { text }) {
      const written = lines(text).filter((line) => line.trim() !== "" && !line.startsWith("#"));
      assert.ok(written.length <= 22, `${written.length} lines`);
      const path = await shell.write("config.toml", text);
      const out = await shell.run(`tiquo-auth config check --config ${path}`);
      assert.equal(out.trim(), `${path}: no mistakes`);
    },
  },
  {
    name: "`config check` and what it leaves out",
    heading: /^Configure it$/, has: /^tiquo-auth config check/,
    async run({ shell, real }, { text }) {
      assert.match(await shell.run(real.in(text)), /: no mistakes/);
    },
  },
  {
    name: "`serve` says in one line what it serves, and answers",
    heading: /^Run it for real$/, has: /tiquo-auth serve/,
    async run({ shell, real }, { text }) {
      const ready = /"message":"ready"/;
      const { err } = await shell.runUntil(real.in(text), ready, real.env("served"), async () => {
        const answer = await fetch(`http://127.0.0.1:${real.port}/readyz`);
        assert.equal(answer.status, 200);
        real.readiness = await answer.json();
      });
      const said = lines(err).filter((line) => line.startsWith("{")).map(parsed);
      const { issuer, address, store, organizations, clients } = said.find(({ message }) => message === "ready");
      assert.deepEqual([issuer, address, organizations, clients], ["https://id.example.com", `127.0.0.1:${real.port}`, 1, 0]);
      assert.match(store, /tiquo-auth\.redb$/);
      assert.ok(said.some(({ message, folder }) => message.startsWith("made the keys") && folder === real.keys("served")));
    },
  },
  {
    name: "a degraded server says which part",
    heading: /^Run it for real$/, language: /^json$/,
    async run({ real }, { text }) {
      const { success, data } = parsed(text);
      assert.deepEqual([success, data.status], [true, "degraded"]);
      assert.deepEqual(Object.keys(data.parts).sort(), Object.keys(real.readiness.data.parts).sort());
      assert.ok(data.degraded.every(({ part, state }) => data.parts[part] === state));
    },
  },
  {
    name: "the program is built and put in its place",
    heading: /^Install it$/, has: /^cargo (build|install) /,
    async run({ shell }, { text }) {
      await shell.run(text.replaceAll("sudo ", "").replaceAll("/usr/local/bin", shell.folder));
    },
  },
  {
    name: "a dev for certification suites",
    heading: /^Test and measure it$/, has: /^TIQUO_AUTH__CODES.* \\\n[\s\S]*tiquo-auth dev$/m,
    run: ({ shell }, { text }) => shell.runUntil(text, /Ctrl-C ends it\./),
  },
  { name: "the tests", heading: /^Test and measure it$/, has: /^bash scripts\/test\.sh/, not: "it is what runs this" },
  { name: "many strangers", has: /bench_strangers/, not: "it takes a minute, and a release build" },
  { name: "a disk that is full", has: /bench_full_disk/, not: "it mounts a file system as root" },
  { name: "containers", has: /^docker compose/, not: "it needs Docker, which is not where the tests run" },
  { name: "a unit of systemd", has: /systemctl|^\[Unit\]/m, not: "it needs a machine that systemd runs" },
  {
    name: "the SDK by script tag or as a module of the issuer",
    file: SDK, language: /^html$/, has: /new TiquoAuth/,
    run: makesAuth,
  },
  {
    name: "the SDK as a package's module",
    file: SDK, language: /^js$/, has: /^import \{ TiquoAuth \} from "tiquo-auth"/,
    run: (world, { text }) => runsModule(world, text, { after: 'if (await auth.getUser()) throw new Error("signed in");' }),
  },
  {
    name: "what the SDK is used for",
    file: SDK, language: /^js$/, has: /auth\.sendOTP/,
    run: (world, { text }) => runsModule(world, text.replace('"123456"', "await codeFor()"), {
      before: 'import { TiquoAuth } from "tiquo-auth"; const show = () => undefined;\n' +
        'const auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: "http://localhost:8080" });',
      email: "ana@example.com",
    }),
  },
  {
    name: "the SDK is packed",
    file: SDK, has: /^bash scripts\/pack-sdk\.sh/,
    run: ({ shell }, { text }) => shell.run(`cd '${ROOT.pathname}'; ${text.replaceAll("/tmp", shell.folder)}`),
  },
  {
    name: "the packed SDK is installed",
    file: SDK, has: /^npm install \/tmp\//,
    run: ({ shell }, { text }) => shell.run(text.replaceAll("/tmp", shell.folder)),
  },
];

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
  const blocks = [...(await blocksOf(ROOT, "README.md")), ...(await blocksOf(ROOT, SDK))];
  return {
    issuer: program.issuer, port: new URL(program.issuer).port, applicationPort, adminPort, shell, browser, blocks,
    real: await installation(shell, blocks, realPort),
  };
}

/** A real installation with the README's own configuration, in folders and at a port of this run. */
async function installation(shell, blocks, port) {
  const given = blocks.find(({ heading, language }) => heading === "Configure it" && language === "toml")?.text ?? "";
  // The records of the README are of the organization of development.
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
  for (const block of world.blocks) {
    const entry = entryOf(ENTRIES, block);
    const where = `${block.file}:${block.line}`;
    if (entry?.not) {
      report.figure("not run", `${where} ${entry.name}: ${entry.not}`);
      continue;
    }
    await report.check(`${where} ${entry?.name ?? block.first}`, async () => {
      assert.ok(entry, "no entry of tests/browser/readme.mjs runs this block");
      await entry.run(world, block);
    });
  }
} catch (error) {
  console.log(`FAIL the run ${error.stack}`);
  report.failed += 1;
}
for (const one of ends.reverse()) await one();
process.exit(report.end());
