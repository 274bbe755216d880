/**
 * `internalBinding('ipc_serdes')`: messages between processes with `serialization: 'advanced'`. They would be in V8's own format, which
 * a page cannot make, so using it is an error; the default, JSON, needs none of this.
 */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

export function create(_env: Environment): Record<string, unknown> {
  const refuse = (): never => {
    throw codedError('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', "serialization: 'advanced' is unavailable on the current platform, which is being used to run Node.js");
  };
  return { serialize: refuse, deserialize: refuse };
}
