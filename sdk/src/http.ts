import type { ServerClock } from "./clock.js";
import { fail, TiquoError } from "./error.js";

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
    try {
      const response = await fetch(url, {
        cache: "no-store",
        ...init,
        credentials: "omit",
        mode: "cors",
        redirect: "error",
        signal: abort.signal,
      });
      const date = response.headers.get("Date");
      if (date) this.clock.hear(Date.parse(date));
      return await read(response);
    } catch (error) {
      if (given?.aborted || (error instanceof TiquoError && !late)) throw error;
      throw late ? fail("timeout", "The server did not answer in time.") : fail("network", "The server cannot be reached.");
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
  return new TiquoError(text("error") ?? "The server's answer cannot be understood.", {
    // A success that cannot be read is no refusal.
    reason: (!response.ok && text("reason")) || "bad_answer",
    status: response.status,
    ...(wait >= 0 ? { retryAfter: wait } : {}),
    ...defined("requestId", text("request_id") ?? response.headers.get("X-Request-Id")),
    ...(typeof left === "number" ? { attemptsLeft: left } : {}),
  });
}

function defined(name: string, value: string | null | undefined): Record<string, string> {
  return value ? { [name]: value } : {};
}
