/** `ZstdCompress` and `ZstdDecompress`: handles for Zstandard. */

import { type Zstd, ZSTD_IMPORTS, ZstdCompressStream, ZstdDecompressStream, zstdErrorMessage, zstdOf } from '../../../zstd';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { codedError } from '../../uv-errors';
import { type CompressionContext, type CompressionError, CompressionStream, initializationFailed, NOT_SET, numberedNames, unexpectedEnd } from './compression-stream';

const ZSTD_e_end = 2;

/** Throws unless it is a number of bytes, or absent. */
function checkPledgedSize(size: unknown): asserts size is number | undefined {
  if (size === undefined) return;
  if (typeof size !== 'number') throw codedError('ERR_INVALID_ARG_TYPE', 'pledgedSrcSize must be a number', TypeError);
  if (!Number.isSafeInteger(size)) throw codedError('ERR_OUT_OF_RANGE', 'pledgedSrcSize must be a safe integer', RangeError);
  if (size < 0) throw codedError('ERR_OUT_OF_RANGE', 'pledgedSrcSize must be non-negative', RangeError);
}

/** The classes for `env`. */
export function createZstd(env: Environment): Record<string, unknown> {
  let instance: Zstd | undefined;
  const zstd = () => (instance ??= zstdOf(env.wasm('zstd', ZSTD_IMPORTS)));
  const errorNames = numberedNames(env, 'ZSTD_error_', 0);

  abstract class ZstdContext<Stream extends ZstdCompressStream | ZstdDecompressStream> {
    protected stream = this.create();

    get consumed(): number {
      return this.stream.consumed;
    }

    get produced(): number {
      return this.stream.produced;
    }

    /** Node loses parameters and dictionary. */
    reset(): undefined {
      this.stream.free();
      this.stream = this.create();
    }

    free(): void {
      this.stream.free();
    }

    /** Throws what `init` throws. */
    loadDictionary(dictionary: Uint8Array): void {
      if (this.stream.loadDictionary(dictionary) !== 0) throw initializationFailed('Failed to load zstd dictionary');
    }

    /** Throws what `init` throws. */
    setParameters(params: Uint32Array): void {
      params.forEach((value, key) => {
        if (value !== NOT_SET && this.stream.setParameter(key, value | 0) !== 0) throw initializationFailed('Setting parameter failed');
      });
    }

    protected abstract create(): Stream;

    protected errorOf(errno: number): CompressionError | undefined {
      if (errno === 0) return undefined;
      return { message: zstdErrorMessage(zstd(), errno), errno, code: errorNames.get(errno) ?? 'ZSTD_error_GENERIC' };
    }
  }

  class CompressContext extends ZstdContext<ZstdCompressStream> implements CompressionContext {
    write(directive: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined {
      return this.errorOf(this.stream.write(directive, input, output));
    }

    /** Throws what `init` throws. */
    pledgeSize(size: number): void {
      if (this.stream.pledgeSize(size) !== 0) throw initializationFailed('Could not set pledged src size');
    }

    protected create(): ZstdCompressStream {
      return new ZstdCompressStream(zstd());
    }
  }

  class DecompressContext extends ZstdContext<ZstdDecompressStream> implements CompressionContext {
    write(directive: number, input: Uint8Array, output: Uint8Array): CompressionError | undefined {
      const error = this.stream.write(input, output);
      if (error === 0 && directive === ZSTD_e_end && !this.stream.complete && this.stream.produced < output.length) return unexpectedEnd();
      return this.errorOf(error);
    }

    protected create(): ZstdDecompressStream {
      return new ZstdDecompressStream(zstd());
    }
  }

  abstract class ZstdHandle<Context extends CompressContext | DecompressContext> extends CompressionStream<Context> {
    constructor() {
      super(env);
    }

    init(params: Uint32Array, pledgedSrcSize: unknown, writeResult: Uint32Array, writeCallback: Function, dictionary?: ArrayBufferView): void {
      this.initStream(writeResult, writeCallback);
      checkPledgedSize(pledgedSrcSize);
      this.context = this.createContext();
      if (dictionary !== undefined && dictionary.byteLength > 0) this.context.loadDictionary(bytesOf(dictionary));
      if (pledgedSrcSize !== undefined && this.context instanceof CompressContext) this.context.pledgeSize(pledgedSrcSize);
      this.context.setParameters(params);
    }

    /** Nothing can be changed on the fly; the library does not call it. */
    params(): void {}

    protected abstract createContext(): Context;
  }

  return {
    ZstdCompress: class ZstdCompress extends ZstdHandle<CompressContext> {
      protected createContext(): CompressContext {
        return new CompressContext();
      }
    },
    ZstdDecompress: class ZstdDecompress extends ZstdHandle<DecompressContext> {
      protected createContext(): DecompressContext {
        return new DecompressContext();
      }
    },
  };
}
