/** The jobs of hashes, key derivation, random numbers and secret keys. */

import type { DigestAlgorithm } from '../../../codecs';
import { DigestStream, hkdf, pbkdf2, scrypt } from '../../../codecs';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { findAlgorithm } from './algorithms';
import { kSignJobModeVerify } from './constants';
import { CryptoJob } from './crypto-job';
import type { KeyClasses } from './key-object';
import { equalBytes, KeyObjectHandle } from './key-object';
import type { ByteSource } from './support';
import { codecs, fillRandom, invalidDigest, nodeError } from './support';

/** The most blocks that scrypt works on, for its block size and parallelization. */
const MAX_SCRYPT_BLOCKS = 2 ** 30 - 1;

const invalidScrypt = (reason: string) => nodeError(new RangeError(`Invalid scrypt params${reason}`), 'ERR_CRYPTO_INVALID_SCRYPT_PARAMS');

/** What OpenSSL says to parameters that it refuses late, such as a length of 0. */
const derivingFailed = () => new Error('Deriving bits failed');

export function jobClasses(env: Environment, keys: KeyClasses): Record<string, unknown> {
  function algorithmOf(name: string): DigestAlgorithm {
    const algorithm = findAlgorithm(name);
    if (algorithm === undefined) throw invalidDigest(name);
    return algorithm;
  }

  class RandomBytesJob extends CryptoJob {
    readonly #room: Uint8Array;

    constructor(mode: number, buffer: ArrayBufferView | ArrayBuffer | SharedArrayBuffer, offset: number, size: number) {
      super(env, 'RANDOMBYTESREQUEST', mode);
      const bytes = ArrayBuffer.isView(buffer) ? bytesOf(buffer) : new Uint8Array(buffer);
      this.#room = bytes.subarray(offset, offset + size);
    }

    protected override compute(): void {
      fillRandom(env, this.#room);
    }
  }

  class PBKDF2Job extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;
    readonly #password: Uint8Array;
    readonly #salt: Uint8Array;

    constructor(mode: number, password: ByteSource, salt: ByteSource, readonly iterations: number, readonly length: number, digest: string) {
      super(env, 'PBKDF2REQUEST', mode);
      this.#algorithm = algorithmOf(digest);
      this.#password = this.capture(password);
      this.#salt = this.capture(salt);
    }

    protected override compute(): unknown {
      if (this.length === 0) throw derivingFailed();
      const bits = pbkdf2(codecs(env), this.#algorithm, this.#password, this.#salt, this.iterations, this.length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class HKDFJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;
    readonly #key: Uint8Array;
    readonly #salt: Uint8Array;
    readonly #info: Uint8Array;

    constructor(mode: number, digest: string, key: ByteSource, salt: ByteSource, info: ByteSource, readonly length: number) {
      super(env, 'DERIVEBITSREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
      this.#key = this.capture(key);
      this.#salt = this.capture(salt);
      this.#info = this.capture(info);
      if (length > 255 * this.#algorithm.size) throw nodeError(new RangeError('Invalid key length'), 'ERR_CRYPTO_INVALID_KEYLEN');
    }

    protected override compute(): unknown {
      if (this.length === 0) throw derivingFailed();
      const bits = hkdf(codecs(env), this.#algorithm, this.#key, this.#salt, this.#info, this.length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class ScryptJob extends CryptoJob {
    readonly #password: Uint8Array;
    readonly #salt: Uint8Array;

    constructor(
      mode: number, password: ByteSource, salt: ByteSource, readonly cost: number, readonly blockSize: number,
      readonly parallelization: number, maxMemory: number, readonly length: number,
    ) {
      super(env, 'SCRYPTREQUEST', mode);
      this.#password = this.capture(password);
      this.#salt = this.capture(salt);
      const isPowerOfTwo = cost > 1 && Number.isInteger(Math.log2(cost));
      if (!isPowerOfTwo || blockSize < 1 || parallelization < 1) throw invalidScrypt('');
      // OpenSSL's limits: RFC 7914's, and its account of the memory it needs.
      const needed = 128 * blockSize * (parallelization + cost + 2);
      if (Math.log2(cost) >= 16 * blockSize || parallelization * blockSize > MAX_SCRYPT_BLOCKS || needed > maxMemory) {
        throw invalidScrypt(': error:030000AC:digital envelope routines::memory limit exceeded');
      }
    }

    protected override compute(): unknown {
      const { cost, blockSize, parallelization, length } = this;
      if (length === 0) return new ArrayBuffer(0);
      const bits = scrypt(codecs(env), this.#password, this.#salt, cost, blockSize, parallelization, length);
      if (bits === undefined) throw derivingFailed();
      return bits.buffer;
    }
  }

  class HashJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;
    readonly #data: Uint8Array;

    /** `bits` is the length of the digest of an extendable algorithm. */
    constructor(mode: number, digest: string, data: ByteSource, readonly bits?: number) {
      super(env, 'HASHREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
      this.#data = this.capture(data);
    }

    protected override compute(): unknown {
      const stream = DigestStream.hash(codecs(env), this.#algorithm);
      stream.update(this.#data);
      return stream.finish(this.bits === undefined ? this.#algorithm.size : this.bits / 8).buffer;
    }
  }

  class HmacJob extends CryptoJob {
    readonly #algorithm: DigestAlgorithm;
    readonly #data: Uint8Array;
    readonly #signature: Uint8Array | undefined;

    /** `purpose` is to sign or to verify `signature`. */
    constructor(mode: number, readonly purpose: number, digest: string, readonly key: KeyObjectHandle, data: ByteSource, signature?: ByteSource) {
      super(env, 'SIGNREQUEST', mode);
      this.#algorithm = algorithmOf(digest);
      this.#data = this.capture(data);
      this.#signature = signature && this.capture(signature);
    }

    protected override compute(): unknown {
      const stream = DigestStream.hmac(codecs(env), this.#algorithm, this.key.secret)!;
      stream.update(this.#data);
      const mac = stream.finish();
      if (this.purpose !== kSignJobModeVerify) return mac.buffer;
      const signature = this.#signature!;
      return signature.length === mac.length && equalBytes(signature, mac);
    }
  }

  class SecretKeyGenJob extends CryptoJob {
    /** With `algorithm` the result is a `CryptoKey`, otherwise the handle of a `KeyObject`. */
    constructor(mode: number, readonly bits: number, readonly algorithm?: object, readonly usagesMask = 0, readonly extractable = false) {
      super(env, 'KEYGENREQUEST', mode);
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
