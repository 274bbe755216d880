/** `internalBinding('wasm_web_api')`: `WebAssembly.compileStreaming` is the browser's own. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return { setImplementation() {} };
}
