/**
 * The memory of a wasm module without shared memory (`wosix-wasm/memory` is its other half).
 *
 * Everything is copied in and out through scratch of fixed size, so that no call keeps an address across calls that may allocate, and
 * what goes through once does not stay in the module's memory, which never shrinks.
 */

interface MemoryExports {
  memory: WebAssembly.Memory;
  memory_alloc(len: number): number;
  memory_free(address: number, len: number): void;
}

/** Bytes that are copied in or out at once. */
export const SCRATCH = 64 * 1024;

/** The memory of one instance and the scratch in it. */
export class ModuleMemory<Exports = unknown> {
  readonly exports: Exports & MemoryExports;
  /** Address of {@link SCRATCH} bytes for input. */
  readonly inputScratch: number;
  /** Address of {@link SCRATCH} bytes for output. */
  readonly outputScratch: number;
  #bytes: Uint8Array;
  #words: Uint32Array;

  constructor(exports: WebAssembly.Exports) {
    this.exports = exports as unknown as Exports & MemoryExports;
    this.inputScratch = this.exports.memory_alloc(SCRATCH);
    this.outputScratch = this.exports.memory_alloc(SCRATCH);
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#words = new Uint32Array(this.exports.memory.buffer);
  }

  /** A view of the memory, valid until the next call that may allocate. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.exports.memory.buffer);
    return this.#bytes;
  }

  /** The memory as 32-bit words, valid until the next call that may allocate. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.exports.memory.buffer);
    return this.#words;
  }

  /** Copies at most {@link SCRATCH} bytes in and answers how many. */
  fillInput(source: Uint8Array, from: number, end: number, limit = SCRATCH): number {
    const len = Math.min(end - from, limit, SCRATCH);
    this.bytes.set(source.subarray(from, from + len), this.inputScratch);
    return len;
  }

  /** Copies `source` in by pieces and calls `use(address, len)` for each. */
  forEachPiece(source: Uint8Array, use: (address: number, len: number) => void): void {
    for (let at = 0; at < source.length; ) {
      const len = this.fillInput(source, at, source.length);
      use(this.inputScratch, len);
      at += len;
    }
  }

  /** Calls `use` with the address of a copy of `bytes`, which is freed afterwards. */
  withCopy<T>(bytes: Uint8Array, use: (address: number) => T): T {
    const address = this.exports.memory_alloc(bytes.length);
    this.bytes.set(bytes, address);
    const result = use(address);
    this.exports.memory_free(address, bytes.length);
    return result;
  }

  /** Calls `use` with the address of a copy of each of `inputs`, and room for `outLen` bytes, and answers those bytes. */
  withCopies(inputs: Uint8Array[], outLen: number, use: (addresses: number[], out: number) => boolean): Uint8Array | undefined {
    const { exports } = this;
    const addresses = inputs.map((bytes) => exports.memory_alloc(bytes.length));
    const out = exports.memory_alloc(outLen);
    inputs.forEach((bytes, i) => this.bytes.set(bytes, addresses[i]));
    this.bytes.fill(0, out, out + outLen);
    const result = use(addresses, out) ? this.bytes.slice(out, out + outLen) : undefined;
    addresses.forEach((address, i) => {
      this.bytes.fill(0, address, address + inputs[i].length);
      exports.memory_free(address, inputs[i].length);
    });
    exports.memory_free(out, outLen);
    return result;
  }

  /** The text of a C string at `address`. */
  cString(address: number): string {
    const { bytes } = this;
    return latin1(bytes, address, bytes.indexOf(0, address) - address);
  }
}

const asciiDecoder = new TextDecoder();

/** Text of bytes that stand for the first 256 characters (`TextDecoder`'s "latin1" is not that). */
export function latin1(bytes: Uint8Array, start: number, len: number, ascii = false): string {
  if (len === 0) return '';
  if (ascii && len > 24) return asciiDecoder.decode(bytes.subarray(start, start + len));
  let text = '';
  for (let i = start; i < start + len; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
