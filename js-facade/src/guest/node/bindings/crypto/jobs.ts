/** Jobs: computations that the library starts at once, by callback, or as a promise of Web Crypto. */

import type { Codecs, DigestAlgorithm } from '../../../codecs';
import { DigestStream, hkdf, pbkdf2, scrypt } from '../../../codecs';
import { AsyncWrap } from '../../async-wrap';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { findAlgorithm } from './algorithms';
import { kCryptoJobSync, kCryptoJobWebCrypto, kSignJobModeVerify } from './constants';
import type { KeyClasses } from './keys';
import { equalBytes, KeyObjectHandle } from './keys';
import type { ByteSource } from './support';
import { bytesOfSource, codecs, invalidDigest, nodeError } from './support';

/** `getRandomValues` fills no more than this at once. */
const RANDOM_QUOTA = 65536;

/** What OpenSSL says to parameters that it refuses late, such as a length of 0. */
const derivingFailed = () => new Error('Deriving bits failed');

export function jobClasses(env: Environment, keys: KeyClasses): Record<string, unknown> {
  abstract class CryptoJob extends AsyncWrap {
    declare ondone?: (error: unknown, result?: unknown) => void;

    constructor(provider: string, readonly mode: number) {
      super(env, provider);
    }

    /** `[error, result]` of a synchronous job, a promise for Web Crypto; otherwise `ondone` is called in the poll phase. */
    run(): unknown {
      if (this.mode === kCryptoJobSync) return this.#outcome();
      if (this.mode === kCryptoJobWebCrypto) {
        return new Promise((resolve, reject) => {
          env.loop.enqueue(() => {
            const [error, result] = this.#outcome();
            if (error === undefined) resolve(result);
            else reject(operationError(error));
          });
        });
      }
      env.loop.enqueue(() => {
        const [error, result] = this.#outcome();
        env.makeCallback(this, this.ondone!, error, result);
      });
      return undefined;
    }

    /** The result; what it throws is the error of the job. */
    protected abstract compute(wasm: Codecs): unknown;

    #outcome(): [unknown, unknown?] {
      try {
        return [undefined, this.compute(codecs(env))];
      } catch (error) {
        return [error];
      }
    }
  }

  function operationError(cause: unknown): unknown {
    const { lazyDOMException } = env.requireBuiltin('internal/util');
    return lazyDOMException('The operation failed for an operation-specific reason', { name: 'OperationError', cause });
  }

  function algorithmOf(name: string): DigestAlgorithm {
    const algorithm = findAlgorithm(name);
    if (algorithm === undefined) throw invalidDigest(name);
    return algorithm;
  }

  class RandomBytesJob extends CryptoJob {
    readonly #room: Uint8Array;

    constructor(mode: number, buffer: ArrayBufferView | ArrayBuffer | SharedArrayBuffer, offset: number, size: number) {
      super('RANDOMBYTESREQUEST', mode);
      const bytes = ArrayBuffer.isView(buffer) ? bytesOf(buffer) : new Uint8Array(buffer);
      this.#room = bytes.subarray(offset, offset + size);
    }

    protected override compute(): void {
      fillRandom(env, this.#room);
    }
  }

  class PBKDF2Job extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;

    constructor(mode: number, readonly password: ByteSource, readonly salt: ByteSource, readonly iterations: number, readonly length: number, digest: string) {
      super('PBKDF2REQUEST', mode);
      this.#algorithm = algorithmOf(digest);
    }

    protected override compute(wasm: Codecs): unknown {
      if (this.length === 0) throw derivingFailed();
      const bits = pbkdf2(wasm, this.#algorithm, bytesOfSource(this.password), bytesOfSource(this.salt), this.iterations, this.length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class HKDFJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;

    constructor(mode: number, digest: string, readonly key: ByteSource, readonly salt: ByteSource, readonly info: ByteSource, readonly length: number) {
      super('DERIVEBITSREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
      if (length > 255 * this.#algorithm.size) throw nodeError(new RangeError('Invalid key length'), 'ERR_CRYPTO_INVALID_KEYLEN');
    }

    protected override compute(wasm: Codecs): unknown {
      if (this.length === 0) throw derivingFailed();
      const bits = hkdf(wasm, this.#algorithm, bytesOfSource(this.key), bytesOfSource(this.salt), bytesOfSource(this.info), this.length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class ScryptJob extends CryptoJob {
    constructor(
      mode: number, readonly password: ByteSource, readonly salt: ByteSource, readonly cost: number, readonly blockSize: number,
      readonly parallelization: number, maxMemory: number, readonly length: number,
    ) {
      super('SCRYPTREQUEST', mode);
      const isPowerOfTwo = cost > 1 && (cost & (cost - 1)) === 0;
      // OpenSSL's account of the memory it needs.
      const needed = 128 * blockSize * (parallelization + cost + 2);
      if (!isPowerOfTwo || blockSize < 1 || parallelization < 1 || needed > maxMemory) {
        const reason = needed > maxMemory ? ': error:030000AC:digital envelope routines::memory limit exceeded' : '';
        throw nodeError(new RangeError(`Invalid scrypt params${reason}`), 'ERR_CRYPTO_INVALID_SCRYPT_PARAMS');
      }
    }

    protected override compute(wasm: Codecs): unknown {
      const { cost, blockSize, parallelization, length } = this;
      if (length === 0) return new ArrayBuffer(0);
      const bits = scrypt(wasm, bytesOfSource(this.password), bytesOfSource(this.salt), cost, blockSize, parallelization, length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class HashJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;

    /** `bits` is the length of the digest of an extendable algorithm. */
    constructor(mode: number, digest: string, readonly data: ByteSource, readonly bits?: number) {
      super('HASHREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
    }

    protected override compute(wasm: Codecs): unknown {
      const stream = DigestStream.hash(wasm, this.#algorithm);
      stream.update(bytesOfSource(this.data));
      return stream.finish(this.bits === undefined ? this.#algorithm.size : this.bits / 8).buffer;
    }
  }

  class HmacJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;

    /** `purpose` is to sign or to verify `signature`. */
    constructor(mode: number, readonly purpose: number, digest: string, readonly key: KeyObjectHandle, readonly data: ByteSource, readonly signature?: ByteSource) {
      super('SIGNREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
    }

    protected override compute(wasm: Codecs): unknown {
      const stream = DigestStream.hmac(wasm, this.#algorithm, this.key.secret)!;
      stream.update(bytesOfSource(this.data));
      const mac = stream.finish();
      if (this.purpose !== kSignJobModeVerify) return mac.buffer;
      const signature = bytesOfSource(this.signature!);
      return signature.length === mac.length && equalBytes(signature, mac);
    }
  }

  class SecretKeyGenJob extends CryptoJob {
    /** With `algorithm` the result is a `CryptoKey`, otherwise the handle of a `KeyObject`. */
    constructor(mode: number, readonly bits: number, readonly algorithm?: object, readonly usagesMask = 0, readonly extractable = false) {
      super('KEYGENREQUEST', mode);
    }

    protected override compute(): unknown {
      const secret = new Uint8Array(Math.floor(this.bits / 8));
      fillRandom(env, secret);
      const handle = new KeyObjectHandle();
      handle.init(0, secret);
      return this.algorithm === undefined ? handle : keys.newCryptoKey(handle, this.algorithm, this.usagesMask, this.extractable);
    }
  }

  return { RandomBytesJob, PBKDF2Job, HKDFJob, ScryptJob, HashJob, HmacJob, SecretKeyGenJob };
}

/** Fills `room`, which may be shared memory (that the browser's generator refuses). */
function fillRandom(env: Environment, room: Uint8Array): void {
  const shared = typeof SharedArrayBuffer === 'function' && room.buffer instanceof SharedArrayBuffer;
  const bytes = shared ? new Uint8Array(room.length) : (room as Uint8Array<ArrayBuffer>);
  for (let at = 0; at < bytes.length; at += RANDOM_QUOTA) env.host.crypto.getRandomValues(bytes.subarray(at, at + RANDOM_QUOTA));
  if (shared) room.set(bytes);
}
