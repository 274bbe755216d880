/** `zstd.wasm` (see `wosix-wasm/zstd`): the wrapper over its raw exports. */

import { CodecStream } from './codec-stream';
import { ModuleMemory } from './module-memory';

interface ZstdExports {
  zstd_error_code(result: number): number;
  zstd_error_message(code: number): number;
  compressor_new(): number;
  compressor_set_parameter(compressor: number, key: number, value: number): number;
  compressor_load_dictionary(compressor: number, dictionary: number, dictionaryLen: number): number;
  compressor_pledge_size(compressor: number, size: number): number;
  compressor_write(compressor: number, directive: number, input: number, inputLen: number, output: number, outputLen: number): number;
  compressor_free(compressor: number): void;
  decompressor_new(): number;
  decompressor_set_parameter(decompressor: number, key: number, value: number): number;
  decompressor_load_dictionary(decompressor: number, dictionary: number, dictionaryLen: number): number;
  decompressor_write(decompressor: number, input: number, inputLen: number, output: number, outputLen: number): number;
  decompressor_free(decompressor: number): void;
}

/** The memory of an instance. */
export type Zstd = ModuleMemory<ZstdExports>;

/** Wraps an instance of `zstd.wasm` that has {@link ZSTD_IMPORTS}. */
export function zstdOf(exports: WebAssembly.Exports): Zstd {
  return new ModuleMemory<ZstdExports>(exports);
}

const panic = (): never => {
  throw new Error('zstd.wasm panicked');
};

/** What the module imports serves the message of a panic only. */
export const ZSTD_IMPORTS: WebAssembly.Imports = {
  wasi_snapshot_preview1: { environ_get: panic, environ_sizes_get: panic, fd_write: panic, proc_exit: panic },
};

const ZSTD_e_continue = 0, ZSTD_e_end = 2;

/** The number of a result's error (`zlib.constants.ZSTD_error_*`); 0 = none. */
function errorOf(zstd: Zstd, result: number): number {
  return zstd.exports.zstd_error_code(result);
}

/** The library's words for an error. */
export function zstdErrorMessage(zstd: Zstd, error: number): string {
  return zstd.cString(zstd.exports.zstd_error_message(error));
}

/** One compressing stream. Its methods answer the number of an error, 0 = none. */
export class ZstdCompressStream extends CodecStream {
  readonly #zstd: Zstd;
  /** Whether the next write is the first one of a frame. */
  #atStart = true;

  /** Throws a `RangeError` when there is no memory. */
  constructor(zstd: Zstd) {
    super(zstd, existing(zstd.exports.compressor_new()), zstd.exports.compressor_free);
    this.#zstd = zstd;
  }

  /** `key` as `zlib.constants.ZSTD_c_*`. */
  setParameter(key: number, value: number): number {
    return errorOf(this.#zstd, this.#zstd.exports.compressor_set_parameter(this.address, key, value));
  }

  loadDictionary(dictionary: Uint8Array): number {
    const { exports } = this.#zstd;
    return errorOf(this.#zstd, this.#zstd.withCopy(dictionary, (copy) => exports.compressor_load_dictionary(this.address, copy, dictionary.length)));
  }

  /** Promises that `size` bytes will come. */
  pledgeSize(size: number): number {
    return errorOf(this.#zstd, this.#zstd.exports.compressor_pledge_size(this.address, size));
  }

  /** Works on `input` into `output` until one is exhausted. `directive` is one of `zlib.constants.ZSTD_e_*`. */
  write(directive: number, input: Uint8Array, output: Uint8Array): number {
    let error = 0;
    // The library does so itself when all comes at once; here it gets pieces.
    if (this.#atStart && directive === ZSTD_e_end) error = this.pledgeSize(input.length);
    if (error !== 0) return error;
    this.#atStart = false;
    this.pump(input, output, (last, from, fromLen, to, toLen) => {
      const now = last ? directive : ZSTD_e_continue;
      const result = this.#zstd.exports.compressor_write(this.address, now, from, fromLen, to, toLen);
      error = errorOf(this.#zstd, result);
      if (now === ZSTD_e_end && result === 0) this.#atStart = true;
      return error === 0;
    });
    return error;
  }
}

/** One expanding stream. Its methods answer the number of an error, 0 = none. */
export class ZstdDecompressStream extends CodecStream {
  /** Whether what was read so far is a whole frame. */
  complete = false;
  readonly #zstd: Zstd;

  /** Throws a `RangeError` when there is no memory. */
  constructor(zstd: Zstd) {
    super(zstd, existing(zstd.exports.decompressor_new()), zstd.exports.decompressor_free);
    this.#zstd = zstd;
  }

  /** `key` as `zlib.constants.ZSTD_d_*`. */
  setParameter(key: number, value: number): number {
    return errorOf(this.#zstd, this.#zstd.exports.decompressor_set_parameter(this.address, key, value));
  }

  loadDictionary(dictionary: Uint8Array): number {
    const { exports } = this.#zstd;
    return errorOf(this.#zstd, this.#zstd.withCopy(dictionary, (copy) => exports.decompressor_load_dictionary(this.address, copy, dictionary.length)));
  }

  /** Works on `input` into `output` until one is exhausted, or the frame ends. */
  write(input: Uint8Array, output: Uint8Array): number {
    let error = 0;
    this.pump(input, output, (_last, from, fromLen, to, toLen) => {
      const result = this.#zstd.exports.decompressor_write(this.address, from, fromLen, to, toLen);
      error = errorOf(this.#zstd, result);
      const { consumed, produced } = this.progress();
      if (consumed > 0 || produced > 0) this.complete = result === 0;
      return result !== 0 && error === 0;
    });
    return error;
  }
}

function existing(address: number): number {
  if (address === 0) throw new RangeError('Could not initialize zstd instance');
  return address;
}
