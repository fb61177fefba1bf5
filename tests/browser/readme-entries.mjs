// Who runs which block of the documents, and what has to come of it.
import assert from "node:assert/strict";
import { allow, signIn } from "./person.mjs";
import { makesAuth, runsModule, signsIn } from "./readme-pages.mjs";

const CLIENT_API = "docs/client-api.md";
const CONTRIBUTING = "CONTRIBUTING.md";
const OPERATING = "docs/operating.md";
const SDK = "sdk/README.md";

const lines = (text) => text.trim().split("\n");
const parsed = (line) => JSON.parse(line);

/** Runs what ends with `serve` until it serves, looks whether it says what, and ends it. → all that it said. */
async function serves({ shell, real }, text, name) {
  const said = await shell.runUntil(real.in(text), /"message":"ready"/, real.env(name), async () => {
    const answer = await fetch(`http://127.0.0.1:${real.port}/readyz`);
    assert.equal(answer.status, 200);
    real.readiness = await answer.json();
  });
  const told = lines(said.err).filter((line) => line.startsWith("{")).map(parsed);
  const { issuer, address, store, organizations, clients } = told.find(({ message }) => message === "ready");
  assert.deepEqual([issuer, address, organizations, clients], ["https://id.example.com", `127.0.0.1:${real.port}`, 1, 0]);
  assert.match(store, /tiquo-auth\.redb$/);
  assert.ok(told.some(({ message, folder }) => message.startsWith("made the keys") && folder === real.keys(name)));
  return said;
}

/** In the order in which they are looked through; the first that fits a block runs it. */
export const ENTRIES = [
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
    file: CLIENT_API, heading: /^From the address to the logout$/, has: /^base=/,
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
    heading: /^An application$/, has: /^npm install/,
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
    heading: /^Your own page$/, language: /^html$/,
    run: (world, block) => signsIn(world, block, "page@example.com"),
  },
  {
    name: "a customer's own records",
    file: CLIENT_API, heading: /^Show customers their own data$/, has: /dev\/samples/,
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
    file: CLIENT_API, heading: /^Where the records come from$/, language: /^json$/,
    async run({ shell }, { text }) {
      for (const line of lines(text)) assert.ok(parsed(line).kind);
      await shell.write("records.ndjson", text);
    },
  },
  {
    name: "an import from a file",
    file: CLIENT_API, heading: /^Where the records come from$/, has: /^tiquo-auth import/,
    async run({ shell, real }, { text }) {
      const out = await shell.run(real.in(text), real.env("imported"));
      assert.match(out, /\b2\b/);
    },
  },
  {
    name: "an import through the admin listener",
    file: CLIENT_API, heading: /^Where the records come from$/, has: /admin\/v1\/import/,
    async run({ shell, adminPort, adminKey }, { text }) {
      const out = await shell.run(text.replaceAll("8081", adminPort), { KEY: adminKey });
      assert.equal(parsed(lines(out).at(-1)).success, true);
    },
  },
  {
    name: "a configuration of twenty lines passes `config check` on a fresh machine",
    heading: /^Run it for real$/, language: /^toml$/,
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
    file: "docs/configuration.md", heading: /^Check it$/, has: /^tiquo-auth config check/,
    async run({ shell, real }, { text }) {
      assert.match(await shell.run(real.in(text)), /: no mistakes/);
    },
  },
  {
    name: "a configuration is checked, and `serve` says in one line what it serves",
    heading: /^Run it for real$/, has: /^tiquo-auth config check[^]*tiquo-auth serve/,
    async run(world, { text }) {
      const { out } = await serves(world, text, "served");
      assert.match(out, /: no mistakes/);
    },
  },
  {
    name: "`serve` says in one line what it serves, and answers",
    file: OPERATING, heading: /^Start and end$/, has: /^tiquo-auth serve/,
    run: (world, { text }) => serves(world, text, "served-alone"),
  },
  {
    name: "a degraded server says which part",
    file: OPERATING, heading: /^Health$/, language: /^json$/,
    async run({ real }, { text }) {
      const { success, data } = parsed(text);
      assert.deepEqual([success, data.status], [true, "degraded"]);
      assert.deepEqual(Object.keys(data.parts).sort(), Object.keys(real.readiness.data.parts).sort());
      assert.ok(data.degraded.every(({ part, state }) => data.parts[part] === state));
    },
  },
  {
    name: "the program is built and put in its place",
    heading: /^Run it for real$/, has: /^cargo (build|install) /,
    async run({ shell }, { text }) {
      await shell.run(text.replaceAll("sudo ", "").replaceAll("/usr/local/bin", shell.folder));
    },
  },
  {
    name: "a dev for certification suites",
    file: "docs/applications.md", heading: /^While developing$/, has: /^TIQUO_AUTH__CODES.* \\\n[\s\S]*tiquo-auth dev$/m,
    run: ({ shell }, { text }) => shell.runUntil(text, /Ctrl-C ends it\./),
  },
  {
    name: "an organization with a look of its own is configured",
    file: "docs/branding.md", language: /^toml$/,
    async run({ shell, blocks }, { text }) {
      const whole = blocks.find(({ file, language }) => file === "README.md" && language === "toml").text;
      const path = await shell.write("branded.toml", whole.slice(0, whole.indexOf("[[organizations]]")) + text);
      assert.equal((await shell.run(`tiquo-auth config check --config ${path}`)).trim(), `${path}: no mistakes`);
    },
  },
  {
    name: "a contributor starts dev",
    file: CONTRIBUTING, has: /^cargo run -- dev/,
    run: ({ shell }, { text }) => shell.runUntil(text, /Ctrl-C ends it\./),
  },
  { name: "some of the tests", file: CONTRIBUTING, has: /^cargo test/, not: "scripts/test.sh runs all of them" },
  { name: "the tests", file: CONTRIBUTING, has: /^bash scripts\/test\.sh/, not: "it is what runs this" },
  { name: "many strangers", file: OPERATING, has: /bench_strangers/, not: "it takes a minute, and a release build" },
  { name: "a disk that is full", file: OPERATING, has: /bench_full_disk/, not: "it mounts a file system as root" },
  { name: "containers", file: OPERATING, has: /^docker compose/, not: "it needs Docker, which is not where the tests run" },
  { name: "a unit of systemd", file: OPERATING, has: /systemctl/, not: "it needs a machine that systemd runs" },
  { name: "the arrows", file: "ARCHITECTURE.md", language: /^$/, has: /^main → cli/, not: "tests/it/architecture.rs holds it" },
  { name: "lines of a history", file: "docs/simulation.md", language: /^$/, has: /^00:00:/, not: "it shows what is read" },
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
    run: ({ shell, root }, { text }) => shell.run(`cd '${root}'; ${text.replaceAll("/tmp", shell.folder)}`),
  },
  {
    name: "the packed SDK is installed",
    file: SDK, has: /^npm install \/tmp\//,
    run: ({ shell }, { text }) => shell.run(text.replaceAll("/tmp", shell.folder)),
  },
];
