/** `CompressionStream`: what the handles of all compression formats share. */

import { AsyncWrap } from '../../async-wrap';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { codedError } from '../../uv-errors';

/** An error as `onerror` of a stream gets it. */
export interface CompressionError {
  message: string;
  errno: number;
  code: string;
}

/** One stream of a codec. */
export interface CompressionContext {
  /** Input bytes that the last write used. */
  readonly consumed: number;
  /** Output bytes that the last write made. */
  readonly produced: number;
  /** Works on `input` into `output` until one is exhausted; answers what went wrong. */
  write(flush: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined;
  /** Starts over; answers what went wrong. */
  reset(): CompressionError | undefined;
  free(): void;
}

const NOTHING = new Uint8Array(0);

/** A handle of the library's streams; the library puts `onerror` on it and reads off the array given to `init` how far a write came. */
export abstract class CompressionStream<Context extends CompressionContext> extends AsyncWrap {
  declare onerror: (message: string, errno: number, code: string) => void;
  protected context: Context | undefined;
  readonly #env: Environment;
  /** `[availOut, availIn]` after a write. */
  #writeResult: Uint32Array = new Uint32Array(2);
  #writeCallback: Function = () => {};
  #writing = false;
  #closePending = false;

  constructor(env: Environment) {
    super(env, 'ZLIB');
    this.#env = env;
  }

  /** Works in the poll phase of the loop, where Node's thread pool would report: what the program does now goes first. */
  write(flush: number, input: ArrayBufferView | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): void {
    this.#writing = true;
    this.#env.loop.enqueue(() => {
      const error = this.#work(flush, input, inOffset, inLength, output, outOffset, outLength);
      this.#writing = false;
      if (error === undefined) this.#env.makeCallback(this, this.#writeCallback);
      else this.#env.makeCallback(this, this.onerror, error.message, error.errno, error.code);
      if (this.#closePending) this.close();
    });
  }

  writeSync(flush: number, input: ArrayBufferView | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): void {
    const error = this.#work(flush, input, inOffset, inLength, output, outOffset, outLength);
    if (error !== undefined) this.emitError(error);
  }

  reset(): void {
    const error = this.context!.reset();
    if (error !== undefined) this.emitError(error);
  }

  /** Ends the stream, after the write that is under way. */
  close(): void {
    if (this.#writing) {
      this.#closePending = true;
      return;
    }
    this.#closePending = false;
    if (this.context === undefined) return;
    this.context.free();
    this.context = undefined;
    this.emitDestroy();
  }

  /** Where the results of writes go. */
  protected initStream(writeResult: Uint32Array, writeCallback: Function): void {
    this.#writeResult = writeResult;
    this.#writeCallback = writeCallback;
  }

  /** Reports to the library from within its own call. */
  protected emitError({ message, errno, code }: CompressionError): void {
    this.onerror(message, errno, code);
  }

  #work(flush: number, input: ArrayBufferView | null, inOffset: number, inLength: number, output: Uint8Array, outOffset: number, outLength: number): CompressionError | undefined {
    const context = this.context!;
    const from = input === null ? NOTHING : bytesOf(input).subarray(inOffset, inOffset + inLength);
    const error = context.write(flush, from, output.subarray(outOffset, outOffset + outLength));
    if (error !== undefined) return error;
    this.#writeResult[0] = outLength - context.produced;
    this.#writeResult[1] = from.length - context.consumed;
    return undefined;
  }
}

/** What `init` throws when a codec cannot be set up. */
export function initializationFailed(message: string): Error {
  return codedError('ERR_ZLIB_INITIALIZATION_FAILED', message);
}

/** The error of a truncated stream: zlib's, for the formats that have no number of their own for it. */
export function unexpectedEnd(): CompressionError {
  return { message: 'unexpected end of file', errno: -5, code: 'Z_BUF_ERROR' };
}

/** The value of a parameter that was not given, in the arrays that the library passes to `init`. */
export const NOT_SET = 0xffff_ffff;

/** Names in `zlib.constants` that begin with `prefix`, by their numbers and without their first `cut` characters. */
export function numberedNames(env: Environment, prefix: string, cut: number): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries<number>(env.constants.zlib)) {
    if (name.startsWith(prefix)) names.set(number, name.slice(cut));
  }
  return names;
}
