// The program itself, as `dev` runs it, on a port and in folders of its own.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Seconds until the first resend. Short, because the server's clock cannot be moved from here. */
export const FIRST_WAIT = 20;
// After the first resend the wait is long, so that it is still shown whenever its page is looked at.
const WAITS = `${FIRST_WAIT},500,500`;

// demo-server, the second client, on a port that is free: where people come back to it, and where it hears of logouts.
const atServer = (home) => ({
  TIQUO_AUTH__CLIENTS__1__REDIRECT_URIS: `${home}callback`,
  TIQUO_AUTH__CLIENTS__1__POST_LOGOUT_REDIRECT_URIS: home,
  TIQUO_AUTH__CLIENTS__1__FRONTCHANNEL_LOGOUT_URI: `${home}logout/frame`,
  TIQUO_AUTH__CLIENTS__1__BACKCHANNEL_LOGOUT_URI: `${home}logout/token`,
});

/**
 * Starts it, and returns where it, its demo application and demo-server are, what it logged, and how to end it. `settings`
 * are variables.
 */
export async function start(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "tiquo-browser-"));
  const [port, serverPort] = await freePorts(2);
  const serverHome = `http://localhost:${serverPort}/`;
  const folders = ["--data", join(folder, "data"), "--keys", join(folder, "keys")];
  const child = spawn(process.env.TIQUO_AUTH_BIN, ["dev", "--port", String(port), "--app-port", "0", ...folders], {
    env: { ...process.env, TIQUO_AUTH__CODES__RESEND_WAIT_SECONDS: WAITS, ...atServer(serverHome), ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  let said = "";
  let app;
  child.stderr.on("data", (data) => (said += data));
  const listens = new Promise((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      const [first, second, third] = line.trim().split(/[\s,]+/);
      if (first === "Demo" && second === "app") app = third.replace(/\/$/, "");
      if (first === "Issuer") resolve(second);
    });
  });
  const issuer = await Promise.race([listens, ended]);
  const log = () => said.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  if (typeof issuer === "string") return { issuer, app, serverHome, log, stop };
  await stop();
  throw new Error(`the program ended: ${said.trim()}`);
}

/** The mails to an address, newest first. */
export async function mails(issuer, email) {
  return (await fetch(`${issuer}/dev/outbox.json?to=${encodeURIComponent(email)}`)).json();
}

/** So many ports that nobody listens on. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
