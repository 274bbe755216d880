/**
 * V8's value serializer, format version 15: tags, varints and zigzag integers in little endian; objects are numbered in the order in which
 * they begin, and a later mention of one is its number.
 */

import { proxyDetails, types } from './bindings/types';

const VERSION = 15;
/** Set on views in versions that carry flags: none here. */
const NO_FLAGS = 0;

const VIEW_TAGS: [string, new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView, number][] = [
  ['b', Int8Array, 1], ['B', Uint8Array, 1], ['C', Uint8ClampedArray, 1], ['w', Int16Array, 2], ['W', Uint16Array, 2], ['d', Int32Array, 4],
  ['D', Uint32Array, 4], ['f', Float32Array, 4], ['F', Float64Array, 8], ['q', BigInt64Array, 8], ['Q', BigUint64Array, 8], ['?', DataView, 1],
];
const ERROR_TAGS: Record<string, ErrorConstructor> = { E: EvalError, R: RangeError, F: ReferenceError, S: SyntaxError, T: TypeError, U: URIError };
const REGEXP_FLAGS = 'gimyusdv';

export interface SerializerHooks {
  /** Whether an ordinary object is written by {@link writeHostObject} instead of property by property. `plain`: it is of no class. */
  isHostObject?(object: object, plain: boolean): boolean;
  writeHostObject(object: object): void;
  /** Number of shared memory in the message; without this it cannot be cloned. */
  sharedBufferId?(buffer: SharedArrayBuffer): number;
  /** Number of a compiled module (`w`) or of a shared memory object (`m`) in the message. */
  wasmId?(object: object): number;
  /** The error for a value that cannot be cloned, with its text. */
  cannotClone(message: string): Error;
}

