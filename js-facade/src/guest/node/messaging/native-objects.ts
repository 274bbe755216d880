/** Objects of the bindings themselves that may be in messages: blobs, file handles, block lists. */

import type { Environment } from '../environment';

export interface NativeType {
  /** `binding:Class`; the binding registers the type when it is created. */
  name: string;
  is(object: object): boolean;
  /** Whether it must be listed in the transfer list; otherwise it is cloned. */
  transferable: boolean;
  /** What tells everything of the object in this thread. A transferred object is of no use afterwards. */
  write(object: object): unknown;
  read(value: unknown): object;
  /** The same for another thread: plain data. Without these the value is such already. */
  pack?(value: any): unknown;
  unpack?(plain: any): unknown;
  /** Gives up what was written and will not be read. */
  drop?(value: unknown): void;
}

export interface NativeObject {
  type: NativeType;
  value: unknown;
}

const registered = new WeakMap<Environment, Map<string, NativeType>>();

function typesOf(env: Environment): Map<string, NativeType> {
  let types = registered.get(env);
  if (!types) registered.set(env, (types = new Map()));
  return types;
}

export function registerNativeType(env: Environment, type: NativeType): void {
  typesOf(env).set(type.name, type);
}

export function nativeTypeOf(env: Environment, object: object): NativeType | undefined {
  for (const type of typesOf(env).values()) if (type.is(object)) return type;
  return undefined;
}

/** The type of this name, whose binding may not have been needed here before. */
export function nativeTypeNamed(env: Environment, name: string): NativeType {
  env.internalBinding(name.slice(0, name.indexOf(':')));
  const type = typesOf(env).get(name);
  if (!type) throw new Error(`unknown type of object in a message: ${name}`);
  return type;
}
