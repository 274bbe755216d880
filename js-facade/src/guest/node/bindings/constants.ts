/** `internalBinding('constants')`: `os.constants`, `fs.constants` and the like, as the real binary has them. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return nullPrototype(env.constants);
}

/** A copy whose objects have no prototype, and whose values cannot be changed, as in Node. */
function nullPrototype(value: object): Record<string, unknown> {
  const copy = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) copy[key] = nullPrototype(item);
    else Object.defineProperty(copy, key, { value: item, enumerable: true });
  }
  return copy;
}
