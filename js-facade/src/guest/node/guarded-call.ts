/**
 * Calls into guest code the way the browser itself calls a listener. An exception that nobody catches is then reported with the place where
 * it was *thrown* (which no `catch` can tell: a stack says where an error was made), and Node prints that place.
 */

import type { HostGlobals } from './environment';

export interface Thrown {
  error: unknown;
  /** Where it was thrown, as the engine names the script; absent when the engine did not say. */
  location?: { file: string; line: number; column: number };
}

interface Call {
  fn: () => void;
  thrown: Thrown | undefined;
}

export class GuardedCaller {
  private readonly dispatch: (event: Event) => boolean;
  private readonly newEvent: () => Event;
  private current: Call | undefined;

  constructor(host: HostGlobals) {
    const target = new host.EventTarget();
    // Bound now: the method is taken away from guest code later.
    this.dispatch = target.dispatchEvent.bind(target);
    this.newEvent = () => new host.Event('call');
    target.addEventListener('call', () => this.current!.fn());
    host.addEventListener('error', (event: ErrorEvent) => {
      if (!this.current) return;
      event.preventDefault();
      this.current.thrown = { error: event.error, location: { file: event.filename, line: event.lineno, column: event.colno } };
    });
  }

  /** Runs `fn`; answers what it threw, if it threw. Calls may nest. */
  call(fn: () => void): Thrown | undefined {
    const outer = this.current;
    const call: Call = { fn, thrown: undefined };
    this.current = call;
    try {
      this.dispatch(this.newEvent());
    } finally {
      this.current = outer;
    }
    return call.thrown;
  }
}
