import { TiquoError } from "./error.js";
import type { Http } from "./http.js";
import { idle } from "./idle.js";

const LOGOUT = "/api/auth/dom/logout";
const TRIES = 8;

/** Ends sessions at the server; tries again, while the page is open, when it cannot be reached. */
export class Revoker {
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private ended = false;

  constructor(
    private readonly http: Http,
    private readonly log: (text: string) => void,
  ) {}

  /** Rejects when the first try fails. */
  async revoke(token: string, tries = 1): Promise<void> {
    try {
      await this.http.ask(LOGOUT, { method: "POST", body: { refresh_token: token }, keepalive: true });
    } catch (error) {
      // A token that the server does not know ends nothing.
      if (error instanceof TiquoError && error.reason === "invalid") return;
      this.log("the server could not be told of the sign-out");
      if (tries < TRIES && !this.ended) this.later(token, tries, error);
      throw error;
    }
  }

  end(): void {
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private later(token: string, tries: number, error: unknown): void {
    const asked = error instanceof TiquoError ? (error.retryAfter ?? 0) : 0;
    const timer = idle(setTimeout(() => {
      this.timers.delete(timer);
      this.revoke(token, tries + 1).catch(() => undefined);
    }, Math.max(asked, 2 ** tries) * 1000));
    this.timers.add(timer);
  }
}
