/** `internalBinding('permission')`: the permission model is off, so everything is allowed. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return { has: () => true, drop() {} };
}
