/** `internalBinding('tls_wrap')`: there is no TLS inside the container; what needs it is refused when it is used, not when it is loaded. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(_env: Environment): Record<string, unknown> {
  return {
    HAVE_SSL_TRACE: 0,
    wrap() {
      throw unavailable('TLS');
    },
    TLSWrap: class TLSWrap {
      constructor() {
        throw unavailable('TLS');
      }
    },
  };
}
