/** What is kept of a session: everything that another tab, or the next page, needs to go on with it. */
export interface SessionRecord {
  /** Which sign-in it is; the same for all tokens that descend from it. */
  readonly id: string;
  /** The refresh token; empty when there is none, only an access token. */
  readonly rt: string;
  /** The access token. */
  readonly at: string;
  /** When the access token ends, in the server's milliseconds. */
  readonly exp: number;
  /** How long the access token lives in all, in milliseconds. */
  readonly life: number;
  /** How far the device's clock was behind the server's, in milliseconds. */
  readonly off: number;
  /** The key that the refresh token is bound to; empty when it is not. */
  readonly key: string;
  /** How often its tokens were renewed, as far as this browser knows. */
  readonly turn: number;
}

/** Times that differ by less say nothing of an order: the server's `Date` is in whole seconds. In milliseconds. */
const BLUR = 60_000;

/**
 * Whether tokens of a session come after others of it. Of what lies apart, by when it ends; of what was renewed twice in
 * a moment, by how often.
 */
export function later(one: SessionRecord, other: SessionRecord): boolean {
  const ahead = one.exp - other.exp;
  const order = Math.abs(ahead) < BLUR ? one.turn - other.turn || ahead : ahead;
  return order > 0;
}

/** Reads what {@link JSON.stringify} made of a record; `null` for anything else. */
export function parse(text: string | null): SessionRecord | null {
  try {
    const { id, rt, at, exp, life, off, key, turn = 0 } = JSON.parse(text ?? "null");
    const texts = [id, rt, at, key].every((one) => typeof one === "string");
    const numbers = [exp, life, off, turn].every((one) => Number.isFinite(one));
    return texts && numbers ? { id, rt, at, exp, life, off, key, turn } : null;
  } catch {
    return null;
  }
}

/** When a token ends by its own word, in milliseconds; 0 when it does not say. Nothing else is read from a token. */
export function expiryOf(token: string): number {
  try {
    const claims = JSON.parse(atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")));
    return Number.isFinite(claims.exp) ? claims.exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/** A name that nobody has yet. */
export function unique(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
