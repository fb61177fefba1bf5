/**
 * The server's time, whatever the device's clock says. What passed since the server last told it is the longer of what
 * two clocks say: the monotonic one does not jump, the other one goes on while the device sleeps.
 */
export class ServerClock {
  private offset = 0;
  private wall = 0;
  private steady = 0;
  private heard = false;

  /** Milliseconds since 1970. */
  now(): number {
    if (!this.heard) return Date.now() + this.offset;
    const passed = Math.max(Date.now() - this.wall, performance.now() - this.steady);
    return this.wall + this.offset + passed;
  }

  /** How far the device is behind the server. */
  behind(): number {
    return this.now() - Date.now();
  }

  /** What an earlier page found out; worth less than what this page heard. */
  remember(offset: number): void {
    if (!this.heard) this.offset = offset;
  }

  /** The server's time now, as an answer said it. */
  hear(server: number): void {
    if (!Number.isFinite(server)) return;
    this.heard = true;
    this.wall = Date.now();
    this.steady = performance.now();
    this.offset = server - this.wall;
  }
}
