import { proof } from "./dpop.js";
import { TiquoError } from "./error.js";
import { fail } from "./fail.js";
import { alone } from "./lock.js";
import type { SessionRecord } from "./record.js";
import type { Parts } from "./sessions.js";

export const REFRESH = "/api/client/v1/refresh";

/** Refusals that end a session, and no others do. */
const FINAL = ["expired", "revoked", "reused", "invalid"];
/** Another tab's tokens that are good for less than this are no success. In milliseconds. */
const WORTH = 60_000;
/** How long a write of another tab may take to be seen here, in milliseconds. */
const LAG = 200;
const TURNS = 6;

/** A token pair on the wire. */
export interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly expires_at: number;
}

/** The state, as the session keeps it. */
interface State {
  look(): SessionRecord | null;
  write(record: SessionRecord | null, was?: SessionRecord): void;
  askTabs(id: string): Promise<void>;
}

/** What a pair makes of a record. */
export function renewed(record: SessionRecord, pair: Pair, parts: Pick<Parts, "clock">): SessionRecord {
  const { access_token: at, refresh_token: rt, expires_in } = pair;
  if (typeof at !== "string" || typeof rt !== "string" || !(expires_in > 0)) {
    throw fail("bad_answer");
  }
  const life = expires_in * 1000;
  const { clock } = parts;
  return { ...record, rt, at, life, exp: clock.now() + life, off: clock.behind(), turn: record.turn + 1 };
}

/**
 * The exchange of a refresh token. The storage is the truth: it is read before every request and after every refusal, and
 * written only while it still holds what was presented, so that no tab undoes what another did.
 */
export class Refresher {
  /** A refresh token that must not be presented again: there are newer ones, and once more would look like theft. */
  private superseded = "";

  constructor(
    private readonly parts: Parts,
    private readonly state: State,
  ) {}

  /** New tokens in the place of the access token `stale`; `null` when nobody is signed in. */
  run(stale: string, refused: boolean): Promise<SessionRecord | null> {
    return alone(this.parts.name, () => this.exchange(stale, refused));
  }

  private async exchange(stale: string, refused: boolean): Promise<SessionRecord | null> {
    const { clock } = this.parts;
    let corrected = false;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const before = this.state.look();
      if (before?.rt) await this.state.askTabs(before.id);
      const record = this.state.look();
      if (!record) return null;
      if (record.at !== stale && clock.now() < record.exp - WORTH) return record;
      const over = clock.now() >= record.exp || (refused && record.at === stale);
      if (record.rt && record.rt === this.superseded) {
        await this.pause();
        if (this.state.look() === record && turn === TURNS - 1) return this.lost(record, over, "superseded");
        continue;
      }
      const headers = record.rt ? await this.headers(record) : null;
      if (!headers) return this.lost(record, over, "key_lost");
      // Nothing may come between this look and the request: what was replaced meanwhile must not be presented.
      if (this.state.look()?.rt !== record.rt) continue;
      try {
        const ask = { method: "POST", body: { refresh_token: record.rt }, headers };
        return this.replace(record, await this.parts.http.ask<Pair>(REFRESH, ask));
      } catch (error) {
        const reason = error instanceof TiquoError && error.status === 401 ? error.reason : "";
        if (reason === "invalid_dpop_proof" && !corrected) {
          // Made by a wrong clock, most likely; the refusal told the right time.
          corrected = true;
          continue;
        }
        if (reason === "superseded") this.superseded = record.rt;
        const final = FINAL.includes(reason);
        if (final) await this.pause();
        if (this.state.look()?.rt !== record.rt) continue;
        if (final) return this.over(record);
        if (reason !== "superseded") throw error;
      }
    }
    throw fail("network");
  }

  /** The header that proves the key; `null` when the key is gone. */
  private async headers(record: SessionRecord): Promise<Record<string, string> | null> {
    if (!record.key) return {};
    const { keys, http, clock } = this.parts;
    const key = await keys.get(record.key);
    return key && { DPoP: await proof(key, http.base + REFRESH, clock.now()) };
  }

  private replace(record: SessionRecord, pair: Pair): SessionRecord | null {
    const next = renewed(record, pair, this.parts);
    const held = this.state.look();
    // Signed out meanwhile, signed in anew, or another tab was faster with the same token.
    if (held?.rt !== record.rt) return held;
    this.state.write(next);
    return next;
  }

  /** These tokens cannot be renewed. As long as they are good they may be used, and another tab may know better. */
  private lost(record: SessionRecord, over: boolean, reason: "superseded" | "key_lost"): null {
    if (over) return this.over(record);
    throw fail(reason);
  }

  private over(record: SessionRecord): null {
    this.parts.log("the session is over");
    this.state.write(null, record);
    void this.parts.keys.drop(record.key);
    return null;
  }

  private pause(): Promise<void> {
    return new Promise((go) => setTimeout(go, LAG));
  }
}
