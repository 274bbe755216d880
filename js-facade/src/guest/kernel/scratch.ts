/** The block of shared memory through which a thread and the kernel exchange bytes. */

import type { Path, ThreadBlock } from '../syscalls';
import type { Call, KernelInstance } from './instance';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Longer paths are ENAMETOOLONG to the kernel (PATH_MAX is 4096), so they need not fit. */
const PATH_LIMIT = 8192;
/** Offsets of the first and second path, and of numbers that a call answers. */
export const PATH = 0, SECOND_PATH = PATH_LIMIT, OUT = 2 * PATH_LIMIT;

export class Scratch {
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  private readonly out: Float64Array;
  private readonly stage: Call;
  private readonly next: Call;

  constructor(private readonly kernel: KernelInstance, block: ThreadBlock) {
    const { buffer } = kernel.memory;
    this.size = block.scratchSize;
    // The block lies below the size the memory had when this view was made, so growth does not matter to it.
    this.bytes = new Uint8Array(buffer, block.scratch, block.scratchSize);
    this.ints = new Int32Array(buffer, block.scratch, block.scratchSize / 4);
    this.out = new Float64Array(buffer, block.scratch + OUT, 32);
    this.stage = kernel.call('sys_stage');
    this.next = kernel.call('sys_reply');
  }

  /** Writes a path at `offset`; answers its length. One that is too long is cut, still too long for the kernel. */
  path(path: Path, offset: number = PATH): number {
    const { bytes } = this;
    if (typeof path !== 'string') return this.rawPath(path, offset);
    const length = path.length;
    if (length > PATH_LIMIT) return this.rawPath(encoder.encode(path), offset);
    for (let i = 0; i < length; i++) {
      const code = path.charCodeAt(i);
      if (code > 127) return this.rawPath(encoder.encode(path), offset);
      bytes[offset + i] = code;
    }
    return length;
  }

  private rawPath(path: Uint8Array, offset: number): number {
    const part = path.length > PATH_LIMIT ? path.subarray(0, PATH_LIMIT) : path;
    this.bytes.set(part, offset);
    return part.length;
  }

  /** Copies numbers that a call left at {@link OUT}. */
  numbers(into: Float64Array, count: number): void {
    const { out } = this;
    for (let i = 0; i < count; i++) into[i] = out[i];
  }

  /** Hands over input of any length; answers the length of what is left in the block for the call itself. */
  input(bytes: Uint8Array): number {
    let at = 0;
    while (bytes.length - at > this.size) {
      this.bytes.set(bytes.subarray(at, at + this.size));
      this.stage(this.kernel.slot, this.size);
      at += this.size;
    }
    this.bytes.set(bytes.subarray(at));
    return bytes.length - at;
  }

  /** A copy of an answer of `length` bytes. */
  reply(length: number): Uint8Array {
    if (length <= this.size) return this.bytes.slice(0, length);
    const whole = new Uint8Array(length);
    whole.set(this.bytes);
    for (let at = this.size; at < length;) {
      const part = this.next(this.kernel.slot, at);
      whole.set(this.bytes.subarray(0, part), at);
      at += part;
    }
    return whole;
  }

  text(length: number): string {
    return decoder.decode(this.reply(length));
  }

  /** Strings that each end with NUL. */
  strings(length: number): string[] {
    const parts = this.text(length).split('\0');
    parts.pop();
    return parts;
  }
}

/** Lays structured arguments out as `wosix-wasm/kernel/src/codec.rs` reads them. */
export class Writer {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  int(value: number): this {
    this.reserve(4);
    this.view.setInt32(this.length, value, true);
    this.length += 4;
    return this;
  }

  float(value: number): this {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** A string and its NUL. What follows a NUL in it is cut off, as C does. */
  string(value: Path): this {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    const nul = bytes.indexOf(0);
    return this.raw(nul < 0 ? bytes : bytes.subarray(0, nul)).raw(NUL);
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
  }
}

const NUL = new Uint8Array(1);

/** Reads structured answers. */
export class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++];
  }

  int(): number {
    this.at += 4;
    return this.view.getInt32(this.at - 4, true);
  }

  float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** The next `length` bytes. */
  raw(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A string's bytes without its NUL. */
  string(): Uint8Array {
    const end = this.bytes.indexOf(0, this.at);
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return bytes;
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.at);
  }
}
