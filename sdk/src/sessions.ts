import type { ServerClock } from "./clock.js";
import { TiquoError } from "./error.js";
import type { Listeners } from "./events.js";
import { fail } from "./fail.js";
import type { Http } from "./http.js";
import type { KeyStore } from "./keys.js";
import { later, type SessionRecord } from "./record.js";
import { Refresher } from "./refresh.js";
import { lead, Schedule } from "./schedule.js";
import type { SessionStore } from "./storage.js";
import { type Message, Tabs } from "./tabs.js";
import type { AuthEvent, Customer, Session } from "./types.js";

/** An access token that ends sooner than this is not sent any more: the way takes time. In milliseconds. */
const TOO_LATE = 10_000;

export interface Parts {
  /** What storage, lock and channel are called. */
  readonly name: string;
  readonly store: SessionStore;
  readonly keys: KeyStore;
  readonly http: Http;
  readonly clock: ServerClock;
  readonly listeners: Listeners;
  /** Whether tabs tell each other. */
  readonly sync: boolean;
  readonly log: (text: string) => void;
  /** Who is signed in with the current tokens, by the server. */
  readonly ask: () => Promise<Session | null>;
}

/** The session of this browser: keeps it alive, and knows what other tabs do to it. */
export class Sessions {
  private readonly tabs: Tabs | null;
  private readonly refresher: Refresher;
  private readonly schedule: Schedule;
  /** The state that the page was told of. */
  private told: SessionRecord | null;
  private known: { readonly id: string; readonly session: Session } | null = null;
  /** For which access token there is a moment to refresh, and when, by the server's clock. */
  private moment: { readonly at: string; readonly when: number } | null = null;
  private flight: Promise<SessionRecord | null> | null = null;
  private ended = false;

  constructor(private readonly parts: Parts) {
    const { store, name } = parts;
    this.told = store.read();
    if (this.told) parts.clock.hear(Date.now() + this.told.off);
    this.tabs = parts.sync ? new Tabs(name, (message) => this.hear(message)) : null;
    this.refresher = new Refresher(parts, {
      look: () => this.look(),
      write: (record) => this.write(record),
      askTabs: (id) => this.askTabs(id),
    });
    this.schedule = new Schedule(
      () => this.due(),
      () => this.refresh(this.told?.at ?? "", false),
    );
    this.schedule.plan();
  }

  /** What the storage says now; the page hears of what changed. */
  look(): SessionRecord | null {
    const { store, listeners, clock } = this.parts;
    const now = store.read();
    const before = this.told;
    if (now === before || this.ended) return now;
    this.told = now;
    if (now) clock.hear(Date.now() + now.off);
    this.schedule.plan();
    if (now && before?.id === now.id) {
      if (now.at !== before.at) {
        listeners.tell("TOKEN_REFRESH", this.session(now.id));
      }
      return now;
    }
    if (before) {
      this.known = null;
      listeners.tell("LOGOUT", null);
    }
    if (now) {
      void this.tellWithSession("LOGIN", now.id);
    }
    return now;
  }

  /** Whether somebody is signed in, by what is stored. */
  get signed(): boolean {
    const record = this.parts.store.read();
    return record !== null && (record.rt !== "" || this.parts.clock.now() < record.exp);
  }

  /** Who is signed in at the start. */
  async initial(): Promise<Session | null> {
    const record = this.look();
    return record && (this.session(record.id) ?? this.parts.ask().catch(() => null));
  }

  /** A sign-in of this tab. */
  begin(record: SessionRecord): void {
    this.parts.store.write(record);
    this.told = record;
    this.schedule.succeeded();
    this.schedule.plan();
    this.tabs?.post({ tell: "changed" });
  }

  /** Nobody is signed in any more. */
  end(record: SessionRecord): void {
    this.write(null, record);
    void this.parts.keys.drop(record.key);
  }

  /** What is known of who is signed in. */
  know(session: Session): void {
    if (this.told) this.known = { id: this.told.id, session };
  }

