/** How busy a thread's loop is, for the thread that started it: a few numbers in shared memory, milliseconds since the epoch or of duration. */

import type { HostGlobals } from './environment';

const START = 0, IDLE = 1, IDLE_SINCE = 2, COUNT = 3;

export class ThreadMetrics {
  private readonly numbers: Float64Array;

  private constructor(readonly memory: SharedArrayBuffer, private readonly host: HostGlobals) {
    this.numbers = new Float64Array(memory);
  }

  static create(host: HostGlobals): ThreadMetrics {
    return new ThreadMetrics(new SharedArrayBuffer(COUNT * Float64Array.BYTES_PER_ELEMENT), host);
  }

  static of(memory: SharedArrayBuffer, host: HostGlobals): ThreadMetrics {
    return new ThreadMetrics(memory, host);
  }

  private now(): number {
    return this.host.performance.timeOrigin + this.host.performance.now();
  }

  // --- in the thread itself ----------------------------------------------------------------------------

  loopStarted(): void {
    this.numbers[START] = this.now();
  }

  idleFrom(): void {
    this.numbers[IDLE_SINCE] = this.now();
  }

  /** The thread is busy again, and has been idle for so long in all. */
  busy(idle: number): void {
    this.numbers[IDLE] = idle;
    this.numbers[IDLE_SINCE] = 0;
  }

  // --- in another --------------------------------------------------------------------------------------

  /** When the loop started, on the clock of the caller's `performance.now()`; -1 before. */
  get loopStart(): number {
    const start = this.numbers[START]!;
    return start === 0 ? -1 : start - this.host.performance.timeOrigin;
  }

  get idleTime(): number {
    const since = this.numbers[IDLE_SINCE]!;
    return this.numbers[IDLE]! + (since === 0 ? 0 : Math.max(0, this.now() - since));
  }

  /** Milliseconds that the thread was busy since its loop started. */
  get busyTime(): number {
    const start = this.numbers[START]!;
    return start === 0 ? 0 : Math.max(0, this.now() - start - this.idleTime);
  }
}
