/** `internalBinding('ffi')` of Node 26: the module loads, but there are no native libraries, and no memory but the program's buffers. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

/** Functions over addresses. */
const OVER_ADDRESSES = [
  'getInt8', 'getUint8', 'getInt16', 'getUint16', 'getInt32', 'getUint32', 'getInt64', 'getUint64', 'getFloat32', 'getFloat64', 'setInt8', 'setUint8',
  'setInt16', 'setUint16', 'setInt32', 'setUint32', 'setInt64', 'setUint64', 'setFloat32', 'setFloat64', 'toString', 'toBuffer', 'toArrayBuffer',
  'exportBytes', 'getRawPointer', 'getCurrentEventLoop',
];

/** Under which a native function keeps what the library asks about it. */
const KEYS = ['kFastArguments', 'kFastBufferInvoke', 'kSbArguments', 'kSbReturn', 'kSbInvokeSlow', 'kSbSharedBuffer'];

export function create(env: Environment): Record<string, unknown> {
  const refuse = () => {
    throw unavailable('node:ffi');
  };
  return {
    ...env.data.bindings.ffi,
    ...Object.fromEntries(OVER_ADDRESSES.map((name) => [name, refuse])),
    ...Object.fromEntries(KEYS.map((name) => [name, Symbol(name)])),
    uintptrMax: 2n ** 64n - 1n,
    DynamicLibrary: class DynamicLibrary {
      constructor() {
        refuse();
      }

      // The library wraps these when it is loaded; there never is an object that has them.
      getFunction(): void {}
      getFunctions(): void {}
      get functions(): undefined { return undefined; }
    },
  };
}
