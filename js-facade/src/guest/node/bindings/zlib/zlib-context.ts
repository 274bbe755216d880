/** `Zlib`: handles for deflate, gzip and raw deflate. */

import { codecsOf } from '../../../codecs';
import { Z_BUF_ERROR, Z_FINISH, Z_NEED_DICT, Z_OK, Z_STREAM_END, type ZlibParameters, ZlibStream } from '../../../zlib';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { type CompressionContext, type CompressionError, CompressionStream } from './compression-stream';

/** Names of zlib's statuses, as `err.code`. */
const STATUS_NAMES: Record<number, string> = {
  0: 'Z_OK', 1: 'Z_STREAM_END', 2: 'Z_NEED_DICT', [-1]: 'Z_ERRNO', [-2]: 'Z_STREAM_ERROR', [-3]: 'Z_DATA_ERROR',
  [-4]: 'Z_MEM_ERROR', [-5]: 'Z_BUF_ERROR', [-6]: 'Z_VERSION_ERROR',
};

const Z_STREAM_ERROR = -2;

/** A zlib stream, made at its first use: only then does Node tell of parameters that zlib refuses. */
class ZlibContext implements CompressionContext {
  readonly #env: Environment;
  readonly #parameters: ZlibParameters;
  #stream: ZlibStream | undefined;

  constructor(env: Environment, parameters: ZlibParameters) {
    this.#env = env;
    this.#parameters = parameters;
  }

  get consumed(): number {
    return this.#stream?.consumed ?? 0;
  }

  get produced(): number {
    return this.#stream?.produced ?? 0;
  }

  write(flush: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined {
    const stream = this.#open();
    if (stream === undefined) return this.#error(Z_STREAM_ERROR, 'Zlib error');
    const status = stream.write(flush, input, output);
    if (status === Z_STREAM_END) return undefined;
    if (status === Z_OK || status === Z_BUF_ERROR) {
      return stream.produced !== output.length && flush === Z_FINISH ? this.#error(status, 'unexpected end of file') : undefined;
    }
    if (status === Z_NEED_DICT) return this.#error(status, this.#parameters.dictionary === undefined ? 'Missing dictionary' : 'Bad dictionary');
    return this.#error(status, 'Zlib error');
  }

  reset(): CompressionError | undefined {
    const stream = this.#open();
    if (stream === undefined) return this.#error(Z_STREAM_ERROR, 'Failed to init stream before reset');
    const status = stream.reset();
    return status === Z_OK ? undefined : this.#error(status, 'Failed to reset stream');
  }

  params(level: number, strategy: number): CompressionError | undefined {
    const stream = this.#open();
    if (stream === undefined) return this.#error(Z_STREAM_ERROR, 'Failed to init stream before set parameters');
    const status = stream.params(level, strategy);
    return status === Z_OK ? undefined : this.#error(status, 'Failed to set parameters');
  }

  free(): void {
    this.#stream?.free();
  }

  #open(): ZlibStream | undefined {
    if (this.#stream === undefined) {
      this.#stream = ZlibStream.create(codecsOf(this.#env.wasm('codecs')), this.#parameters);
      // A dictionary that is refused shows in the data.
      this.#stream?.setDictionary();
    }
    return this.#stream;
  }

  #error(errno: number, message: string): CompressionError {
    return { message: this.#stream?.message() ?? message, errno, code: STATUS_NAMES[errno] ?? 'Z_ERRNO' };
  }
}

/** The class for `env`. */
export function createZlib(env: Environment): unknown {
  return class Zlib extends CompressionStream<ZlibContext> {
    readonly #mode: number;

    constructor(mode: number) {
      super(env);
      this.#mode = mode;
    }

    init(windowBits: number, level: number, memLevel: number, strategy: number, writeResult: Uint32Array, writeCallback: Function, dictionary?: ArrayBufferView, rejectGarbage = false): void {
      this.initStream(writeResult, writeCallback);
      const parameters: ZlibParameters = { mode: this.#mode, windowBits, level, memLevel, strategy, singleMember: rejectGarbage };
      if (dictionary !== undefined && dictionary.byteLength > 0) parameters.dictionary = bytesOf(dictionary).slice();
      this.context = new ZlibContext(env, parameters);
    }

    params(level: number, strategy: number): void {
      const error = this.context!.params(level, strategy);
      if (error !== undefined) this.emitError(error);
    }
  };
}
