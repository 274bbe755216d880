/** `internalBinding('util')`: what inspection needs to see of objects, and odds and ends. */

import { ignoreRejection } from '../engine-promise';
import type { Environment } from '../environment';
import { parseEnv } from '../dotenv';
import { kPending } from '../promise-states';
import { proxyDetails } from './types';

const HANDLE_TYPES = ['TCP', 'TTY', 'UDP', 'FILE', 'PIPE', 'UNKNOWN', 'INVALID'];

export function create(env: Environment): Record<string, unknown> {
  const values = env.data.bindings.util;

  return {
    constants: values.constants,
    /** The engine's own getter, which Node 26 has no primordial of. */
    getSharedArrayBufferGrowable: Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'growable')!.get,
    privateSymbols: env.privateSymbols,
    /** The library sets it to 0 while somebody takes every exception (a domain, a capture callback). */
    shouldAbortOnUncaughtToggle: new Uint32Array([1]),

    isInsideNodeModules(frameLimit = 10, defaultValue = false) {
      for (const site of env.stacks.capture(env.internalBinding('util').isInsideNodeModules).slice(0, frameLimit)) {
        const file = site.getFileName();
        if (!file || file.startsWith('node:')) continue;
        return /[/\\]node_modules[/\\]/.test(file);
      }
      return defaultValue;
    },
    /** Properties that load the builtin `id` when first read. */
    defineLazyProperties(target: object, id: string, keys: string[], enumerable = true) {
      for (const key of keys) {
        const set = (value: unknown) => {
          Object.defineProperty(target, key, { configurable: true, enumerable, writable: true, value });
        };
        const get = () => {
          const value = env.requireBuiltin(id)[key];
          set(value);
          return value;
        };
        Object.defineProperty(get, 'name', { value: key });
        Object.defineProperty(set, 'name', { value: key });
        Object.defineProperty(target, key, { __proto__: null, configurable: true, enumerable, get, set } as PropertyDescriptor);
      }
    },
    /** `[state, result]`. A page cannot look into a promise; only what passed through our own hands is known, the rest reads as pending. */
    getPromiseDetails(promise: unknown) {
      return promise instanceof Promise ? (env.promiseStates.get(promise) ?? [kPending, undefined]) : undefined;
    },
    getProxyDetails(value: unknown, both = true) {
      const details = proxyDetails(value);
      return details && (both ? details : details[0]);
    },
    getCallerLocation() {
      const site = env.stacks.capture(env.internalBinding('util').getCallerLocation)[1];
      return site && [site.getLineNumber(), site.getColumnNumber(), site.getFileName()];
    },
    /** Entries of a map or set iterator, without moving it; `[entries, isKeyValue]` when asked for. */
    previewEntries(value: object, isIterator?: boolean) {
      let entries: unknown[] = [];
      let isKeyValue = false;
      if (value instanceof Map) {
        entries = [...value].flat(1);
        isKeyValue = true;
      } else if (value instanceof Set) {
        entries = [...value];
      } else if (!(value instanceof WeakMap || value instanceof WeakSet)) {
        ({ entries, isKeyValue } = env.iteratorPreview(value));
      }
      return isIterator === undefined ? entries : [entries, isKeyValue];
    },
    getOwnNonIndexProperties(value: object, filter: number) {
      const { ONLY_ENUMERABLE, SKIP_SYMBOLS } = values.constants;
      const onlyEnumerable = (filter & ONLY_ENUMERABLE) !== 0;
      const skipSymbols = (filter & SKIP_SYMBOLS) !== 0;
      const isEnumerable = (key: PropertyKey) => Object.prototype.propertyIsEnumerable.call(value, key);
      // Indices come first, and a buffer may have millions of them: the engine is quickest at listing what is enumerable.
      // Even so it makes a string of each, which takes seconds for a large one.
      const names = isLargeTypedArray(value) ? [] : onlyEnumerable ? Object.keys(value) : Object.getOwnPropertyNames(value);
      let start = names.length;
      while (start > 0 && !isIndex(names[start - 1])) start--;
      const symbols = skipSymbols ? [] : Object.getOwnPropertySymbols(value);
      return [...names.slice(start), ...(onlyEnumerable ? symbols.filter(isEnumerable) : symbols)];
    },
    getConstructorName(value: object) {
      for (let level: object | null = value; level; level = Object.getPrototypeOf(level)) {
        const constructor = Object.getOwnPropertyDescriptor(level, 'constructor')?.value;
        if (typeof constructor === 'function' && constructor.name) return constructor.name;
      }
      return '';
    },
    getExternalValue: () => 0n,
    getCallSites(frameCount: number) {
      return env.stacks.capture(env.internalBinding('util').getCallSites).slice(1, frameCount + 1).map((site) => ({
        functionName: site.getFunctionName() ?? '',
        scriptId: '0',
        scriptName: site.getFileName() ?? '',
        lineNumber: site.getLineNumber() ?? 0,
        columnNumber: site.getColumnNumber() ?? 0,
        column: site.getColumnNumber() ?? 0,
      }));
    },
    sleep(milliseconds: number) {
      env.sys.sleep(milliseconds);
    },
    parseEnv,
    arrayBufferViewHasBuffer: () => true,
    constructSharedArrayBuffer: (length: number) => new SharedArrayBuffer(length),
    markPromiseAsHandled(promise: Promise<unknown>) {
      ignoreRejection(promise); // A handler is all that it takes; the rejection is somebody else's to report.
    },
    guessHandleType(fd: number) {
      return HANDLE_TYPES.indexOf(env.sys.handleType(fd));
    },
    isConstructor(value: unknown) {
      try {
        Reflect.construct(Object, [], value as Function);
        return true;
      } catch {
        return false; // Not a constructor.
      }
    },
    ...env.legacyTypes,
  };
}

/** Elements up to which a typed array is searched for properties with names. */
const SEARCHED_ELEMENTS = 65_536;

function isLargeTypedArray(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && (value as Uint8Array).length > SEARCHED_ELEMENTS;
}

function isIndex(key: string): boolean {
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < 4294967295 && String(index) === key;
}
