/**
 * Ending scripts that run too long (`timeout` of `node:vm`). Nothing can interrupt a worker's own thread, so the script's loops and
 * functions were made to call {@link Watchdog.tick} (`sandbox.rs`); native code that does not return is not ended.
 */

/** Calls between two looks at the clock. */
const TICKS_A_LOOK = 256;

/** What a tick throws. Code that catches it is thrown at again at its next tick. */
export class Interruption {}

/** Answered for a run that did not come to an end of its own. */
export const TIMED_OUT = Symbol('timed out');

export class Watchdog {
  #deadline = Infinity;
  #expired = false;
  #ticks = 0;

  constructor(private readonly now: () => number) {}

  /** For the rewritten code. Outside a watched run it does nothing: callbacks may outlive theirs. */
  readonly tick = (): void => {
    if (this.#deadline === Infinity) return;
    if (!this.#expired && ++this.#ticks % TICKS_A_LOOK === 0) this.#expired = this.now() >= this.#deadline;
    if (this.#expired) throw new Interruption();
  };

  /** Runs `script` for at most `timeout` milliseconds. */
  watch<T>(timeout: number, script: () => T): T | typeof TIMED_OUT {
    const outer = this.#deadline;
    const own = this.now() + timeout;
    // Of two watched runs, one in the other, the time that ends first counts.
    if (own < outer) this.#deadline = own;
    try {
      return script();
    } catch (error) {
      if (!(error instanceof Interruption) || own >= outer) throw error;
      return TIMED_OUT;
    } finally {
      this.#deadline = outer;
      this.#expired = this.now() >= outer;
    }
  }
}
