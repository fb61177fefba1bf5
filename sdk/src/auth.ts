import { ServerClock } from "./clock.js";
import { Codes, plain } from "./codes.js";
import { proof } from "./dpop.js";
import { baseOf, within } from "./endpoint.js";
import { TiquoError } from "./error.js";
import { Listeners } from "./events.js";
import { fail, mistake } from "./fail.js";
import { Http, open } from "./http.js";
import { KeyStore } from "./keys.js";
import { Revoker } from "./logout.js";
import { ListPages } from "./pages.js";
import { expiryOf, type SessionRecord, unique } from "./record.js";
import { type Pair, renewed } from "./refresh.js";
import { Sessions } from "./sessions.js";
import { chosen, Kept, SessionStore, usable } from "./storage.js";
import type {
  AuthStateCallback, Booking, BookingStatus, Customer, Enquiry, EnquiryStatus, ListOptions, Locale, Order, OrderStatus, Pages,
  ProfilePatch, SendOptions, SentCode, Session, TiquoAuthApi, TiquoAuthOptions, Unsubscribe, User,
} from "./types.js";
import { language, speak } from "./words.js";

const VERIFY = "/api/auth/dom/otp/verify";
const SESSION = "/api/auth/dom/session";
const API = "/api/client/v1/";

/** After these no code of the mail is good any more. */
const OVER = ["challenge_expired", "challenge_spent", "code_retired"];

interface Verified extends Pair {
  readonly user: User;
  readonly device: string;
}

/** A code that is being proven, or was proven last. */
interface Proving {
  readonly what: string;
  readonly challenge: string;
  readonly done: Promise<Session>;
}

/** Signs customers in, keeps them signed in, and gets their own data. */
export class TiquoAuth implements TiquoAuthApi {
  /** What every method rejects with. */
  static readonly Error: typeof TiquoError = TiquoError;
  /** The issuer that the script was loaded from. */
  static defaultEndpoint: string | undefined;

  private readonly publicKey: string;
  private readonly parts: { readonly clock: ServerClock; readonly http: Http; readonly keys: KeyStore };
  private readonly codes: Codes;
  private readonly sessions: Sessions;
  private readonly revoker: Revoker;
  private readonly listeners: Listeners;
  private proving: Proving | null = null;

  constructor(options: TiquoAuthOptions) {
    if (!options?.publicKey) throw mistake("invalid_option", "publicKey is missing.");
    this.publicKey = options.publicKey;
    const clock = new ServerClock();
    const log = (text: string) => void (options.debug && console.info(`[tiquo] ${text}`));
    speak(options.locale);
    const http = new Http(baseOf(options.apiEndpoint ?? TiquoAuth.defaultEndpoint), clock, log);
    this.listeners = new Listeners(log);
    const keys = new KeyStore();
    const name = `tiquo:${options.publicKey}@${http.base}`;
    const storage = chosen(options.storage);
    const store = new SessionStore(storage, name, options.storage !== "session");
    this.parts = { clock, http, keys };
    adopt(store, new Kept(storage, `${name}:given`), clock, options);
    log(`${http.base}, ${storage ? "" : "no "}storage, ${store.read() ? "" : "not "}signed in`);
    this.sessions = new Sessions({
      name, store, keys, http, clock, log,
      listeners: this.listeners,
      sync: options.enableTabSync ?? true,
      ask: () => this.getUser(),
    });
    this.listeners.add((event) => {
      if (event === "LOGOUT") this.proving = null;
    });
    this.revoker = new Revoker(http, log);
    this.codes = new Codes(options.publicKey, http, clock, name, usable(() => sessionStorage), storage);
  }

  async sendOTP(email: string, options: SendOptions = {}): Promise<SentCode> {
    return this.codes.send(email, language(options.locale));
  }

  async resend(): Promise<SentCode> {
    return this.codes.resend();
  }

  pendingOTP(): SentCode | null {
    return this.codes.pending();
  }

  async verifyOTP(email: string, code: string): Promise<Session> {
    const pending = this.codes.challenge(email);
    const challenge = pending?.challenge;
    const what = `${plain(email)} ${code.replace(/\s/g, "")}`;
    const before = this.proving;
    // A button that is pressed twice is one try, however quick the server is: the second would find the code used.
    if (before?.what === what && (!challenge || challenge === before.challenge)) return before.done;
    if (!pending || !challenge) throw fail("no_challenge");
    const done = this.signIn(challenge, code, pending.locale);
    const proving = { what, challenge, done };
    this.proving = proving;
    done.catch(() => {
      if (this.proving === proving) this.proving = null;
    });
    return done;
  }

  get isSignedIn(): boolean {
    return this.sessions.signed;
  }

  async getUser(): Promise<Session | null> {
    try {
      const session = await this.call<Session>(SESSION);
      this.sessions.know(session);
      return session;
    } catch (error) {
      if (error instanceof TiquoError && error.reason === "signed_out") return null;
      throw error;
    }
  }

  async getAccessToken(): Promise<string | null> {
    return (await this.sessions.fresh())?.at ?? null;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return this.authorized(path, init, (response) => response);
  }

