/** How long to wait for another tab's turn, in milliseconds: longer than a request of it can take. */
const TURN = 25_000;
/**
 * How long a turn goes on after its work, in milliseconds: what was stored takes its time to the other tabs, and who is
 * next has to see it. Nobody waits for that but them.
 */
const SETTLE = 300;

/**
 * Runs `work` while no other tab does. Where there are no Web Locks, or a tab sits on its turn, it runs all the same:
 * the server gives all tabs that race the same successor.
 */
export function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  return new Promise((yes, no) => {
    let begun = false;
    const run = () => {
      begun = true;
      const done = work();
      done.then(yes, no);
      return done;
    };
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), TURN);
    const turn = async () => {
      clearTimeout(timer);
      await run().catch(() => undefined);
      await new Promise((go) => setTimeout(go, SETTLE));
    };
    Promise.resolve(locks.request(name, { signal: waiting.signal }, turn))
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        // No turn: it took too long, or this page may have none.
        if (!begun) void run();
      });
  });
}
