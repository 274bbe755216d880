/** The browser's globals: saved for ourselves, then taken away from guest code, which must find Node's and nothing else. */

import type { HostGlobals } from './environment';

export function saveHostGlobals(): HostGlobals {
  const scope = globalThis as any;
  return {
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
    queueMicrotask: queueMicrotask.bind(globalThis),
    performance,
    crypto,
    fetch: fetch.bind(globalThis),
    URL,
    TextEncoder,
    TextDecoder,
    MessageChannel,
    MessagePort,
    structuredClone: structuredClone.bind(globalThis),
    Worker,
    WebSocket,
    console,
    importScripts: scope.importScripts.bind(globalThis),
    EventTarget,
    Event,
    Blob,
    BroadcastChannel,
    DOMException,
    reportError: scope.reportError.bind(globalThis),
    addEventListener: globalThis.addEventListener.bind(globalThis),
    atob: atob.bind(globalThis),
    btoa: btoa.bind(globalThis),
    navigator,
    URLPattern: scope.URLPattern,
    XMLHttpRequest,
    origin: scope.location.origin,
    scriptUrl: scope.location.href,
  };
}

/** Globals that ECMAScript defines and every version of Node has. Node's library adds its own later. */
const KEPT = new Set([
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean', 'String', 'Symbol', 'Date',
  'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
  'globalThis', 'JSON', 'Math', 'Intl', 'ArrayBuffer', 'Atomics', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array',
  'Int32Array', 'BigUint64Array', 'BigInt64Array', 'Uint8ClampedArray', 'Float16Array', 'Float32Array', 'Float64Array', 'DataView', 'Map',
  'BigInt', 'Set', 'Iterator', 'WeakMap', 'WeakSet', 'Proxy', 'Reflect', 'FinalizationRegistry', 'WeakRef', 'decodeURI',
  'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape', 'eval', 'isFinite', 'isNaN', 'SuppressedError',
  'DisposableStack', 'AsyncDisposableStack', 'SharedArrayBuffer', 'WebAssembly', 'InternalError',
]);

/**
 * Removes every global that is the browser's alone, from the global object and its prototypes. What cannot be deleted is shadowed.
 * Libraries decide by `self`, `importScripts`, `location` or `WorkerGlobalScope` whether they run in a browser. `later`: what else ECMAScript
 * defines and this version has.
 */
export function removeBrowserGlobals(later: readonly string[]): void {
  const names = new Set<string>();
  for (let level: object | null = globalThis; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (KEPT.has(name) || later.includes(name)) continue;
      // `constructor` of the prototypes is asked for by the engine itself.
      if (name !== 'constructor' && Reflect.deleteProperty(level, name)) continue;
      names.add(name);
    }
  }
  for (const name of names) {
    if (name === 'constructor' || !(name in globalThis)) continue;
    Reflect.defineProperty(globalThis, name, { value: undefined, writable: true, enumerable: false, configurable: true });
  }
}
