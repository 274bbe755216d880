/** `BrotliEncoder` and `BrotliDecoder`: handles for Brotli. */

import {
  type Brotli, BROTLI_DECODER_RESULT_ERROR, BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT, BrotliDecoderStream, BrotliEncoderStream, brotliOf,
} from '../../../brotli';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { type CompressionContext, type CompressionError, CompressionStream, initializationFailed, NOT_SET, numberedNames, unexpectedEnd } from './compression-stream';

const BROTLI_OPERATION_FINISH = 2;

/** What a stream is made with, so that `reset` can make it again. */
interface Options {
  params: Uint32Array;
  dictionary: Uint8Array | undefined;
}

abstract class BrotliContext<Stream extends BrotliEncoderStream | BrotliDecoderStream> {
  protected stream: Stream;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    this.stream = this.create(options);
  }

  get consumed(): number {
    return this.stream.consumed;
  }

  get produced(): number {
    return this.stream.produced;
  }

  /** Node loses the parameters, and keeps the dictionary. */
  reset(): undefined {
    this.stream.free();
    this.stream = this.create({ ...this.#options, params: new Uint32Array(0) });
  }

  free(): void {
    this.stream.free();
  }

  /** Throws what `init` throws. */
  protected abstract create(options: Options): Stream;
}

/** Calls `set` for each parameter that was given. Throws what `init` throws. */
function setParameters(params: Uint32Array, set: (key: number, value: number) => boolean): void {
  params.forEach((value, key) => {
    if (value !== NOT_SET && !set(key, value)) throw initializationFailed('Initialization failed');
  });
}

/** The classes for `env`. */
export function createBrotli(env: Environment): Record<string, unknown> {
  let instance: Brotli | undefined;
  const brotli = () => (instance ??= brotliOf(env.wasm('brotli')));
  const errorNames = numberedNames(env, 'BROTLI_DECODER_ERROR_', 'BROTLI_DECODER'.length);

  class EncoderContext extends BrotliContext<BrotliEncoderStream> implements CompressionContext {
    write(operation: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined {
      if (this.stream.write(operation, input, output)) return undefined;
      return { message: 'Compression failed', errno: -1, code: 'ERR_BROTLI_COMPRESSION_FAILED' };
    }

    protected create({ params, dictionary }: Options): BrotliEncoderStream {
      const stream = new BrotliEncoderStream(brotli());
      setParameters(params, (key, value) => stream.setParameter(key, value));
      if (dictionary !== undefined) stream.setDictionary(dictionary);
      return stream;
    }
  }

  class DecoderContext extends BrotliContext<BrotliDecoderStream> implements CompressionContext {
    write(operation: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined {
      const result = this.stream.write(input, output);
      if (result === BROTLI_DECODER_RESULT_ERROR) {
        const errno = this.stream.error();
        return { message: 'Decompression failed', errno, code: `ERR_${errorNames.get(errno)}` };
      }
      return result === BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && operation === BROTLI_OPERATION_FINISH ? unexpectedEnd() : undefined;
    }

    protected create({ params, dictionary }: Options): BrotliDecoderStream {
      const stream = new BrotliDecoderStream(brotli());
      setParameters(params, (key, value) => stream.setParameter(key, value));
      if (dictionary !== undefined && !stream.setDictionary(dictionary)) throw initializationFailed('Initialization failed');
      return stream;
    }
  }

  abstract class BrotliHandle<Context extends CompressionContext> extends CompressionStream<Context> {
    constructor() {
      super(env);
    }

    init(params: Uint32Array, writeResult: Uint32Array, writeCallback: Function, dictionary?: ArrayBufferView): void {
      this.initStream(writeResult, writeCallback);
      this.context = this.createContext({ params: params.slice(), dictionary: dictionary && bytesOf(dictionary).slice() });
    }

    /** Nothing can be changed on the fly; the library does not call it. */
    params(): void {}

    protected abstract createContext(options: Options): Context;
  }

  return {
    BrotliEncoder: class BrotliEncoder extends BrotliHandle<EncoderContext> {
      protected createContext(options: Options): EncoderContext {
        return new EncoderContext(options);
      }
    },
    BrotliDecoder: class BrotliDecoder extends BrotliHandle<DecoderContext> {
      protected createContext(options: Options): DecoderContext {
        return new DecoderContext(options);
      }
    },
  };
}
