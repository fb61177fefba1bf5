/** How long to wait for another tab's turn, in milliseconds: longer than a request of it can take. */
const TURN = 25_000;
/** How long a turn goes on after its work, so that what was stored reaches the other tabs before they have theirs. */
const SETTLE = 50;

/**
 * Runs `work` while no other tab does. Where there are no Web Locks, or a tab sits on its turn, it runs all the same:
 * the server gives all tabs that race the same successor.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === "object" ? navigator.locks : undefined;
  if (!locks) return work();
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), TURN);
  let result: Promise<T> | undefined;
  try {
    await locks.request(name, { signal: waiting.signal }, async () => {
      clearTimeout(timer);
      result = work();
      await result.catch(() => undefined);
      await new Promise((go) => setTimeout(go, SETTLE));
    });
  } catch {
    // No turn: it took too long, or this page may have none.
  }
  clearTimeout(timer);
  return result ?? work();
}
