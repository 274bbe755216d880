/** `internalBinding('constants')`: `os.constants`, `fs.constants` and the like, as the real binary has them. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return nullPrototype(env.constants) as Record<string, unknown>;
}

/** A copy whose objects have no prototype, as in Node. */
function nullPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const copy = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = nullPrototype(item);
  return copy;
}
