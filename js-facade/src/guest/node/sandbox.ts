/**
 * Running code over an object as its global (`vm.runInContext`). It is the same realm: intrinsics are shared with everybody, but names are
 * looked up in, and assigned to, the object.
 */

import type { Environment } from './environment';
import type { CompileOptions } from './script-compiler';

/** What a fresh context has of its own: the language's globals. */
const INTRINSICS = [
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean', 'String', 'Symbol', 'Date',
  'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'JSON',
  'Math', 'Intl', 'ArrayBuffer', 'Atomics', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array',
  'BigUint64Array', 'BigInt64Array', 'Uint8ClampedArray', 'Float16Array', 'Float32Array', 'Float64Array', 'DataView', 'Map', 'BigInt', 'Set',
  'Iterator', 'WeakMap', 'WeakSet', 'Proxy', 'Reflect', 'FinalizationRegistry', 'WeakRef', 'decodeURI', 'decodeURIComponent', 'encodeURI',
  'encodeURIComponent', 'escape', 'unescape', 'isFinite', 'isNaN', 'SharedArrayBuffer', 'WebAssembly', 'eval',
];

const RUN = 'return eval(ºcode)';

const globals = new WeakMap<object, object>();

/** The context's global object as its own code sees it (`this`, `globalThis`): the sandbox, with the language's globals behind it. */
function globalOf(sandbox: any): object {
  const known = globals.get(sandbox);
  if (known !== undefined) return known;
  const global: object = new Proxy(sandbox, {
    has: (target, key) => key in target || INTRINSICS.includes(key as string),
    get(target, key) {
      if (key in target) return target[key];
      if (key === 'globalThis') return global;
      return INTRINSICS.includes(key as string) ? (globalThis as any)[key] : undefined;
    },
  });
  globals.set(sandbox, global);
  return global;
}

export function runInSandbox(env: Environment, sandbox: any, source: string, options: CompileOptions): unknown {
  const global = globalOf(sandbox);
  const scope = new Proxy(sandbox, {
    // Everything is claimed, so that nothing of the real global object shows through.
    has: (_target, key) => key !== 'eval' && !(typeof key === 'string' && key.startsWith('º')),
    get(target, key) {
      if (key === Symbol.unscopables) return undefined;
      if (key in target) return target[key];
      if (key === 'globalThis') return global;
      if (typeof key === 'string' && INTRINSICS.includes(key)) return (globalThis as any)[key];
      throw new ReferenceError(`${String(key)} is not defined`);
    },
    set(target, key, value) {
      target[key] = value;
      return true;
    },
  });
  const { code, stretches } = env.compiler.rewrite(source);
  const name = env.sources.add(options.file, source, 0, options.lineOffset, options.columnOffset, stretches);
  const run = new Function('ºscope', 'ºcode', `with (ºscope) { ${RUN} }`);
  // Function declarations land in the scope of the function around, which is why they are handed over at the end.
  const declared = [...source.matchAll(/(?:^|[;}\n])\s*(?:async\s+)?function\s*\*?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)].map(([, declaredName]) => declaredName!);
  const exporting = declared.map((declaredName) => `;try{ºscope[${JSON.stringify(declaredName)}]=${declaredName}}catch{}`).join('');
  if (exporting === '') return run.call(global, scope, code + name);
  const hoisting = new Function('ºscope', 'ºcode', `var ºresult; with (ºscope) { ºresult = eval(ºcode) } ${exporting} return ºresult`);
  return hoisting.call(global, scope, code + name);
}
