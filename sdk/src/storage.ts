import { parse, type SessionRecord } from "./record.js";
import type { TiquoAuthOptions, TokenStorage } from "./types.js";

/** A storage that the browser gave us, or `null` when it does not. */
export function usable(of: () => TokenStorage): TokenStorage | null {
  try {
    const storage = of();
    const probe = "tiquo:probe";
    storage.setItem(probe, "1");
    storage.removeItem(probe);
    return storage;
  } catch {
    return null;
  }
}

export function chosen(option: TiquoAuthOptions["storage"]): TokenStorage | null {
  if (option === "memory") return null;
  if (typeof option === "object") return usable(() => option);
  return usable(() => (option === "session" ? sessionStorage : localStorage));
}

/** The session as all tabs see it: in the storage, or in memory when there is none or it fails. */
export class SessionStore {
  private memory: SessionRecord | null = null;
  private raw: string | null = null;

  constructor(
    private storage: TokenStorage | null,
    private readonly name: string,
    /** Whether the storage, if there is one, is the same for all tabs. */
    private readonly common: boolean,
  ) {}

  /** Whether other tabs can read it. */
  get shared(): boolean {
    return this.storage !== null && this.common;
  }

  read(): SessionRecord | null {
    if (!this.storage) return this.memory;
    try {
      const raw = this.storage.getItem(this.name);
      if (raw !== this.raw) {
        this.memory = parse(raw);
        this.raw = raw;
      }
    } catch {
      this.storage = null;
    }
    return this.memory;
  }

  write(record: SessionRecord | null): void {
    this.memory = record;
    if (!this.storage) return;
    try {
      this.raw = record && JSON.stringify(record);
      if (this.raw) this.storage.setItem(this.name, this.raw);
      else this.storage.removeItem(this.name);
    } catch {
      this.storage = null;
    }
  }
}

/** A value that outlives a session: the proof of a known device, the code that is on its way. */
export class Kept<T> {
  private memory: T | null = null;

  constructor(
    private readonly storage: TokenStorage | null,
    private readonly name: string,
  ) {}

  get(): T | null {
    try {
      const raw = this.storage?.getItem(this.name);
      if (raw) return JSON.parse(raw) as T;
    } catch {
      // Then what this page knows.
    }
    return this.memory;
  }

  set(value: T | null): void {
    this.memory = value;
    try {
      if (value === null) this.storage?.removeItem(this.name);
      else this.storage?.setItem(this.name, JSON.stringify(value));
    } catch {
      // This page still knows it.
    }
  }
}
