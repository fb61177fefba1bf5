import type { AuthEvent, AuthStateCallback, Session, Unsubscribe } from "./types.js";

/** Who wants to know. */
export class Listeners {
  private readonly all = new Set<{ readonly call: AuthStateCallback }>();

  add(call: AuthStateCallback): Unsubscribe {
    const entry = { call };
    this.all.add(entry);
    return () => void this.all.delete(entry);
  }

  clear(): void {
    this.all.clear();
  }

  /** A callback that throws harms nobody else; the page hears of it as of any uncaught error. */
  tell(event: AuthEvent, session: Session | null): void {
    for (const { call } of [...this.all]) {
      try {
        call(event, session);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}
