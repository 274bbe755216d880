/** `internalBinding('symbols')`: keys that the library and the bindings share. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return { ...env.perIsolateSymbols };
}
