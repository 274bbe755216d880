/** zlib streams of the `codecs` module. */

import { CodecStream } from './codec-stream';
import type { Codecs } from './codecs';

/** `zlib.constants` that steer a {@link ZlibStream}. */
export const Z_NO_FLUSH = 0, Z_FINISH = 4;
/** Statuses of zlib that are no errors. */
export const Z_OK = 0, Z_STREAM_END = 1, Z_NEED_DICT = 2, Z_BUF_ERROR = -5;

/** Parameters of a stream; `mode` and the others have the numbers of `zlib.constants`. */
export interface ZlibParameters {
  mode: number;
  windowBits: number;
  level: number;
  memLevel: number;
  strategy: number;
  /** Expanding gzip ends with the first member instead of going on with what follows. */
  singleMember?: boolean;
  dictionary?: Uint8Array;
}

/** One compressing or expanding stream. */
export class ZlibStream extends CodecStream {
  readonly #codecs: Codecs;

  private constructor(codecs: Codecs, address: number) {
    super(codecs, address, codecs.exports.zlib_free);
    this.#codecs = codecs;
  }

  /** `undefined` if zlib refuses the parameters. */
  static create(codecs: Codecs, parameters: ZlibParameters): ZlibStream | undefined {
    const { mode, windowBits, level, memLevel, strategy, singleMember, dictionary = NOTHING } = parameters;
    const address = codecs.withCopy(dictionary, (copy) =>
      codecs.exports.zlib_new(mode, windowBits, level, memLevel, strategy, singleMember ? 1 : 0, copy, dictionary.length));
    return address === 0 ? undefined : new ZlibStream(codecs, address);
  }

  /** Gives zlib the dictionary of the parameters; answers its status. */
  setDictionary(): number {
    return this.#codecs.exports.zlib_set_dictionary(this.address);
  }

  /** Works on `input` into `output` until one is exhausted; answers zlib's last status. */
  write(flush: number, input: Uint8Array, output: Uint8Array): number {
    let status = Z_OK;
    this.pump(input, output, (last, from, fromLen, to, toLen) => {
      status = this.#codecs.exports.zlib_write(this.address, last ? flush : Z_NO_FLUSH, from, fromLen, to, toLen);
      // Behind the end of a member of gzip, in the next piece, there may be another.
      if (status === Z_STREAM_END) return !last && this.progress().consumed === fromLen;
      return status === Z_OK || status === Z_BUF_ERROR;
    });
    return status;
  }

  /** zlib's own words for its last error. */
  message(): string | undefined {
    const address = this.#codecs.exports.zlib_message(this.address);
    return address === 0 ? undefined : this.#codecs.cString(address);
  }

  params(level: number, strategy: number): number {
    return this.#codecs.exports.zlib_params(this.address, level, strategy);
  }

  reset(): number {
    return this.#codecs.exports.zlib_reset(this.address);
  }
}

const NOTHING = new Uint8Array(0);
