import type { OwnReason } from "./reason.js";
import type { Locale } from "./types.js";

const LOCALES: readonly Locale[] = ["en", "fr", "es"];

/** A text in each of them. */
type Text = readonly [string, string, string];

const AWAY: Text = [
  "We cannot be reached. Check your connection and try again.",
  "Nous sommes injoignables. Vérifiez votre connexion et réessayez.",
  "No se puede conectar. Compruebe su conexión y vuelva a intentarlo.",
];
const MISHAP: Text = [
  "Something went wrong. Try again in a moment.",
  "Un problème est survenu. Réessayez dans un instant.",
  "Algo ha fallado. Vuelva a intentarlo dentro de un momento.",
];

/** What the customer reads. What only the page's maker can mend is said where it happens, to them. */
export const TEXTS: Readonly<Record<Exclude<OwnReason, "foreign_origin" | "invalid_option">, Text>> = {
  network: AWAY,
  timeout: AWAY,
  bad_answer: MISHAP,
  unexpected: MISHAP,
  key_lost: MISHAP,
  key_unavailable: MISHAP,
  superseded: MISHAP,
  no_challenge: ["Ask for a code first.", "Demandez d’abord un code.", "Pida primero un código."],
  signed_out: [
    "You are not signed in. Sign in to continue.",
    "Vous n’êtes pas connecté. Connectez-vous pour continuer.",
    "No ha iniciado sesión. Inicie sesión para continuar.",
  ],
  session_changed: [
    "Somebody else signed in. Try again.",
    "Quelqu’un d’autre s’est connecté. Réessayez.",
    "Otra persona ha iniciado sesión. Vuelva a intentarlo.",
  ],
};

let chosen: string | undefined;

/** A page has one language: what its maker chose for it. */
export function speak(locale: string | undefined): void {
  chosen = locale;
}

/** The language of the page now: the chosen one, the document's, the browser's; English for all that there is no text in. */
export function language(asked = chosen): Locale {
  const tag = asked || globalThis.document?.documentElement.lang || globalThis.navigator?.language || "";
  const primary = tag.slice(0, 2).toLowerCase();
  return LOCALES.find((locale) => locale === primary && !/^[a-z]/i.test(tag.slice(2))) ?? "en";
}

export function say(reason: keyof typeof TEXTS): string {
  return TEXTS[reason][LOCALES.indexOf(language())] as string;
}
