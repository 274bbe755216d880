/** `internalBinding('inspector')`: there is none, the browser has its own tools. Nobody is attached; to open it or to connect is Node's own error. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

function notAvailable(): Error {
  return codedError('ERR_INSPECTOR_NOT_AVAILABLE', 'Inspector is not available');
}

/** A session's connection, which cannot be made. */
class Connection {
  constructor() {
    throw notAvailable();
  }
}

export function create(_env: Environment): Record<string, unknown> {
  return {
    isEnabled: () => false,
    url: () => undefined,
    waitForDebugger: () => false,
    // Events for front ends, of which there are none.
    emitProtocolEvent() {},
    open() {
      throw notAvailable();
    },
    putNetworkResource() {
      throw notAvailable();
    },
    Connection,
    MainThreadConnection: Connection,
    console: {},
    setConsoleExtensionInstaller() {},
    registerAsyncHook() {},
  };
}
