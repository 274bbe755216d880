/** `internalBinding('internal_only_v8')`: questions to the garbage collector, which a page cannot ask. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(_env: Environment): Record<string, unknown> {
  return {
    queryObjects() {
      throw unavailable('v8.queryObjects()');
    },
  };
}
