/**
 * The server's time, whatever the device's clock says. What passed since it was last heard is the longer of what two
 * clocks say: the monotonic one does not jump, the other one goes on while the device sleeps.
 */
export class ServerClock {
  private server = 0;
  private wall = 0;
  private steady = 0;

  constructor() {
    this.hear(Date.now());
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.server + Math.max(Date.now() - this.wall, performance.now() - this.steady);
  }

  /** How far the device is behind the server. */
  behind(): number {
    return this.now() - Date.now();
  }

  /** The server's time now, as an answer said it, or another tab that heard one. */
  hear(server: number): void {
    if (!Number.isFinite(server)) return;
    this.server = server;
    this.wall = Date.now();
    this.steady = performance.now();
  }
}
