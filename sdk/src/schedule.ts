import { TiquoError } from "./error.js";
import { idle } from "./idle.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Timers stop while a device sleeps: none is longer than this. */
const LONGEST_TIMER = 5 * MINUTE;
/** Nor shorter than this: whatever goes wrong, it does not spin. */
const SHORTEST_TIMER = SECOND;
const LONGEST_PAUSE = 5 * MINUTE;
/** A `Retry-After` beyond this is not believed. */
const LONGEST_ORDER = 60 * MINUTE;
const WAKES = ["online", "focus", "pageshow", "visibilitychange"] as const;

/** How long before its end a token is replaced: five to ten minutes, or half its life; nobody can tell when exactly. */
export function lead(life: number): number {
  return Math.min((5 + 5 * random()) * MINUTE, life / 2);
}

/** A moment between 0 and 1 that cannot be guessed. */
function random(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

/** Calls `work` when it is time, after failures with pauses, and when the device wakes up or is online again. */
export class Schedule {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** Until when there is a pause, by the steady clock; and whether the server asked for it. */
  private pause = 0;
  private order: TiquoError | null = null;
  private readonly wake = () => {
    if (globalThis.document?.visibilityState === "hidden") return;
    if (!this.order) this.pause = 0;
    this.run();
  };

  constructor(
    /** Milliseconds until there is something to do; `null` when there is nothing. */
    private readonly due: () => number | null,
    private readonly work: () => Promise<unknown>,
  ) {
    for (const name of WAKES) this.target(name)?.addEventListener?.(name, this.wake);
  }

  /** What the server asked to wait for, while it has to be waited for. */
  get refusal(): TiquoError | null {
    return this.order && this.left() > 0 ? this.order : null;
  }

  /** Something changed: when is it time now? */
  plan(): void {
    clearTimeout(this.timer);
    const due = this.due();
    if (due === null) return;
    const wait = Math.max(due, this.left(), SHORTEST_TIMER);
    this.timer = idle(setTimeout(() => this.run(), Math.min(wait, LONGEST_TIMER)));
  }

  succeeded(): void {
    this.failures = 0;
    this.pause = 0;
    this.order = null;
  }

  /** Waits twice as long as the last time, or as long as the server says. */
  failed(error: unknown): void {
    const wait = Math.min(2 ** this.failures * 2 * SECOND, LONGEST_PAUSE) * (1 - random() / 2);
    const asked = error instanceof TiquoError ? error.retryAfter : undefined;
    const ordered = Math.min((asked ?? 0) * SECOND, LONGEST_ORDER);
    this.failures = Math.min(this.failures + 1, 20);
    this.order = ordered > 0 ? (error as TiquoError) : null;
    this.pause = performance.now() + Math.max(wait, ordered && ordered + wait / 10);
  }

  end(): void {
    clearTimeout(this.timer);
    for (const name of WAKES) this.target(name)?.removeEventListener?.(name, this.wake);
  }

  private left(): number {
    return this.pause - performance.now();
  }

  private run(): void {
    const due = this.due();
    if (due !== null && due <= 0 && this.left() <= 0) {
      this.work().catch(() => undefined).finally(() => this.plan());
    } else {
      this.plan();
    }
  }

  private target(name: string): EventTarget | undefined {
    return name === "visibilitychange" ? globalThis.document : globalThis;
  }
}