  /** The sign-in of this tab is complete. */
  signedIn(record: SessionRecord, session: Session): void {
    if (this.told?.id !== record.id) return;
    this.know(session);
    this.parts.listeners.tell("LOGIN", session);
  }

  /** The profile was changed, in this tab. */
  async changed(customer: Customer): Promise<void> {
    const { told } = this;
    if (!told) return;
    this.tabs?.post({ tell: "profile", id: told.id });
    const user = this.session(told.id)?.user;
    if (!user) return this.tellWithSession("SESSION_UPDATE", told.id);
    this.know({ user, customer });
    this.parts.listeners.tell("SESSION_UPDATE", { user, customer });
  }

  private session(id: string): Session | null {
    return this.known?.id === id ? this.known.session : null;
  }

  /** Tokens that are good for a request; others than `refused`, which a server did not take. */
  async fresh(refused?: string): Promise<SessionRecord | null> {
    const record = this.look();
    if (!record) return null;
    if (record.at !== refused && this.parts.clock.now() < record.exp - TOO_LATE) return record;
    return this.refresh(record.at, record.at === refused);
  }

  destroy(): void {
    this.ended = true;
    this.schedule.end();
    this.tabs?.close();
  }

  /** One refresh at a time; whoever comes meanwhile gets its outcome. */
  private refresh(stale: string, refused: boolean): Promise<SessionRecord | null> {
    const ordered = this.schedule.refusal;
    if (ordered) return Promise.reject(ordered);
    this.flight ??= this.refresher
      .run(stale, refused)
      .then(
        (record) => {
          this.schedule.succeeded();
          return record;
        },
        (error: unknown) => {
          this.parts.log(`refresh: ${error instanceof TiquoError ? error.reason : "failed"}`);
          this.schedule.failed(error);
          throw error instanceof TiquoError ? error : fail("unexpected");
        },
      )
      .finally(() => {
        this.flight = null;
        this.schedule.plan();
      });
    return this.flight;
  }

  /** Stores what there is now, and tells everybody. `was` is the session that this ends. */
  private write(record: SessionRecord | null, was?: SessionRecord): void {
    const { store } = this.parts;
    store.write(record);
    this.look();
    if (store.shared) this.tabs?.post({ tell: "changed" });
    else if (record) this.tabs?.post({ tell: "tokens", record });
    else if (was) this.tabs?.post({ tell: "over", id: was.id });
  }

  private due(): number | null {
    const record = this.look();
    if (!record?.rt || this.ended) return null;
    if (this.moment?.at !== record.at) {
      this.moment = { at: record.at, when: record.exp - lead(record.life) };
      this.parts.log(`new tokens in ${Math.round((this.moment.when - this.parts.clock.now()) / 1000)} s`);
    }
    return this.moment.when - this.parts.clock.now();
  }

  private hear(message: Message): void {
    const { store } = this.parts;
    if (message.tell === "profile") {
      if (this.look()?.id === message.id) void this.tellWithSession("SESSION_UPDATE", message.id);
    } else if (message.tell === "changed") {
      this.look();
    } else if (!store.shared) {
      this.hearTokens(message);
    }
  }

  /** Without a storage that all tabs read, tabs with one session tell each other its tokens. */
  private hearTokens(message: Extract<Message, { tell: "ask" | "tokens" | "over" }>): void {
    const { store } = this.parts;
    const own = store.read();
    if (!own || own.id !== (message.tell === "tokens" ? message.record.id : message.id)) return;
    if (message.tell === "ask") this.tabs?.post({ tell: "tokens", record: own });
    else if (message.tell === "over") store.write(null);
    else if (later(message.record, own)) store.write(message.record);
    this.look();
  }

  private async askTabs(id: string): Promise<void> {
    if (this.parts.store.shared || !this.tabs?.reached) return;
    this.tabs.post({ tell: "ask", id });
    await new Promise((go) => setTimeout(go, 100));
  }

  private async tellWithSession(event: AuthEvent, id: string): Promise<void> {
    const session = await this.parts.ask().catch(() => null);
    if (this.told?.id === id && !this.ended) this.parts.listeners.tell(event, session);
  }
}
