/** `internalBinding('inspector')`: there is none; the browser has its own tools. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return { isEnabled: () => false, console: {}, setConsoleExtensionInstaller() {}, registerAsyncHook() {} };
}
