/** What a process need not wait for: in Node a timer or a channel keeps it alive. In a browser there is nothing to do. */
export function idle<T>(thing: T): T {
  (thing as { unref?: () => void }).unref?.();
  return thing;
}
