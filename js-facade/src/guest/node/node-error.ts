/** What Node calls a feature that no browser can give. */

import { codedError } from './uv-errors';

export function unavailable(what: string): Error {
  return codedError('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `${what} is unavailable on this platform`, TypeError);
}
