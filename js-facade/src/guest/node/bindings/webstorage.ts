/**
 * `internalBinding('webstorage')`: `sessionStorage`, which is in memory. `localStorage` over a file is an SQLite database in Node; there is none here.
 */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

const IN_MEMORY = ':memory:';
/** What a storage may hold, in bytes of UTF-16, as in Node. */
const QUOTA = 10 * 1024 * 1024;

export function create(env: Environment): Record<string, unknown> {
  const kConstructorKey = Symbol('constructorKey');
  const itemsOf = new WeakMap<object, Map<string, string>>();

  function itemsBehind(storage: object): Map<string, string> {
    const items = itemsOf.get(storage);
    if (items === undefined) throw new TypeError('Illegal invocation');
    return items;
  }

  function store(items: Map<string, string>, key: string, value: string): void {
    let size = 2 * (key.length + value.length);
    for (const [name, item] of items) if (name !== key) size += 2 * (name.length + item.length);
    if (size > QUOTA) {
      const { QuotaExceededError, DOMException } = env.perContext;
      const message = 'Setting the value exceeded the quota';
      throw QuotaExceededError ? new QuotaExceededError(message) : new DOMException(message, 'QuotaExceededError');
    }
    items.set(key, value);
  }

  class Storage {
    constructor(key: unknown, location: string) {
      if (key !== kConstructorKey) throw new (env.requireBuiltin('internal/errors').codes.ERR_ILLEGAL_CONSTRUCTOR)();
      if (location !== IN_MEMORY) throw unavailable('--localstorage-file');
      const items = new Map<string, string>();
      const proxy = new Proxy(this, namedProperties(items));
      itemsOf.set(this, items);
      itemsOf.set(proxy, items);
      return proxy;
    }

    get length(): number {
      return itemsBehind(this).size;
    }

    clear(): void {
      itemsBehind(this).clear();
    }

    getItem(key: unknown): string | null {
      return itemsBehind(this).get(`${key}`) ?? null;
    }

    key(index: unknown): string | null {
      return [...itemsBehind(this).keys()][Number(index) >>> 0] ?? null;
    }

    removeItem(key: unknown): void {
      itemsBehind(this).delete(`${key}`);
    }

    setItem(key: unknown, value: unknown): void {
      store(itemsBehind(this), `${key}`, `${value}`);
    }
  }

  /** Items are properties, too, behind those of the class. */
  function namedProperties(items: Map<string, string>): ProxyHandler<Storage> {
    const isItem = (target: Storage, key: PropertyKey): key is string => typeof key === 'string' && !(key in target) && items.has(key);
    return {
      get: (target, key, receiver) => (isItem(target, key) ? items.get(key) : Reflect.get(target, key, receiver)),
      has: (target, key) => isItem(target, key) || key in target,
      set(target, key, value) {
        if (typeof key === 'symbol') return Reflect.set(target, key, value);
        store(items, key, `${value}`);
        return true;
      },
      deleteProperty(target, key) {
        if (isItem(target, key)) return items.delete(key);
        return Reflect.deleteProperty(target, key);
      },
      ownKeys: (target) => [...[...items.keys()].filter((key) => !(key in target)), ...Reflect.ownKeys(target)],
      getOwnPropertyDescriptor: (target, key) => (
        isItem(target, key)
          ? { value: items.get(key), configurable: true, enumerable: true, writable: true }
          : Reflect.getOwnPropertyDescriptor(target, key)
      ),
      defineProperty(target, key, descriptor) {
        if (typeof key === 'symbol') return Reflect.defineProperty(target, key, descriptor);
        store(items, key, `${descriptor.value}`);
        return true;
      },
    };
  }

  return { kConstructorKey, Storage };
}
