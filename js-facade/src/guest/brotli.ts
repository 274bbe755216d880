/** `brotli.wasm` (see `wosix-wasm/brotli`): the wrapper over its raw exports. */

import { CodecStream } from './codec-stream';
import { ModuleMemory } from './module-memory';

interface BrotliExports {
  encoder_new(): number;
  encoder_set_parameter(encoder: number, key: number, value: number): number;
  encoder_set_dictionary(encoder: number, dictionary: number, dictionaryLen: number): void;
  encoder_write(encoder: number, operation: number, input: number, inputLen: number, output: number, outputLen: number): number;
  encoder_free(encoder: number): void;
  decoder_new(): number;
  decoder_set_parameter(decoder: number, key: number, value: number): number;
  decoder_set_dictionary(decoder: number, dictionary: number, dictionaryLen: number): number;
  decoder_write(decoder: number, input: number, inputLen: number, output: number, outputLen: number): number;
  decoder_error(decoder: number): number;
  decoder_free(decoder: number): void;
}

/** The memory of an instance. */
export type Brotli = ModuleMemory<BrotliExports>;

/** Wraps an instance of `brotli.wasm`. */
export function brotliOf(exports: WebAssembly.Exports): Brotli {
  return new ModuleMemory<BrotliExports>(exports);
}

const BROTLI_OPERATION_PROCESS = 0;
/** At the lowest qualities the encoder makes a block of each piece, up to the window's usual size. */
const LARGEST_BLOCK = 1 << 22;
/** Results of a decoder's write. */
export const BROTLI_DECODER_RESULT_ERROR = 0, BROTLI_DECODER_RESULT_SUCCESS = 1, BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT = 2,
  BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT = 3;

/** One compressing stream. */
export class BrotliEncoderStream extends CodecStream {
  readonly #brotli: Brotli;

  constructor(brotli: Brotli) {
    super(brotli, brotli.exports.encoder_new(), brotli.exports.encoder_free);
    this.#brotli = brotli;
  }

  /** Before the first write; `key` and `value` as `zlib.constants.BROTLI_PARAM_*`. Answers whether they are valid. */
  setParameter(key: number, value: number): boolean {
    return this.#brotli.exports.encoder_set_parameter(this.address, key, value) !== 0;
  }

  /** Before the first write and after the parameters. */
  setDictionary(dictionary: Uint8Array): void {
    this.#brotli.withCopy(dictionary, (copy) => this.#brotli.exports.encoder_set_dictionary(this.address, copy, dictionary.length));
  }

  /** Works on `input` into `output` until one is exhausted; answers whether it could. */
  write(operation: number, input: Uint8Array, output: Uint8Array): boolean {
    let done = true;
    this.pumpLarge(LARGEST_BLOCK, input, output, (last, from, fromLen, to, toLen) => {
      const now = last ? operation : BROTLI_OPERATION_PROCESS;
      done = this.#brotli.exports.encoder_write(this.address, now, from, fromLen, to, toLen) !== 0;
      return done;
    });
    return done;
  }
}

/** One expanding stream. */
export class BrotliDecoderStream extends CodecStream {
  readonly #brotli: Brotli;

  constructor(brotli: Brotli) {
    super(brotli, brotli.exports.decoder_new(), brotli.exports.decoder_free);
    this.#brotli = brotli;
  }

  /** Before the first write; `key` and `value` as `zlib.constants.BROTLI_DECODER_PARAM_*`. Answers whether there is such a parameter. */
  setParameter(key: number, value: number): boolean {
    return this.#brotli.exports.decoder_set_parameter(this.address, key, value) !== 0;
  }

  /** Before the first write. Answers whether the dictionary is acceptable. */
  setDictionary(dictionary: Uint8Array): boolean {
    return this.#brotli.withCopy(dictionary, (copy) => this.#brotli.exports.decoder_set_dictionary(this.address, copy, dictionary.length)) !== 0;
  }

  /** Works on `input` into `output` until one is exhausted; answers the last `BROTLI_DECODER_RESULT_*`. */
  write(input: Uint8Array, output: Uint8Array): number {
    let result = BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    this.pump(input, output, (_last, from, fromLen, to, toLen) => {
      result = this.#brotli.exports.decoder_write(this.address, from, fromLen, to, toLen);
      return result !== BROTLI_DECODER_RESULT_ERROR && result !== BROTLI_DECODER_RESULT_SUCCESS;
    });
    // The output was full when a piece was used up.
    if (result === BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && this.consumed < input.length) return BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    return result;
  }

  /** The number of the last write's error, as `zlib.constants.BROTLI_DECODER_ERROR_*`. */
  error(): number {
    return this.#brotli.exports.decoder_error(this.address);
  }
}
