import type { ServerClock } from "./clock.js";
import { fail } from "./fail.js";
import type { Http } from "./http.js";
import { Kept } from "./storage.js";
import type { Locale, SentCode, TokenStorage } from "./types.js";
import { language } from "./words.js";

const SEND = "/api/auth/dom/otp/send";
const DEVICE_LIFE = 180 * 24 * 60 * 60 * 1000;

/** A code that is on its way, as it is kept: phones throw a page away while its customer reads the mail. */
interface Pending {
  readonly challenge: string;
  readonly email: string;
  readonly locale: Locale;
  readonly reference: string;
  readonly length: number;
  /** By the server's clock, in milliseconds. */
  readonly ends: number;
  readonly again: number;
}

interface Sent {
  readonly challenge_id: string;
  readonly reference: string;
  readonly code_length: number;
  readonly expires_in: number;
  readonly resend_in: number;
}

/** A code that is being sent, or was sent a moment ago. */
interface Sending {
  readonly what: string;
  readonly done: Promise<SentCode>;
  until: number;
}

/** So long after its answer an equal call is the same one: a button that was pressed twice. */
const MOMENT = 1000;

/** Codes by mail: what was sent, and the proof of a device that signed in before. */
export class Codes {
  private readonly kept: Kept<Pending>;
  private readonly device: Kept<{ readonly value: string; readonly since: number }>;
  private sending: Sending | null = null;

  constructor(
    private readonly publicKey: string,
    private readonly http: Http,
    private readonly clock: ServerClock,
    name: string,
    tab: TokenStorage | null,
    device: TokenStorage | null,
  ) {
    this.kept = new Kept(tab, `${name}:code`);
    this.device = new Kept(device, `${name}:device`);
  }

  /**
   * Sends a code, or another one of the challenge that there is for the address. Equal calls at the same time are one, so
   * that a button that is pressed twice sends one mail.
   */
  send(email: string, locale: Locale, again = false): Promise<SentCode> {
    const what = JSON.stringify([plain(email), locale, again]);
    const before = this.sending;
    if (before?.what === what && Date.now() < before.until) return before.done;
    const done = this.ask(email, locale);
    const sending = { what, done, until: Infinity };
    this.sending = sending;
    done.then(() => (sending.until = Date.now() + MOMENT), () => (sending.until = 0));
    return done;
  }

  private async ask(email: string, locale: Locale): Promise<SentCode> {
    const body = {
      public_key: this.publicKey,
      email,
      locale,
      challenge_id: this.challenge(email)?.challenge,
      device: this.knownDevice(),
    };
    const sent = await this.http.ask<Sent>(SEND, { method: "POST", body });
    const now = this.clock.now();
    this.kept.set({
      challenge: sent.challenge_id,
      email,
      locale,
      reference: sent.reference,
      length: sent.code_length,
      ends: now + sent.expires_in * 1000,
      again: now + sent.resend_in * 1000,
    });
    return {
      email,
      reference: sent.reference,
      codeLength: sent.code_length,
      expiresIn: sent.expires_in,
      resendIn: sent.resend_in,
    };
  }

  async resend(): Promise<SentCode> {
    const pending = this.kept.get();
    if (!pending) throw fail("no_challenge");
    return this.send(pending.email, language(pending.locale), true);
  }

  pending(): SentCode | null {
    const pending = this.kept.get();
    const seconds = (until: number) => Math.max(0, Math.ceil((until - this.clock.now()) / 1000));
    if (!pending || !seconds(pending.ends)) return null;
    return {
      email: pending.email,
      reference: pending.reference,
      codeLength: pending.length,
      expiresIn: seconds(pending.ends),
      resendIn: seconds(pending.again),
    };
  }

  /** The challenge that a code for this address answers; `null` when none was sent. */
  challenge(email: string): Pending | null {
    const pending = this.kept.get();
    return pending && plain(pending.email) === plain(email) ? pending : null;
  }

  /** No code of the challenge is good any more: nothing is on its way until another is asked for. */
  over(challenge: string): void {
    this.sending = null;
    const pending = this.kept.get();
    if (pending?.challenge === challenge) this.kept.set({ ...pending, ends: 0 });
  }

  /** The code was right. */
  used(challenge: string, device: unknown): void {
    this.sending = null;
    if (this.kept.get()?.challenge === challenge) this.kept.set(null);
    if (typeof device === "string") this.device.set({ value: device, since: this.clock.now() });
  }

  private knownDevice(): string | undefined {
    const device = this.device.get();
    return device && this.clock.now() - device.since < DEVICE_LIFE ? device.value : undefined;
  }
}

/** An address as two spellings of it are compared: as the server does, which judges it. */
export const plain = (email: string) =>
  email.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "").replace(/[A-Z]/g, (letter) => letter.toLowerCase()).normalize("NFC");
