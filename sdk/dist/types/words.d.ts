import type { OwnReason } from "./reason.js";
import type { Locale } from "./types.js";
/** A text in each of them. */
type Text = readonly [string, string, string];
/** What the customer reads. What only the page's maker can mend is said where it happens, to them. */
export declare const TEXTS: Readonly<Record<Exclude<OwnReason, "foreign_origin" | "invalid_option">, Text>>;
/** A page has one language: what its maker chose for it. */
export declare function speak(locale: string | undefined): void;
/** The language of the page now: the chosen one, the document's, the browser's; English for all that there is no text in. */
export declare function language(asked?: string | undefined): Locale;
export declare function say(reason: keyof typeof TEXTS): string;
export {};
