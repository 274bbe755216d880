/** `internalBinding('diagnostics_channel')`: channels that native code publishes to; none of ours does. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return { subscribers: new Uint32Array(1024), linkNativeChannel() {}, notifyChannelActive() {}, notifyChannelInactive() {} };
}
