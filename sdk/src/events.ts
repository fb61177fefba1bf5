import type { AuthEvent, AuthStateCallback, Session, Unsubscribe } from "./types.js";

interface Listener {
  readonly call: AuthStateCallback;
  /** It has not heard yet who is signed in at the start. */
  waits: boolean;
}

/** Who wants to know. */
export class Listeners {
  private readonly all = new Set<Listener>();

  constructor(private readonly log: (text: string) => void) {}

  /** A callback hears `initial` first, and until then of nothing that does not change who is signed in. */
  add(call: AuthStateCallback, initial?: Promise<Session | null>): Unsubscribe {
    const entry = { call, waits: initial !== undefined };
    this.all.add(entry);
    void initial?.then((session) => this.begin(entry, session));
    return () => void this.all.delete(entry);
  }

  clear(): void {
    this.all.clear();
  }

  tell(event: AuthEvent, session: Session | null): void {
    this.log(event);
    for (const entry of [...this.all]) {
      if (entry.waits && event === "TOKEN_REFRESH") continue;
      this.begin(entry, session);
      run(entry.call, event, session);
    }
  }

  private begin(entry: Listener, session: Session | null): void {
    if (!entry.waits || !this.all.has(entry)) return;
    entry.waits = false;
    run(entry.call, "INITIAL_SESSION", session);
  }
}

/** A callback that throws harms nobody else; the page hears of it as of any uncaught error. */
function run(call: AuthStateCallback, event: AuthEvent, session: Session | null): void {
  try {
    call(event, session);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
