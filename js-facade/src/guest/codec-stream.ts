/** What the streams of all compression formats share: an object in a wasm module that takes bytes and makes bytes. */

import { type ModuleMemory, SCRATCH } from './module-memory';

/** Bytes of input that are taken at once even where there is less room for output. */
const LEAST_PIECE = 4096;

/** Writes a piece: `fromLen` bytes at `from` into room of `toLen` bytes at `to`. Answers whether the stream can go on. */
type Step = (last: boolean, from: number, fromLen: number, to: number, toLen: number) => boolean;

/** A stream in a module. The object at its address begins with two words: the input bytes that the last write used and the output bytes it made. */
export abstract class CodecStream {
  /** Input bytes that the last write used. */
  consumed = 0;
  /** Output bytes that the last write made. */
  produced = 0;
  protected address: number;
  readonly #memory: ModuleMemory;
  readonly #free: (address: number) => void;

  constructor(memory: ModuleMemory, address: number, free: (address: number) => void) {
    this.#memory = memory;
    this.address = address;
    this.#free = free;
    abandoned.register(this, { address, free }, this);
  }

  /**
   * Works on `input` into `output` until one is exhausted, by pieces of at most {@link SCRATCH} bytes.
   */
  protected pump(input: Uint8Array, output: Uint8Array, step: Step): void {
    const { inputScratch } = this.#memory;
    // What does not fit into the output is copied again for the next call, so a piece is not much larger than the output.
    const size = Math.min(SCRATCH, Math.max(output.length, LEAST_PIECE));
    this.#pumpThrough(inputScratch, size, input, output, step);
  }

  /** As {@link pump}, with pieces of up to `limit` bytes, for a codec that makes more of a larger piece and takes it whole. */
  protected pumpLarge(limit: number, input: Uint8Array, output: Uint8Array, step: Step): void {
    const { exports, inputScratch } = this.#memory;
    if (input.length <= SCRATCH) {
      this.#pumpThrough(inputScratch, SCRATCH, input, output, step);
      return;
    }
    const size = Math.min(input.length, limit);
    const room = exports.memory_alloc(size);
    this.#pumpThrough(room, size, input, output, step);
    exports.memory_free(room, size);
  }

  #pumpThrough(room: number, size: number, input: Uint8Array, output: Uint8Array, step: Step): void {
    const memory = this.#memory;
    const { outputScratch } = memory;
    this.consumed = 0;
    this.produced = 0;
    for (;;) {
      const inLen = Math.min(input.length - this.consumed, size);
      const outLen = Math.min(output.length - this.produced, SCRATCH);
      const last = this.consumed + inLen === input.length;
      memory.bytes.set(input.subarray(this.consumed, this.consumed + inLen), room);
      const goesOn = step(last, room, inLen, outputScratch, outLen);
      const { consumed, produced } = this.progress();
      output.set(memory.bytes.subarray(outputScratch, outputScratch + produced), this.produced);
      this.consumed += consumed;
      this.produced += produced;
      if (!goesOn || this.produced === output.length) return;
      if (last && consumed === inLen && produced < outLen) return;
      if (consumed === 0 && produced === 0) return;
    }
  }

  /** How far the last call of `step` came. */
  protected progress(): { consumed: number; produced: number } {
    const word = this.address >>> 2;
    const { words } = this.#memory;
    return { consumed: words[word], produced: words[word + 1] };
  }

  free(): void {
    if (this.address === 0) return;
    abandoned.unregister(this);
    this.#free(this.address);
    this.address = 0;
  }
}

/** Programs drop streams without closing them. */
const abandoned = new FinalizationRegistry<{ address: number; free: (address: number) => void }>(({ address, free }) => free(address));
