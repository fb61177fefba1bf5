import { TiquoError } from "./error.js";
import type { OwnReason } from "./reason.js";
import { say, type TEXTS } from "./words.js";

/** What the customer is told in their language. */
export function fail(reason: keyof typeof TEXTS): TiquoError {
  return new TiquoError(say(reason), { reason });
}

/** What the page's maker has to mend. */
export function mistake(reason: OwnReason, message: string): TiquoError {
  return new TiquoError(message, { reason, detail: message });
}
