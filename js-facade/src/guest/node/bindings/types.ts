/** `internalBinding('types')`: what kind of object a value is, by internal slots that no `toStringTag` can fake where the language lets us see. */

import type { Environment } from '../environment';
import { isNamespace } from '../esm/namespace';

type Test = (value: unknown) => boolean;

/** Taken before guest code can put another in its place. */
const { isView } = ArrayBuffer;

/** Whether `method`, which throws for objects without its internal slot, takes the value. */
function slot(method: Function, ...args: unknown[]): Test {
  return (value) => {
    if (typeof value !== 'object' || value === null) return false;
    // A view has no slot that is asked for, and `Buffer.from` should not wait for an exception to be made.
    if (isView(value)) return false;
    try {
      Reflect.apply(method, value, args);
      return true;
    } catch {
      return false; // That it throws is the answer.
    }
  };
}

const getter = (prototype: object, name: PropertyKey): Function => Object.getOwnPropertyDescriptor(prototype, name)!.get!;
const tagOf = Object.prototype.toString;
const prototypeOf = Object.getPrototypeOf;

/** For kinds whose slot nothing reveals: the built-in tag, found on the kind's own prototype chain. A proxy is not asked: it is none of them. */
function tagged(tag: string): Test {
  return (value) => typeof value === 'object' && value !== null && !proxies.has(value) && tagOf.call(value) === `[object ${tag}]`;
}

const AsyncFunctionPrototype = prototypeOf(async () => {});
const GeneratorFunctionPrototype = prototypeOf(function* () {});
const AsyncGeneratorFunctionPrototype = prototypeOf(async function* () {});
const inherits = (value: unknown, ...prototypes: object[]): boolean => {
  if (typeof value !== 'function' || proxies.has(value)) return false;
  for (let level = prototypeOf(value); level; level = prototypeOf(level)) if (prototypes.includes(level)) return true;
  return false;
};

const SharedBuffer = globalThis.SharedArrayBuffer;
const isArrayBuffer = slot(getter(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer: Test = SharedBuffer ? slot(getter(SharedBuffer.prototype, 'byteLength')) : () => false;
const isNumberObject = slot(Number.prototype.valueOf);
const isStringObject = slot(String.prototype.valueOf);
const isBooleanObject = slot(Boolean.prototype.valueOf);
const isBigIntObject = slot(BigInt.prototype.valueOf);
const isSymbolObject = slot(Symbol.prototype.valueOf);
const regExpSource = getter(RegExp.prototype, 'source');
const isErrorNative = (Error as any).isError as Test | undefined;

export const types: Record<string, Test> = {
  isArgumentsObject: (value) => tagged('Arguments')(value) && !(Symbol.toStringTag in (value as object)),
  isArrayBuffer,
  isAsyncFunction: (value) => inherits(value, AsyncFunctionPrototype, AsyncGeneratorFunctionPrototype),
  isBigIntObject,
  isBooleanObject,
  isDate: slot(Date.prototype.getTime),
  /** Addresses of native code: there are none. */
  isExternal: () => false,
  isGeneratorFunction: (value) => inherits(value, GeneratorFunctionPrototype, AsyncGeneratorFunctionPrototype),
  isGeneratorObject: (value) => tagged('Generator')(value) || tagged('AsyncGenerator')(value),
  isMap: slot(getter(Map.prototype, 'size')),
  isMapIterator: tagged('Map Iterator'),
  isModuleNamespaceObject: isNamespace,
  isNativeError: (value) => (isErrorNative ? isErrorNative(value) : value instanceof Error && tagOf.call(value) === '[object Error]'),
  isNumberObject,
  isPromise: (value) => (!proxies.has(value as object) && value instanceof Promise) || tagged('Promise')(value),
  isProxy: (value) => proxies.has(value as object),
  isRegExp: (value) => value !== RegExp.prototype && slot(regExpSource)(value),
  isSet: slot(getter(Set.prototype, 'size')),
  isSetIterator: tagged('Set Iterator'),
  isSharedArrayBuffer,
  isStringObject,
  isSymbolObject,
  isWeakMap: slot(WeakMap.prototype.has, {}),
  isWeakSet: slot(WeakSet.prototype.has, {}),
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isBoxedPrimitive: (value) =>
    isNumberObject(value) || isStringObject(value) || isBooleanObject(value) || isBigIntObject(value) || isSymbolObject(value),
};

/** Both are `null` for a proxy that was revoked. */
type ProxyDetails = [target: object | null, handler: object | null];

/**
 * Target and handler of every proxy that guest code makes. Nothing tells a proxy from its target afterwards, so `Proxy` itself is replaced
 * by one that remembers.
 */
const proxies = new WeakMap<object, ProxyDetails>();
export const proxyDetails = (value: unknown): ProxyDetails | undefined => proxies.get(value as object);

export function rememberProxies(): void {
  const EngineProxy = Proxy;
  const Remembering = function Proxy(this: unknown, target: object, handler: ProxyHandler<object>) {
    if (new.target === undefined) throw new TypeError("Constructor Proxy requires 'new'");
    const proxy = new EngineProxy(target, handler);
    proxies.set(proxy, [target, handler]);
    return proxy;
  } as unknown as ProxyConstructor;
  Object.defineProperty(Remembering, 'length', { value: 2, configurable: true });
  Remembering.revocable = function revocable<T extends object>(target: T, handler: ProxyHandler<T>) {
    const result = EngineProxy.revocable(target, handler);
    const { proxy, revoke } = result;
    proxies.set(proxy, [target, handler]);
    // Assigned, and so without a name, as the engine's.
    result.revoke = () => {
      proxies.set(proxy, [null, null]);
      revoke();
    };
    return result;
  };
  Reflect.deleteProperty(Remembering, 'prototype');
  Object.defineProperty(globalThis, 'Proxy', { configurable: true, enumerable: false, writable: true, value: Remembering });
}

export function create(_env: Environment): Record<string, unknown> {
  return { ...types };
}
