/** `crypto.wasm` (see `wosix-wasm/crypto`): the wrapper over its raw exports. */

import type { Environment } from '../../environment';
import { opensslError } from './openssl-error';

/** The exports that every call needs; the others are called by name. */
interface FixedExports {
  memory: WebAssembly.Memory;
  memory_alloc(len: number): number;
  memory_free(address: number, len: number): void;
  answer_number(): number;
  answer_address(): number;
  answer_len(): number;
  answer_clear(): void;
}

/** The status of failures that OpenSSL has no code for. */
const UNEXPLAINED = 0xffffffff;

/** A call failed and OpenSSL says nothing about it: the binding has to find words. */
export class UnexplainedFailure extends Error {}

/** What a call takes: numbers and truth values as they are; bytes arrive as an address and a length. */
export type Argument = number | boolean | Uint8Array;

/** One instance of the module. */
export class CryptoModule {
  readonly #exports: FixedExports & Record<string, (...args: number[]) => number>;

  constructor(exports: WebAssembly.Exports) {
    this.#exports = exports as unknown as FixedExports & Record<string, (...args: number[]) => number>;
  }

  /** Calls the export `name` and answers the bytes it left. Throws {@link UnexplainedFailure} or OpenSSL's error if it failed. */
  bytes(name: string, ...args: Argument[]): Uint8Array<ArrayBuffer> {
    this.#call(name, args);
    const bytes = this.#answerBytes();
    this.#exports.answer_clear();
    return bytes;
  }

  /** Calls the export `name` and answers the byte strings it left one after the other. Throws {@link UnexplainedFailure} or OpenSSL's error if it failed. */
  parts(name: string, ...args: Argument[]): Uint8Array<ArrayBuffer>[] {
    const all = this.bytes(name, ...args);
    const view = new DataView(all.buffer);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < all.length; ) {
      const start = at + 4;
      at = start + view.getUint32(at, true);
      parts.push(all.slice(start, at));
    }
    return parts;
  }

  /** Calls the export `name` and answers the number it left. Throws {@link UnexplainedFailure} or OpenSSL's error if it failed. */
  number(name: string, ...args: Argument[]): number {
    this.#call(name, args);
    return this.#exports.answer_number();
  }

  /** As {@link number}, for a truth value. */
  test(name: string, ...args: Argument[]): boolean {
    return this.number(name, ...args) !== 0;
  }

  /** Calls the export `name`, which cannot fail and answers directly. */
  plain(name: string, ...args: Argument[]): number {
    return this.#pass(name, args);
  }

  #call(name: string, args: Argument[]): void {
    // A status is an unsigned number, which arrives here as a signed one.
    const status = this.#pass(name, args) >>> 0;
    if (status === 0) return;
    if (status === UNEXPLAINED) throw new UnexplainedFailure(`crypto.wasm: ${name} failed`);
    const reason = new TextDecoder().decode(this.#answerBytes());
    throw opensslError(status, reason);
  }

  #pass(name: string, args: Argument[]): number {
    const exports = this.#exports;
    const numbers: number[] = [];
    const copies: [address: number, bytes: Uint8Array][] = [];
    for (const arg of args) {
      if (typeof arg === 'object') {
        const address = exports.memory_alloc(arg.length);
        copies.push([address, arg]);
        numbers.push(address, arg.length);
      } else {
        numbers.push(Number(arg));
      }
    }
    for (const [address, bytes] of copies) new Uint8Array(exports.memory.buffer).set(bytes, address);
    const result = exports[name](...numbers);
    for (const [address, { length }] of copies) {
      // Any of them may be a key.
      new Uint8Array(exports.memory.buffer).fill(0, address, address + length);
      exports.memory_free(address, length);
    }
    return result;
  }

  #answerBytes(): Uint8Array<ArrayBuffer> {
    const { memory, answer_address, answer_len } = this.#exports;
    const address = answer_address();
    return new Uint8Array(memory.buffer.slice(address, address + answer_len()));
  }
}

const encoder = new TextEncoder();

/** Several byte strings as one argument (`fields.rs`). */
export function pack(...fields: (Uint8Array | string)[]): Uint8Array {
  const parts = fields.map((field) => (typeof field === 'string' ? encoder.encode(field) : field));
  const all = new Uint8Array(parts.reduce((len, part) => len + 4 + part.length, 0));
  const view = new DataView(all.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    all.set(part, at + 4);
    at += 4 + part.length;
  }
  return all;
}

const instances = new WeakMap<Environment, CryptoModule>();

/** The instance of this worker; loaded when first asked for. */
export function cryptoModule(env: Environment): CryptoModule {
  let module = instances.get(env);
  if (module === undefined) instances.set(env, (module = new CryptoModule(env.wasm('crypto'))));
  return module;
}

/** An object inside the module, freed when this one is collected or {@link free} is called. */
export class NativeObject {
  readonly #release: () => void;

  /** `free` is the export that takes `address` back. */
  constructor(readonly module: CryptoModule, readonly address: number, free: string) {
    this.#release = () => module.plain(free, address);
    abandoned.register(this, this.#release, this);
  }

  free(): void {
    abandoned.unregister(this);
    this.#release();
  }
}

/** Programs drop ciphers and keys without ending them. */
const abandoned = new FinalizationRegistry<() => void>((release) => release());
