import { idle } from "./idle.js";
import type { SessionRecord } from "./record.js";

/**
 * What tabs tell each other. Tokens only travel this way when there is no storage that all of them read; to scripts of
 * this origin, which could read the storage as well.
 */
export type Message =
  /** The storage holds something else. */
  | { readonly tell: "changed" }
  /** The profile of this session was changed. */
  | { readonly tell: "profile"; readonly id: string }
  /** Who has newer tokens of this session? */
  | { readonly tell: "ask"; readonly id: string }
  /** These are. */
  | { readonly tell: "tokens"; readonly record: SessionRecord }
  /** This session is over. */
  | { readonly tell: "over"; readonly id: string };

/** The other tabs, as far as the browser lets us reach them. */
export class Tabs {
  private readonly channel: BroadcastChannel | null = null;
  private readonly stored: (event: StorageEvent) => void;

  constructor(name: string, hear: (message: Message) => void) {
    this.stored = (event) => {
      if (event.key === name || event.key === null) hear({ tell: "changed" });
    };
    globalThis.addEventListener?.("storage", this.stored);
    try {
      this.channel = idle(new BroadcastChannel(name));
      this.channel.onmessage = (event: MessageEvent<Message>) => hear(event.data);
    } catch {
      // Then the storage's own events, and a look before every use.
    }
  }

  get reached(): boolean {
    return this.channel !== null;
  }

  post(message: Message): void {
    try {
      this.channel?.postMessage(message);
    } catch {
      // Closed.
    }
  }

  close(): void {
    globalThis.removeEventListener?.("storage", this.stored);
    this.channel?.close();
  }
}