/** What the engine calls a value in `DataCloneError`s: `#<Promise>`, `[object Generator]`, a function's source. */
function describe(value: unknown): string {
  if (typeof value === 'function') return Function.prototype.toString.call(value);
  if (typeof value === 'symbol') return String(value);
  let name: unknown;
  try {
    name = proxyDetails(value) === undefined ? ((value as object).constructor as Function | undefined)?.name : 'Object';
  } catch {
    name = ''; // A getter that throws: the engine does not call it.
  }
  return typeof name === 'string' && name !== '' ? `#<${name}>` : tagOf(value);
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** Kinds of objects that no algorithm clones; user classes may bear the tag too, but seldom do. */
const UNCLONEABLE = /^\[object (?:Arguments|Promise|WeakMap|WeakSet|WeakRef|FinalizationRegistry|(?:Async)?Generator|.* Iterator|Iterator Helper|Segments|Segmenter|Intl\..*|WebAssembly\..*|Module|DisposableStack|AsyncDisposableStack)\]$/;

export class SerializerCore {
  readonly transfers = new Map<ArrayBufferLike, number>();
  viewsAreHostObjects = false;
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #ids = new Map<object, number>();
  readonly #encoder = new Encoder();

  constructor(private readonly hooks: SerializerHooks) {}

  writeHeader(): void {
    this.#byte(0xff);
    this.#byte(VERSION);
  }

  /** What was written, which is gone then: the next message begins empty, as after V8's `Release()`. */
  release(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  writeVarint(value: number): void {
    while (value >= 0x80) {
      this.#byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.#byte(value);
  }

  writeVarint64(value: bigint): void {
    while (value >= 0x80n) {
      this.#byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    this.#byte(Number(value));
  }

  writeDouble(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  writeValue(value: unknown): void {
    switch (typeof value) {
      case 'undefined': return this.#tag('_');
      case 'boolean': return this.#tag(value ? 'T' : 'F');
      case 'number': return this.#number(value);
      case 'bigint': this.#tag('Z'); return this.#bigint(value);
      case 'string': return this.#string(value);
      case 'object': return value === null ? this.#tag('0') : this.#object(value);
      default: throw this.#cannotClone(value);
    }
  }

  #number(value: number): void {
    // Small integers; -0 is not one.
    if (Number.isInteger(value) && value >= -1073741824 && value <= 1073741823 && !Object.is(value, -0)) {
      this.#tag('I');
      this.writeVarint(value >= 0 ? value * 2 : -value * 2 - 1);
    } else {
      this.#tag('N');
      this.writeDouble(value);
    }
  }

  #bigint(value: bigint): void {
    let magnitude = value < 0n ? -value : value;
    const digits: number[] = [];
    for (; magnitude > 0n; magnitude >>= 8n) digits.push(Number(magnitude & 0xffn));
    while (digits.length % 8 !== 0) digits.push(0);
    this.writeVarint((digits.length << 1) | (value < 0n ? 1 : 0));
    this.writeBytes(Uint8Array.from(digits));
  }

  #string(value: string): void {
    if (isLatin1(value)) {
      this.#tag('"');
      this.writeVarint(value.length);
      this.#reserve(value.length);
      for (let index = 0; index < value.length; index++) this.#bytes[this.#length++] = value.charCodeAt(index);
      return;
    }
    // Two-byte strings begin at an even offset.
    const bytes = value.length * 2;
    if ((this.#length + 1 + varintSize(bytes)) % 2 === 1) this.#byte(0);
    this.#tag('c');
    this.writeVarint(bytes);
    this.writeBytes(this.#encoder.utf16(value));
  }

  #object(object: object): void {
    const view = ArrayBuffer.isView(object);
    // The buffer goes first, the view refers to it.
    if (view && !this.#ids.has(object) && !this.viewsAreHostObjects && !this.#ids.has(object.buffer)) this.writeValue(object.buffer);
    const known = this.#ids.get(object);
    if (known !== undefined) {
      this.#tag('^');
      return this.writeVarint(known);
    }
    this.#ids.set(object, this.#ids.size);
    if (proxyDetails(object)) throw this.#cannotClone(object);
    if (Array.isArray(object)) return this.#array(object);
    if (view) return this.viewsAreHostObjects ? this.#hostObject(object) : this.#arrayView(object);
    const prototype = Object.getPrototypeOf(object) as object | null;
    // Most objects: what has an own kind has a prototype of that kind, or at least its tag.
    if ((prototype === Object.prototype || prototype === null) && tagOf(object) === '[object Object]') return this.#plain(object);
    return this.#special(object);
  }

  #plain(object: object): void {
    if (this.hooks.isHostObject?.(object, true)) return this.#hostObject(object);
    this.#ordinary(object);
  }

  #ordinary(object: object): void {
    this.#tag('o');
    const written = this.#properties(object, Object.keys(object));
    this.#tag('{');
    this.writeVarint(written);
  }

  #special(object: object): void {
    if (types.isDate!(object)) {
      this.#tag('D');
      return this.writeDouble(Date.prototype.getTime.call(object));
    }
    if (types.isRegExp!(object)) {
      const { source, flags: names } = object as RegExp;
      this.#tag('R');
      this.#string(source);
      let flags = 0;
      for (const flag of names) flags |= [1, 2, 4, 8, 16, 32, 128, 256][REGEXP_FLAGS.indexOf(flag)] ?? 0;
      return this.writeVarint(flags);
    }
    if (types.isMap!(object)) {
      const entries: unknown[] = [];
      Map.prototype.forEach.call(object as Map<unknown, unknown>, (value, key) => entries.push(key, value));
      this.#tag(';');
      for (const item of entries) this.writeValue(item);
      this.#tag(':');
      return this.writeVarint(entries.length);
    }
    if (types.isSet!(object)) {
      const values: unknown[] = [];
      Set.prototype.forEach.call(object as Set<unknown>, (value) => values.push(value));
      this.#tag("'");
      for (const value of values) this.writeValue(value);
      this.#tag(',');
      return this.writeVarint(values.length);
    }
    if (types.isArrayBuffer!(object)) return this.#arrayBuffer(object as ArrayBuffer);
    if (types.isSharedArrayBuffer!(object)) return this.#numbered('u', object, this.hooks.sharedBufferId?.(object as SharedArrayBuffer));
    if (types.isNativeError!(object)) return this.hooks.isHostObject?.(object, false) ? this.#hostObject(object) : this.#error(object as Error);
    const primitive = boxedPrimitive(object);
    if (primitive !== undefined) return this.#boxed(primitive);
    if (this.hooks.isHostObject?.(object, false)) return this.#hostObject(object);
    if (object instanceof WebAssembly.Module) return this.#numbered('w', object, this.hooks.wasmId?.(object));
    if (object instanceof WebAssembly.Memory && types.isSharedArrayBuffer!(object.buffer)) {
      return this.#numbered('m', object, this.hooks.wasmId?.(object));
    }
    if (types.isSymbolObject!(object) || types.isPromise!(object) || UNCLONEABLE.test(tagOf(object))) throw this.#cannotClone(object);
    this.#ordinary(object);
  }

  /** Something that travels beside the bytes. */
  #numbered(tag: string, object: object, id: number | undefined): void {
    if (id === undefined) throw this.#cannotClone(object);
    this.#tag(tag);
    this.writeVarint(id);
  }

  #cannotClone(value: unknown): Error {
    return this.hooks.cannotClone(`${describe(value)} could not be cloned.`);
  }

  #properties(object: object, keys: string[]): number {
    for (const key of keys) {
      const index = Number(key);
      if (Number.isInteger(index) && index >= 0 && index <= 4294967294 && String(index) === key) this.#number(index);
      else this.#string(key);
      this.writeValue((object as any)[key]);
    }
    return keys.length;
  }

  #array(array: unknown[]): void {
    let dense = true;
    for (let index = 0; index < array.length && dense; index++) dense = index in array;
    const others = Object.keys(array).filter((key) => !(Number.isInteger(Number(key)) && String(Number(key)) === key));
    if (dense) {
      this.#tag('A');
      this.writeVarint(array.length);
      for (const item of array) this.writeValue(item);
      const written = this.#properties(array, others);
      this.#tag('$');
      this.writeVarint(written);
    } else {
      this.#tag('a');
      this.writeVarint(array.length);
      const written = this.#properties(array, Object.keys(array));
      this.#tag('@');
      this.writeVarint(written);
    }
    this.writeVarint(array.length);
  }

  #arrayBuffer(buffer: ArrayBuffer): void {
    const id = this.transfers.get(buffer);
    if (id !== undefined) {
      this.#tag('t');
      return this.writeVarint(id);
    }
    if (buffer.detached) throw this.hooks.cannotClone('An ArrayBuffer is detached and could not be cloned.');
    this.#tag(buffer.resizable ? '~' : 'B');
    this.writeVarint(buffer.byteLength);
    if (buffer.resizable) this.writeVarint(buffer.maxByteLength);
    this.writeBytes(new Uint8Array(buffer));
  }

  #arrayView(view: ArrayBufferView): void {
    const entry = VIEW_TAGS.find(([, type]) => view instanceof type)!;
    this.#tag('V');
    this.#tag(entry[0]);
    this.writeVarint(view.byteOffset);
    this.writeVarint(view.byteLength);
    this.writeVarint(NO_FLAGS);
  }

  #hostObject(object: object): void {
    this.#tag('\\');
    this.hooks.writeHostObject(object);
  }

  #error(error: Error): void {
    this.#tag('r');
    const prototype = Object.entries(ERROR_TAGS).find(([, type]) => error.name === type.name)?.[0];
    if (prototype) this.#tag(prototype);
    if (Object.hasOwn(error, 'message')) {
      this.#tag('m');
      this.#string(String(error.message));
    }
    if (typeof error.stack === 'string') {
      this.#tag('s');
      this.#string(error.stack);
    }
    if (Object.hasOwn(error, 'cause')) {
      this.#tag('c');
      this.writeValue(error.cause);
    }
    this.#tag('.');
  }

  #boxed(value: boolean | number | bigint | string): void {
    switch (typeof value) {
      case 'boolean': return this.#tag(value ? 'y' : 'x');
      case 'number': this.#tag('n'); return this.writeDouble(value);
      case 'bigint': this.#tag('z'); return this.#bigint(value);
      case 'string': this.#tag('s'); return this.#string(value);
    }
  }

  #tag(character: string): void {
    this.#byte(character.charCodeAt(0));
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

