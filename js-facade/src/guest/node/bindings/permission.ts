/** `internalBinding('permission')`: what `process.permission` answers from. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return {
    has: (scope: string, reference?: unknown) => env.permissions.has(scope, reference),
    drop: (scope: string, reference?: unknown) => env.permissions.drop(scope, reference),
  };
}
