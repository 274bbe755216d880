/** `internalBinding('watchdog')`: a stack trace at SIGINT would have to interrupt running code, which a page cannot. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(_env: Environment): Record<string, unknown> {
  return {
    TraceSigintWatchdog: class TraceSigintWatchdog {
      start() {
        throw unavailable('util.setTraceSigInt()');
      }
      stop() {}
    },
  };
}
