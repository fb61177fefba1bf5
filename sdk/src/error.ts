/** Why something was refused, in words that stay the same: the server's `reason`, or one of the SDK's own. */
export interface ErrorDetails {
  /**
   * The server's `reason`, for example `code_wrong`; or `network`, `timeout`, `bad_answer`, `signed_out`,
   * `session_changed`, `key_unavailable`, `key_lost`, `no_challenge`, `foreign_origin`, `invalid_option`, `unexpected`.
   */
  reason: string;
  /** The HTTP status; 0 without an answer. */
  status?: number;
  /** Seconds to wait before trying again. */
  retryAfter?: number;
  /** The server's id of the request, for its log. */
  requestId?: string;
  /** Tries left after a wrong code (`code_wrong`), at least one: the try that uses the last one up is `challenge_spent`. */
  attemptsLeft?: number;
}

/** Everything that this SDK throws. `message` is one sentence for a person. */
export class TiquoError extends Error {
  readonly reason: string;
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;
  readonly attemptsLeft: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message);
    this.name = "TiquoError";
    this.reason = details.reason;
    this.status = details.status ?? 0;
    this.retryAfter = details.retryAfter;
    this.requestId = details.requestId;
    this.attemptsLeft = details.attemptsLeft;
  }
}

export function fail(reason: string, message: string): TiquoError {
  return new TiquoError(message, { reason });
}
