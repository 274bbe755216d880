/** Module namespace objects (ECMA-262 10.4.6): live, sealed, with sorted names and `Symbol.toStringTag`. */

import type { Getter } from './module-record';

/** Taken before `rememberProxies`: Node has no proxy here, and inspection would look through one. */
const EngineProxy = Proxy;

const namespaces = new WeakSet<object>();

/** For `util.types.isModuleNamespaceObject`. */
export function isNamespace(value: unknown): boolean {
  return typeof value === 'object' && value !== null && namespaces.has(value);
}

/** `getters` in code unit order of their names. */
export function createNamespace(getters: Map<string, Getter>): object {
  const target = Object.create(null);
  // The target holds the shape; values are read through the getters. A writable property may answer another value than the
  // target's, which is what makes a proxy with the right descriptors possible.
  for (const name of getters.keys()) {
    Object.defineProperty(target, name, { value: undefined, writable: true, enumerable: true, configurable: false });
  }
  Object.defineProperty(target, Symbol.toStringTag, { value: 'Module' });
  Object.preventExtensions(target);
  const namespace: object = new EngineProxy(target, {
    get(_, key) {
      const getter = typeof key === 'string' ? getters.get(key) : undefined;
      return getter === undefined ? target[key] : getter();
    },
    set: () => false,
    defineProperty(_, key, descriptor): boolean {
      const current = Reflect.getOwnPropertyDescriptor(namespace, key);
      if (current === undefined || descriptor.get || descriptor.set) return false;
      if (descriptor.configurable === true || (typeof key === 'string' && (descriptor.enumerable === false || descriptor.writable === false))) return false;
      return !('value' in descriptor) || Object.is(descriptor.value, current.value);
    },
    deleteProperty: (_, key) => !Reflect.has(target, key),
    getOwnPropertyDescriptor(_, key) {
      const getter = typeof key === 'string' ? getters.get(key) : undefined;
      if (getter === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      return { value: getter(), writable: true, enumerable: true, configurable: false };
    },
    setPrototypeOf: (_, prototype) => prototype === null,
  });
  namespaces.add(namespace);
  return namespace;
}
