// The file that is packed for bundlers, installed in a project of somebody else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the packed file is installed without a network, has typings and maps, and is imported in Node", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiquo-packed-"));
  const run = (program, ...given) => execFileSync(program, given, { cwd: folder, encoding: "utf8" });
  const how = run("bash", join(root, "scripts/pack-sdk.sh"), folder).trim();
  const { version } = JSON.parse(await readFile(join(root, "sdk/package.json"), "utf8"));
  assert.equal(how, `npm install ${join(folder, `tiquo-auth-${version}.tgz`)}`);
  await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}');
  run("npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", join(folder, `tiquo-auth-${version}.tgz`));
  const files = await readdir(join(folder, "node_modules/tiquo-auth"), { recursive: true });
  for (const file of ["README.md", "MESSAGES.md", "dist/tiquo-auth.mjs", "dist/tiquo-auth.mjs.map", "dist/tiquo-auth.js", "dist/types/index.d.ts"]) {
    assert.ok(files.includes(file), `${file}: ${files}`);
  }
  assert.deepEqual(files.filter((file) => /\.(br|gz)$/.test(file)), []);
  await writeFile(join(folder, "server.mjs"), `
    import { TiquoAuth, TiquoError } from "tiquo-auth";
    const auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: "https://id.example.com" });
    console.log(auth.isSignedIn, TiquoAuth.Error === TiquoError);`);
  assert.equal(run(process.execPath, "server.mjs").trim(), "false true");
  await rm(folder, { recursive: true });
});