  async updateProfile(patch: ProfilePatch): Promise<Customer> {
    const { customer } = await this.call<{ customer: Customer }>(`${API}profile`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(patch),
    });
    await this.sessions.changed(customer);
    return customer;
  }

  getOrders(options: ListOptions<OrderStatus> = {}): Pages<Order> {
    return this.list("orders", options);
  }

  getBookings(options: ListOptions<BookingStatus> = {}): Pages<Booking> {
    return this.list("bookings", options);
  }

  getEnquiries(options: ListOptions<EnquiryStatus> = {}): Pages<Enquiry> {
    return this.list("enquiries", options);
  }

  async logout(): Promise<void> {
    const record = this.sessions.look();
    if (!record) return;
    this.sessions.end(record);
    if (record.rt) await this.revoker.revoke(record.rt);
  }

  onAuthStateChange(callback: AuthStateCallback): Unsubscribe {
    return this.listeners.add(callback, this.sessions.initial());
  }

  destroy(): void {
    this.sessions.destroy();
    this.revoker.end();
    this.listeners.clear();
  }

  private async signIn(challenge: string, code: string, locale: Locale): Promise<Session> {
    const { keys } = this.parts;
    const body = { public_key: this.publicKey, challenge_id: challenge, code, locale };
    const id = unique();
    const bound = await keys.make(id);
    let verified: Verified;
    try {
      verified = await this.proven(body, bound ? id : "");
    } catch (error) {
      void keys.drop(id);
      if (error instanceof TiquoError && OVER.includes(error.reason)) this.codes.over(challenge);
      throw error;
    }
    const blank = { id, rt: "", at: "", exp: 0, life: 0, off: 0, key: bound ? id : "", turn: 0 };
    const record = renewed(blank, verified, this.parts);
    const before = this.sessions.look();
    this.codes.used(challenge, verified.device);
    this.sessions.begin(record);
    if (before?.rt) {
      this.revoker.revoke(before.rt).catch(() => undefined);
      void keys.drop(before.key);
    }
    const session = (await this.getUser().catch(() => null)) ?? { user: verified.user, customer: null };
    this.sessions.signedIn(record, session);
    return session;
  }

  /** Presents the code with a proof of the key; once more when the clock that made the proof was wrong. */
  private async proven(body: object, key: string): Promise<Verified> {
    const { keys, http, clock } = this.parts;
    const browserKey = key ? await keys.get(key) : null;
    for (let again = false; ; again = true) {
      const headers: Record<string, string> = browserKey
        ? { DPoP: await proof(browserKey, http.base + VERIFY, clock.now()) }
        : {};
      try {
        return await http.ask<Verified>(VERIFY, { method: "POST", body, headers });
      } catch (error) {
        const refused = error instanceof TiquoError && error.reason === "invalid_dpop_proof";
        if (!refused || again) throw error;
      }
    }
  }

  private call<T>(path: string, init: RequestInit = {}): Promise<T> {
    return this.authorized(path, init, open<T>);
  }

  private list<T>(name: string, options: ListOptions<string>): Pages<T> {
    return new ListPages<T>(options, async (query) => {
      const page = await this.call<Record<string, unknown>>(`${API}${name}${query}`);
      return { items: page[name] as T[], hasMore: page["hasMore"] as boolean, nextCursor: page["nextCursor"] as string | null };
    });
  }

  /** Sends a request with the access token; refused, once more with another token of the same session. */
  private async authorized<R>(
    path: string,
    init: RequestInit,
    read: (response: Response) => R | Promise<R>,
  ): Promise<R> {
    const url = within(this.parts.http.base, path);
    let record = await this.sessions.fresh();
    if (!record) throw signedOut();
    const { id } = record;
    for (let again = init.body instanceof ReadableStream; ; again = true) {
      const headers = new Headers(init.headers);
      headers.set("Authorization", `Bearer ${record.at}`);
      const { at } = record as SessionRecord;
      const answer = await this.parts.http.send(url, { ...init, headers }, async (response) =>
        !again && refused(response) ? null : { is: await read(response) });
      if (answer) return answer.is;
      record = await this.sessions.fresh(at);
      if (!record) throw signedOut();
      if (record.id !== id) throw fail("session_changed");
    }
  }
}

/** RFC 6750 §3.1. */
function refused(response: Response): boolean {
  return response.status === 401 && /invalid_token/.test(response.headers.get("WWW-Authenticate") ?? "");
}

function signedOut(): TiquoError {
  return fail("signed_out");
}

/** Takes over the session that the page gave; once, so that neither its successors nor a later sign-in are undone. */
function adopt(store: SessionStore, given: Kept<string>, clock: ServerClock, options: TiquoAuthOptions): void {
  const { accessToken: at = "", refreshToken: rt = "" } = options;
  const from = (rt || at).slice(-16);
  if (!from || given.get() === from) return;
  given.set(from);
  const exp = expiryOf(at);
  const life = Math.max(0, exp - clock.now());
  store.write({ id: `given:${from}`, rt, at, exp, life, off: store.read()?.off ?? 0, key: "", turn: 0 });
}
