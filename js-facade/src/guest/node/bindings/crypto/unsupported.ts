/** What the library expects of `internalBinding('crypto')` and this build does not have. Using it throws; loading it does not. */

import type { Environment } from '../../environment';
import { unavailable } from './support';

/** Classes and what a program asked for when one of them is constructed. */
const CLASSES: Record<string, string> = {
};

export function unsupported(env: Environment): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, feature] of Object.entries(CLASSES)) {
    const refusing = class {
      constructor() {
        throw unavailable(env, feature);
      }
    };
    Object.defineProperty(refusing, 'name', { value: name });
    result[name] = refusing;
  }
  return result;
}