class Encoder {
  utf16(text: string): Uint8Array {
    const bytes = new Uint8Array(text.length * 2);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < text.length; index++) view.setUint16(index * 2, text.charCodeAt(index), true);
    return bytes;
  }
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 255) return false;
  return true;
}

function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) size += 1;
  return size;
}

function boxedPrimitive(object: object): boolean | number | bigint | string | undefined {
  if (types.isNumberObject!(object)) return Number.prototype.valueOf.call(object);
  if (types.isStringObject!(object)) return String.prototype.valueOf.call(object);
  if (types.isBooleanObject!(object)) return Boolean.prototype.valueOf.call(object);
  return types.isBigIntObject!(object) ? BigInt.prototype.valueOf.call(object) : undefined;
}

export interface DeserializerHooks {
  readHostObject(): object;
  sharedBuffer?(id: number): SharedArrayBuffer;
  wasm?(id: number): object;
}

export class DeserializerCore {
  version = 0;
  readonly transferred = new Map<number, ArrayBuffer | SharedArrayBuffer>();
  #at = 0;
  readonly #view: DataView;
  readonly #objects: object[] = [];

  constructor(private readonly bytes: Uint8Array, private readonly hooks: DeserializerHooks) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  readHeader(): void {
    if (this.bytes[this.#at] !== 0xff) throw this.#broken();
    this.#at += 1;
    this.version = this.readVarint();
    if (this.version > VERSION) throw this.#broken();
  }

  readVarint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value >>> 0 === value ? value : value % 0x1_0000_0000;
    }
  }

