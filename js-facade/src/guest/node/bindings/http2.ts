/** `internalBinding('http2')`: constants and settings; sessions are refused, since no peer in the container speaks HTTP/2. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  const values = env.data.bindings.http2;
  class Refused {
    constructor() {
      throw unavailable('HTTP/2');
    }
  }
  return {
    ...values,
    sessionState: new Float64Array(9),
    streamState: new Float64Array(6),
    settingsBuffer: new Uint32Array(29),
    optionsBuffer: new Uint32Array(14),
    streamStats: new Float64Array(6),
    sessionStats: new Float64Array(9),
    Http2Session: Refused,
    Http2Stream: Refused,
    nghttp2ErrorString: (code: number) => `nghttp2 error ${code}`,
    refreshDefaultSettings() {},
    packSettings() {
      throw unavailable('HTTP/2');
    },
    setCallbackFunctions() {},
  };
}
