/**
 * Structured clones with Node's own classes in them (`Blob`, `KeyObject`, `DOMException`, ...): the browser's algorithm knows none of those, so
 * each is replaced by a marked record before, and made again after.
 */

import type { Environment } from './environment';
import { variablesOf } from './environment-variables';

const kCloneable = 2;
const MARK = 'wosix:node-object';

interface Marked {
  [MARK]: string;
  data: unknown;
}

/** How a binding posts objects of its own native classes. */
export interface NativeClones {
  /** What to post for `object`, if it is one of them. */
  encode(object: object): unknown;
  /** The object again. */
  decode(data: unknown): object;
}

/** Before the name of the binding, where objects of the library have their class. */
const NATIVE = 'native:';

const nativeClones = new WeakMap<Environment, Map<string, NativeClones>>();

/** Lets objects of the binding called `name` be posted; another process gets them again when it has that binding. */
export function registerNativeClones(env: Environment, name: string, clones: NativeClones): void {
  let all = nativeClones.get(env);
  if (all === undefined) nativeClones.set(env, (all = new Map()));
  all.set(name, clones);
}

function encodeNative(env: Environment, object: object): Marked | undefined {
  for (const [name, clones] of nativeClones.get(env) ?? []) {
    const data = clones.encode(object);
    if (data !== undefined) return { [MARK]: NATIVE + name, data };
  }
  return undefined;
}

function decodeNative(env: Environment, name: string, data: unknown): object {
  // Creating the binding registers how.
  env.internalBinding(name);
  return nativeClones.get(env)!.get(name)!.decode(data);
}

/** Replaces Node's cloneable objects inside `value`. Answers `value` itself when there are none. */
export function encodeNodeObjects(env: Environment, value: unknown): unknown {
  return walk(value, new Map(), (object) => {
    const variables = variablesOf(object);
    if (variables !== undefined) return { ...variables };
    const mode = (object as any)[env.privateSymbols.transfer_mode_private_symbol!] as number | undefined;
    if (mode === undefined) return encodeNative(env, object);
    const clone = (object as any)[env.perIsolateSymbols.messaging_clone_symbol!];
    if (!(mode & kCloneable) || typeof clone !== 'function') throw cannotClone(env, object);
    const { data, deserializeInfo } = clone.call(object) as { data: unknown; deserializeInfo: string };
    return { [MARK]: deserializeInfo, data: encodeNodeObjects(env, data) } satisfies Marked;
  });
}

export function decodeNodeObjects(env: Environment, value: unknown): unknown {
  return walk(value, new Map(), (object) => {
    if (!Object.hasOwn(object, MARK)) return undefined;
    const { [MARK]: info, data } = object as Marked;
    if (info.startsWith(NATIVE)) return decodeNative(env, info.slice(NATIVE.length), data);
    const result = env.createDeserialized!(info);
    result[env.perIsolateSymbols.messaging_deserialize_symbol!](decodeNodeObjects(env, data));
    return result;
  });
}

function cannotClone(env: Environment, object: object): Error {
  return new env.perContext.DOMException(`${object.constructor?.name ?? 'Object'} could not be cloned.`, 'DataCloneError');
}

/** Copies only the containers on the way to something that `replace` replaces. */
function walk(value: unknown, seen: Map<object, unknown>, replace: (object: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const replaced = replace(value);
  if (replaced !== undefined) {
    seen.set(value, replaced);
    return replaced;
  }
  seen.set(value, value);
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = walk(value[index], seen, replace);
      if (item !== value[index]) return copyWith(value.slice(), index, value, seen, replace);
    }
  } else if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    let changed = false;
    for (const [key, item] of value) {
      const newKey = walk(key, seen, replace);
      const newItem = walk(item, seen, replace);
      changed ||= newKey !== key || newItem !== item;
      copy.set(newKey, newItem);
    }
    if (changed) return copy;
  } else if (prototype === Object.prototype || prototype === null) {
    for (const key of Object.keys(value)) {
      const item = walk((value as any)[key], seen, replace);
      if (item !== (value as any)[key]) return copyWith({ ...value }, key, value, seen, replace);
    }
  }
  return value;
}

function copyWith(copy: any, _from: PropertyKey, original: any, seen: Map<object, unknown>, replace: (object: object) => object | undefined): unknown {
  seen.set(original, copy);
  for (const key of Object.keys(original)) copy[key] = walk(original[key], seen, replace);
  return copy;
}