  readVarint64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  readDouble(): number {
    const value = this.#view.getFloat64(this.skip(8), true);
    return value;
  }

  /** Moves over `length` bytes; answers where they begin. */
  skip(length: number): number {
    const start = this.#at;
    if (start + length > this.bytes.length) throw this.#broken();
    this.#at += length;
    return start;
  }

  readValue(): unknown {
    const value = this.#read(this.#tag());
    // A view follows its buffer.
    if (types.isAnyArrayBuffer!(value) && this.bytes[this.#at] === 0x56) {
      this.#at += 1;
      return this.#arrayView(value as ArrayBufferLike);
    }
    return value;
  }

  #read(tag: string): unknown {
    switch (tag) {
      case '_': return undefined;
      case '0': return null;
      case 'T': return true;
      case 'F': return false;
      case 'I': return this.#integer();
      case 'U': return this.readVarint();
      case 'N': return this.readDouble();
      case 'Z': return this.#bigint();
      case '"': case 'c': case 'S': return this.#string(tag);
      case '^': return this.#objects[this.readVarint()] ?? this.#fail();
      case 'D': return this.#keep(new Date(this.readDouble()));
      case 'y': return this.#keep(Object(true));
      case 'x': return this.#keep(Object(false));
      case 'n': return this.#keep(Object(this.readDouble()));
      case 'z': return this.#keep(Object(this.#bigint()));
      case 's': return this.#keep(Object(this.#string(this.#tag())));
      case 'R': return this.#regExp();
      case 'o': return this.#plainObject();
      case 'A': return this.#denseArray();
      case 'a': return this.#sparseArray();
      case ';': return this.#map();
      case "'": return this.#set();
      case 'B': return this.#arrayBuffer();
      case '~': return this.#resizableBuffer();
      case 'u': return this.#keep(this.hooks.sharedBuffer?.(this.readVarint()) ?? this.#fail());
      case 'w': case 'm': return this.#keep(this.hooks.wasm?.(this.readVarint()) ?? this.#fail());
      case 't': return this.#keep(this.transferred.get(this.readVarint()) ?? this.#fail());
      case 'r': return this.#error();
      case '\\': {
        const id = this.#reserve();
        return (this.#objects[id] = this.hooks.readHostObject());
      }
      default: return this.#fail();
    }
  }

  #integer(): number {
    const value = this.readVarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #bigint(): bigint {
    const field = this.readVarint();
    const length = field >>> 1;
    const start = this.skip(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.bytes[start + index]!);
    return field & 1 ? -value : value;
  }

  #string(tag: string): string {
    const length = this.readVarint();
    const start = this.skip(length);
    let text = '';
    if (tag === '"') {
      const end = start + length;
      for (let at = start; at < end; at += PIECE) text += String.fromCharCode(...this.bytes.subarray(at, Math.min(end, at + PIECE)));
    } else if (tag === 'c') for (let index = 0; index < length; index += 2) text += String.fromCharCode(this.#view.getUint16(start + index, true));
    else if (tag === 'S') text = decoder.decode(this.bytes.slice(start, start + length));
    else this.#fail();
    return text;
  }

