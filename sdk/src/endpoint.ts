import { mistake } from "./fail.js";

const SERVED = /^(https?:\/\/.+)\/sdk\/v1\/tiquo-auth\.m?js([?#]|$)/;
const THIS_MACHINE = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The issuer that serves a script, by the script's address. */
export function issuerOf(script: string): string | undefined {
  return SERVED.exec(script)?.[1];
}

/** The issuer's URL without a slash at its end. Tokens go to https only, but on this machine. */
export function baseOf(endpoint: string | undefined): string {
  let url: URL | undefined;
  try {
    url = new URL(endpoint ?? "");
  } catch {
    // Said below.
  }
  const safe = url && (url.protocol === "https:" || (url.protocol === "http:" && THIS_MACHINE.test(url.hostname)));
  if (!url || !safe || url.search || url.hash || url.username || url.password) {
    throw mistake("invalid_option", "apiEndpoint has to be the issuer's https URL.");
  }
  return url.href.replace(/\/+$/, "");
}

/** The URL of a path below the issuer, or of an address at its origin; nothing else gets a token. */
export function within(base: string, path: string): string {
  const url = new URL(/^[a-z][a-z\d+.-]*:/i.test(path) ? path : `${base}/${path.replace(/^\//, "")}`);
  if (url.origin !== new URL(base).origin || url.username || url.password) {
    throw mistake("foreign_origin", "Tokens are sent to the issuer only.");
  }
  return url.href;
}
