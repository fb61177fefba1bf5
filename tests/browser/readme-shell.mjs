// Runs what a reader pastes into a terminal: in a folder of its own, with the program that the tests built in the place of
// the one that the reader builds or installs.
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long one block may take, in milliseconds. */
const MOST = 60_000;

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A terminal; `port` is what `dev` listens on when a block starts one. */
export class Shell {
  static async open(program, port) {
    const folder = await mkdtemp(join(tmpdir(), "tiquo-readme-"));
    const bin = join(folder, "bin");
    await Promise.all([mkdir(bin), mkdir(join(folder, "target", "release"), { recursive: true })]);
    const places = `--port ${port} --app-port 0 --data ${quote(join(folder, "data"))} --keys ${quote(join(folder, "keys"))}`;
    const files = {
      "tiquo-auth": `case "$1" in\n  dev) exec ${quote(program)} "$@" ${places} ;;\n  *) exec ${quote(program)} "$@" ;;\nesac\n`,
      // What builds has been built.
      cargo: 'case "$1" in\n  run) while [ "$1" != -- ]; do shift; done; shift; exec tiquo-auth "$@" ;;\n  build | install) ;;\n' +
        '  *) echo "cargo $1 is not known here" >&2; exit 1 ;;\nesac\n',
    };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${text}`);
      await chmod(join(bin, name), 0o755);
    }
    await symlink(join(bin, "tiquo-auth"), join(folder, "target", "release", "tiquo-auth"));
    return new Shell(folder, bin);
  }

  constructor(folder, bin) {
    this.folder = folder;
    this.bin = bin;
  }

  async write(name, text) {
    await writeFile(join(this.folder, name), text);
    return join(this.folder, name);
  }

  /** Begins a block; what it said so far is in `said`, by stream. */
  begin(text, env = {}) {
    const child = spawn("bash", ["-eu", "-o", "pipefail", "-c", text], {
      cwd: this.folder,
      detached: true,
      env: { ...process.env, npm_config_prefer_offline: "true", ...env, PATH: `${this.bin}:${process.env.PATH}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { out: "", err: "" };
    child.stdout.on("data", (data) => (said.out += data));
    child.stderr.on("data", (data) => (said.err += data));
    const ended = new Promise((resolve) => child.once("close", resolve));
    const signal = (name) => {
      try {
        process.kill(-child.pid, name);
      } catch {
        // It is over already.
      }
    };
    const late = setTimeout(() => signal("SIGKILL"), MOST);
    void ended.then(() => clearTimeout(late));
    return { said, ended, signal };
  }

  /** Runs a block to its end, which has to be a good one. → what it wrote to standard output. */
  async run(text, env) {
    const { said, ended } = this.begin(text, env);
    const code = await ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${said.err.trim()} ${said.out.slice(-500)}`);
    return said.out;
  }

  /** Runs a block until it says something, asks `then` and ends it as Ctrl-C does. → all that it said. */
  async runUntil(text, expected, env, then = async () => undefined) {
    const { said, ended, signal } = this.begin(text, env);
    let over = false;
    void ended.then(() => (over = true));
    try {
      while (!expected.test(said.out + said.err)) {
        if (over) throw new Error(`it ended without ${expected}: ${said.err.trim()} ${said.out.slice(-500)}`);
        await new Promise((go) => setTimeout(go, 50));
      }
      const before = { ...said };
      await then();
      return before;
    } finally {
      signal("SIGINT");
      await ended;
    }
  }

  close() {
    return rm(this.folder, { recursive: true, force: true });
  }
}
