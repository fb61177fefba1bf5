import { type BrowserKey, makeKey } from "./dpop.js";
import { fail } from "./fail.js";

const DATABASE = "tiquo-auth";
const KEYS = "keys";
/** How long the database may take, in milliseconds: some browsers' never answers. */
const PATIENCE = 3000;

/** The browser's keys, in IndexedDB: the one place that keeps a key and does not show it. */
export class KeyStore {
  private readonly known = new Map<string, BrowserKey>();

  /** Makes a key; `false` where there are none to be had. */
  async make(id: string): Promise<boolean> {
    try {
      const key = await makeKey();
      await transact("readwrite", (keys) => keys.put(key, id));
      this.known.set(id, key);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The key; `null` when it is gone for good. Rejects with `key_unavailable` when that cannot be told now.
   */
  async get(id: string): Promise<BrowserKey | null> {
    const known = this.known.get(id);
    if (known) {
      // Puts it back for the other tabs, if somebody emptied the database.
      transact("readwrite", (keys) => keys.put(known, id)).catch(() => undefined);
      return known;
    }
    let key: BrowserKey | undefined;
    try {
      key = await transact("readonly", (keys) => keys.get(id));
    } catch {
      throw fail("key_unavailable");
    }
    if (key) this.known.set(id, key);
    return key ?? null;
  }

  async drop(id: string): Promise<void> {
    this.known.delete(id);
    await transact("readwrite", (keys) => keys.delete(id)).catch(() => undefined);
  }
}

async function transact<T>(mode: IDBTransactionMode, run: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  let database: IDBDatabase | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, no) => (timer = setTimeout(no, PATIENCE)));
  const work = (async () => {
    database = await opened();
    const transaction = database.transaction(KEYS, mode);
    const request = run(transaction.objectStore(KEYS));
    await new Promise<void>((yes, no) => {
      transaction.oncomplete = () => yes();
      transaction.onabort = transaction.onerror = () => no(transaction.error);
    });
    return request.result;
  })();
  work.catch(() => undefined).then(() => database?.close());
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((yes, no) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(KEYS);
    request.onsuccess = () => yes(request.result);
    request.onerror = request.onblocked = () => no(request.error);
  });
}
