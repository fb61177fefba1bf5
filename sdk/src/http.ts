import type { ServerClock } from "./clock.js";
import { TiquoError } from "./error.js";
import { fail } from "./fail.js";
import type { Reason } from "./reason.js";
import { language, say } from "./words.js";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 20_000;

export interface Ask {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Goes on when the page is left. */
  keepalive?: boolean;
}

/** Requests to one issuer, in its envelope. */
export class Http {
  constructor(
    /** The issuer, without a slash at its end. */
    readonly base: string,
    private readonly clock: ServerClock,
    private readonly log: (text: string) => void,
  ) {}

  /** Asks a path of the issuer and answers `data`. */
  async ask<T>(path: string, ask: Ask = {}): Promise<T> {
    const init: RequestInit = { method: ask.method ?? "GET", headers: { ...ask.headers } };
    if (ask.keepalive) init.keepalive = true;
    if (ask.body !== undefined) {
      init.body = JSON.stringify(ask.body);
      (init.headers as Record<string, string>)["Content-Type"] = "application/json";
    }
    return this.send(this.base + path, init, open<T>);
  }

  /**
   * Sends a request with nothing but what is given: no cookie, no redirect to somewhere else. The answer, or what `read`
   * makes of it, has to be there in time.
   */
  async send<R>(url: string, init: RequestInit, read: (response: Response) => R | Promise<R>): Promise<R> {
    const headers = new Headers(init.headers);
    if (!headers.has("Accept-Language")) headers.set("Accept-Language", language());
    const log = (end: unknown) => this.log(`${init.method ?? "GET"} ${new URL(url).pathname}: ${end}`);
    const abort = new AbortController();
    const given = init.signal;
    const end = () => abort.abort(given?.reason);
    if (given?.aborted) end();
    given?.addEventListener("abort", end);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      abort.abort();
    }, PATIENCE);
    const sent = this.clock.now();
    try {
      const response = await fetch(url, {
        cache: "no-store",
        ...init,
        headers,
        credentials: "omit",
        mode: "cors",
        redirect: "error",
        signal: abort.signal,
      });
      const date = response.headers.get("Date");
      // While a device sleeps no timer runs: what was sent before may be answered hours later, with the time of then.
      if (date && this.clock.now() - sent < PATIENCE) this.clock.hear(Date.parse(date));
      log(response.status);
      return await read(response);
    } catch (error) {
      const known = given?.aborted || (error instanceof TiquoError && !late);
      const thrown = known ? error : fail(late ? "timeout" : "network");
      if (thrown instanceof TiquoError) log(thrown.detail ?? thrown.reason);
      throw thrown;
    } finally {
      clearTimeout(timer);
      given?.removeEventListener("abort", end);
    }
  }
}

/** `data` of an answer, or its refusal. */
export async function open<T>(response: Response): Promise<T> {
  let body: { success?: boolean; data?: T } | undefined;
  try {
    body = await response.json();
  } catch {
    // The connection broke in the middle, or it was not our server who answered.
  }
  if (response.ok && body?.success && body.data) return body.data;
  throw refusal(response, body);
}

function refusal(response: Response, body: unknown): TiquoError {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof said[name] === "string" ? (said[name] as string) : undefined);
  const left = said["attempts_left"];
  const wait = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  // A success that cannot be read is no refusal.
  const reason = response.ok ? undefined : (text("reason") as Reason | undefined);
  return new TiquoError((reason && text("error")) || say("bad_answer"), {
    reason: reason || "bad_answer",
    status: response.status,
    ...(wait >= 0 ? { retryAfter: wait } : {}),
    ...defined("detail", text("detail")),
    ...defined("field", text("field")),
    ...defined("requestId", text("request_id") ?? response.headers.get("X-Request-Id")),
    ...(typeof left === "number" ? { attemptsLeft: left } : {}),
  });
}

function defined(name: string, value: string | null | undefined): Record<string, string> {
  return value ? { [name]: value } : {};
}
