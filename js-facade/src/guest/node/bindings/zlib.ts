/** `internalBinding('zlib')`: compression streams over the `codecs` module. */

import { codecsOf, ZlibStream, Z_BUF_ERROR, Z_FINISH, Z_OK, Z_STREAM_END } from '../../codecs';
import type { ZlibParameters } from '../../codecs';
import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { bytesOf } from '../stream-base';

const Z_NEED_DICT = 2;

/** Names of zlib's statuses, as `err.code`. */
const STATUS_NAMES: Record<number, string> = {
  0: 'Z_OK', 1: 'Z_STREAM_END', 2: 'Z_NEED_DICT', [-1]: 'Z_ERRNO', [-2]: 'Z_STREAM_ERROR', [-3]: 'Z_DATA_ERROR',
  [-4]: 'Z_MEM_ERROR', [-5]: 'Z_BUF_ERROR', [-6]: 'Z_VERSION_ERROR',
};

const NOTHING = new Uint8Array(0);

/** An error as `onerror` of a stream gets it. */
interface StreamError { message: string; errno: number; code: string }

export function create(env: Environment): Record<string, unknown> {
  const codecs = () => codecsOf(env.wasm('codecs'));

  /** One stream of `zlib`; the library puts `onerror` on it and tells by `writeState` how far a write came. */
  class Zlib extends AsyncWrap {
    declare onerror: (message: string, errno: number, code: string) => void;
    readonly #mode: number;
    #stream: ZlibStream | undefined;
    #hasDictionary = false;
    /** `[availOut, availIn]` after a write. */
    #writeState: Uint32Array = new Uint32Array(2);
    #writeCallback: Function = () => {};
    #writing = false;
    #closePending = false;

    constructor(mode: number) {
      super(env, 'ZLIB');
      this.#mode = mode;
    }

    init(windowBits: number, level: number, memLevel: number, strategy: number, writeState: Uint32Array, writeCallback: Function, dictionary?: ArrayBufferView, rejectGarbage = false): void {
      this.#writeState = writeState;
      this.#writeCallback = writeCallback;
      const parameters: ZlibParameters = { mode: this.#mode, windowBits, level, memLevel, strategy, singleMember: rejectGarbage };
      if (dictionary !== undefined && dictionary.byteLength > 0) parameters.dictionary = bytesOf(dictionary);
      this.#hasDictionary = parameters.dictionary !== undefined;
      this.#stream = ZlibStream.create(codecs(), parameters);
      if (this.#stream === undefined) throw initializationFailed('Initialization failed');
      // The library sets `onerror` after `init`, so a dictionary that zlib refuses is an exception here.
      if (this.#stream.setDictionary() !== Z_OK) throw initializationFailed('Failed to set dictionary');
    }

    params(level: number, strategy: number): void {
      this.#complain(this.#stream!.params(level, strategy), 'Failed to set parameters');
    }

    reset(): void {
      this.#complain(this.#stream!.reset(), 'Failed to reset stream');
    }

    /** Works in the poll phase of the loop: a large write does not hold up what the program does now. */
    write(flush: number, input: Uint8Array | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): void {
      this.#writing = true;
      env.loop.enqueue(() => {
        if (this.#closePending) {
          this.#writing = false;
          this.close();
          return;
        }
        const error = this.#work(flush, input, inOffset, inLength, output, outOffset, outLength);
        this.#writing = false;
        if (error === undefined) env.makeCallback(this, this.#writeCallback);
        else env.makeCallback(this, this.onerror, error.message, error.errno, error.code);
        if (this.#closePending) this.close();
      });
    }

    writeSync(flush: number, input: Uint8Array | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): void {
      const error = this.#work(flush, input, inOffset, inLength, output, outOffset, outLength);
      if (error !== undefined) this.onerror(error.message, error.errno, error.code);
    }

    close(): void {
      if (this.#writing) {
        this.#closePending = true;
        return;
      }
      this.#closePending = false;
      this.#stream?.free();
      this.#stream = undefined;
    }

    #work(flush: number, input: Uint8Array | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): StreamError | undefined {
      const stream = this.#stream!;
      const from = input === null ? NOTHING : input.subarray(inOffset, inOffset + inLength);
      const to = output.subarray(outOffset, outOffset + outLength);
      const status = stream.write(flush, from, to);
      const availOut = outLength - stream.produced;
      this.#writeState[0] = availOut;
      this.#writeState[1] = from.length - stream.consumed;
      if (status === Z_STREAM_END) return undefined;
      if (status === Z_OK || status === Z_BUF_ERROR) {
        return availOut !== 0 && flush === Z_FINISH ? this.#error(Z_BUF_ERROR, 'unexpected end of file') : undefined;
      }
      if (status === Z_NEED_DICT) return this.#error(status, this.#hasDictionary ? 'Bad dictionary' : 'Missing dictionary');
      return this.#error(status, stream.message() ?? 'Zlib error');
    }

    #complain(status: number, message: string): void {
      if (status === Z_OK) return;
      const error = this.#error(status, this.#stream?.message() ?? message);
      this.onerror(error.message, error.errno, error.code);
    }

    #error(errno: number, message: string): StreamError {
      return { message, errno, code: STATUS_NAMES[errno] ?? 'Z_ERRNO' };
    }
  }

  /** A format that this build has no codec for; it fails where Node fails when its codec cannot be set up. */
  const unsupported = (provider: string, what: string) => class extends AsyncWrap {
    constructor() {
      super(env, provider);
    }

    init(): void {
      throw initializationFailed(`${what} is not supported`);
    }

    // `init` never succeeds, so the library cannot come to these.
    write(): void { this.init(); }
    writeSync(): void { this.init(); }
    params(): void { this.init(); }
    reset(): void { this.init(); }
    close(): void {}
  };

  return {
    Zlib,
    BrotliEncoder: unsupported('ZLIB', 'Brotli compression'),
    BrotliDecoder: unsupported('ZLIB', 'Brotli decompression'),
    ZstdCompress: unsupported('ZLIB', 'Zstandard compression'),
    ZstdDecompress: unsupported('ZLIB', 'Zstandard decompression'),
    ZLIB_VERSION: '1.3.1',
    crc32(data: string | ArrayBufferView, value: number): number {
      return codecs().crc32(typeof data === 'string' ? new env.host.TextEncoder().encode(data) : bytesOf(data), value);
    },
  };
}

function initializationFailed(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ZLIB_INITIALIZATION_FAILED' });
}
