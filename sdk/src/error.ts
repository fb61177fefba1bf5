import type { Reason } from "./reason.js";

export interface ErrorDetails {
  /** Why, in a word that stays the same. */
  reason: Reason;
  /** For the page's maker, in English: what is wrong and how to mend it. */
  detail?: string;
  /** The field or parameter that was refused: `email`, `firstName`. */
  field?: string;
  /** The HTTP status; 0 without an answer. */
  status?: number;
  /** Seconds to wait before trying again. */
  retryAfter?: number;
  /** The server's id of the request, for its log. */
  requestId?: string;
  /** Tries left after a wrong code (`code_wrong`), at least one: the try that uses the last one up is `challenge_spent`. */
  attemptsLeft?: number;
}

/**
 * Everything that this SDK throws. `message` is for the customer, in the page's language, to be shown as it is; of
 * `invalid_option` and `foreign_origin` it is for the page's maker.
 */
export class TiquoError extends Error implements ErrorDetails {
  readonly reason!: Reason;
  readonly detail?: string;
  readonly field?: string;
  readonly status: number = 0;
  readonly retryAfter?: number;
  readonly requestId?: string;
  readonly attemptsLeft?: number;

  constructor(message: string, details: ErrorDetails) {
    super(message);
    this.name = "TiquoError";
    Object.assign(this, details);
  }
}