  #regExp(): RegExp {
    const id = this.#reserve();
    const source = this.#string(this.#tag());
    const bits = this.readVarint();
    const flags = [...REGEXP_FLAGS].filter((_, index) => bits & [1, 2, 4, 8, 16, 32, 128, 256][index]!).join('');
    return (this.#objects[id] = new RegExp(source, flags)) as RegExp;
  }

  #plainObject(): object {
    const object = this.#keep({});
    this.#properties(object, '{');
    return object;
  }

  #properties(object: object, end: string): void {
    let count = 0;
    for (let tag = this.#tag(); tag !== end; tag = this.#tag(), count++) {
      const key = this.#read(tag) as string | number;
      Object.defineProperty(object, key, { configurable: true, enumerable: true, writable: true, value: this.readValue() });
    }
    if (this.readVarint() !== count) this.#fail();
  }

  #denseArray(): unknown[] {
    const length = this.readVarint();
    const array = this.#keep([] as unknown[]);
    for (let index = 0; index < length; index++) {
      // A hole that appeared while the array was written.
      if (this.bytes[this.#at] === 0x2d) this.#at += 1;
      else array[index] = this.readValue();
    }
    array.length = length;
    this.#properties(array, '$');
    this.readVarint();
    return array;
  }

  #sparseArray(): unknown[] {
    const length = this.readVarint();
    const array = this.#keep(new Array<unknown>(length));
    this.#properties(array, '@');
    this.readVarint();
    return array;
  }

  #map(): Map<unknown, unknown> {
    const map = this.#keep(new Map<unknown, unknown>());
    while (this.bytes[this.#at] !== 0x3a) map.set(this.readValue(), this.readValue());
    this.#at += 1;
    this.readVarint();
    return map;
  }

  #set(): Set<unknown> {
    const set = this.#keep(new Set<unknown>());
    while (this.bytes[this.#at] !== 0x2c) set.add(this.readValue());
    this.#at += 1;
    this.readVarint();
    return set;
  }

  #arrayBuffer(): ArrayBuffer {
    const length = this.readVarint();
    const start = this.skip(length);
    return this.#keep(new Uint8Array(this.bytes.subarray(start, start + length)).buffer);
  }

  #resizableBuffer(): ArrayBuffer {
    const length = this.readVarint();
    const buffer = new ArrayBuffer(length, { maxByteLength: this.readVarint() });
    const start = this.skip(length);
    new Uint8Array(buffer).set(this.bytes.subarray(start, start + length));
    return this.#keep(buffer);
  }

  #arrayView(buffer: ArrayBufferLike): ArrayBufferView {
    const tag = this.#tag();
    const offset = this.readVarint();
    const length = this.readVarint();
    if (this.version >= 14) this.readVarint();
    const [, type, size] = VIEW_TAGS.find(([name]) => name === tag) ?? this.#fail();
    return this.#keep(new type(buffer, offset, length / size));
  }

  #error(): Error {
    const id = this.#reserve();
    let type: ErrorConstructor = Error;
    let message: string | undefined;
    let stack: string | undefined;
    const cause: unknown[] = [];
    for (let tag = this.#tag(); tag !== '.'; tag = this.#tag()) {
      if (tag === 'm') message = this.#string(this.#tag());
      else if (tag === 's') stack = this.#string(this.#tag());
      else if (tag === 'c') cause.push(this.readValue());
      else type = ERROR_TAGS[tag] ?? this.#fail();
    }
    const error = new type(message, cause.length > 0 ? { cause: cause[0] } : undefined);
    if (stack !== undefined) Object.defineProperty(error, 'stack', { configurable: true, enumerable: false, writable: true, value: stack });
    this.#objects[id] = error;
    return error;
  }

  #reserve(): number {
    return this.#objects.push({}) - 1;
  }

  #keep<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #tag(): string {
    // Zeros are padding.
    let byte = this.#byte();
    while (byte === 0) byte = this.#byte();
    return String.fromCharCode(byte);
  }

  #byte(): number {
    if (this.#at >= this.bytes.length) throw this.#broken();
    return this.bytes[this.#at++]!;
  }

  #broken(): Error {
    return new Error('Unable to deserialize cloned data.');
  }

  #fail(): never {
    throw this.#broken();
  }
}

const decoder = new TextDecoder();
/** Characters made at once: engines limit the number of arguments. */
const PIECE = 4096;
