/** The jobs of Web Crypto that encrypt and decrypt with secret keys: whole messages, with the tag at the end. */

import type { Environment } from '../../environment';
import type { CipherAlgorithm } from './cipher-table';
import { findCipher } from './cipher-table';
import { kWebCryptoCipherEncrypt } from './constants';
import { CryptoJob } from './crypto-job';
import type { KeyObjectHandle } from './key-object';
import { cryptoModule, NativeObject, UnexplainedFailure } from './module';
import type { ByteSource } from './support';
import { bytesOfSource, nodeError } from './support';

const TAG_LENGTH = 16;
const COUNTER_BITS = 128;
/** The initialization vector of RFC 3394. */
const WRAP_IV = new Uint8Array(8).fill(0xa6);

/** Bytes that a value of CTR's counter is for. */
const BLOCK = 16;

/** What Node says when OpenSSL says nothing. */
const failed = () => new Error('Cipher job failed');

const NONE = new Uint8Array(0);

/** The names of the cipher modes in the order of `kKeyVariantAES_…`, three sizes of keys each. */
const AES_VARIANTS = ['ctr', 'cbc', 'gcm', 'wrap', 'ocb'];

function aesOfVariant(variant: number): CipherAlgorithm {
  const mode = AES_VARIANTS[Math.floor(variant / 3)];
  const bits = 128 + 64 * (variant % 3);
  return findCipher(mode === 'wrap' ? `aes${bits}-wrap` : `aes-${bits}-${mode}`)!;
}

export function cipherJobs(env: Environment): Record<string, unknown> {
  class SecretCipherJob extends CryptoJob {
    readonly #encrypt: boolean;
    readonly #data: Uint8Array;
    readonly #key: Uint8Array;

    constructor(
      mode: number, purpose: number, key: KeyObjectHandle, data: ByteSource, readonly algorithm: CipherAlgorithm, readonly iv: Uint8Array,
      /** Of the tag in bytes (0 = there is none); of the counter in bits. */
      readonly size: number, readonly associated: Uint8Array,
    ) {
      super(env, 'CIPHERREQUEST', mode);
      this.#encrypt = purpose === kWebCryptoCipherEncrypt;
      this.#key = key.secret;
      this.#data = this.capture(data);
    }

    protected override compute(): unknown {
      const blocks = Math.ceil(this.#data.length / BLOCK);
      if (this.algorithm.mode === 'ctr' && blocks > 2 ** this.size) throw failed();
      try {
        return this.#transform();
      } catch (error) {
        throw error instanceof UnexplainedFailure ? failed() : error;
      }
    }

    #transform(): ArrayBuffer {
      const module = cryptoModule(env);
      const { algorithm, iv, size, associated } = this;
      const { family, modeNumber } = algorithm;
      const native = new NativeObject(module, module.number('cipher_new', family, modeNumber, this.#encrypt, this.#key, iv, size), 'cipher_free');
      try {
        const tagLength = algorithm.mode === 'ctr' ? 0 : size;
        let data = this.#data;
        if (associated.length > 0) module.bytes('cipher_authenticate', native.address, associated);
        if (!this.#encrypt && tagLength > 0) {
          if (data.length < tagLength) throw failed();
          module.plain('cipher_set_tag', native.address, data.subarray(data.length - tagLength));
          data = data.subarray(0, data.length - tagLength);
        }
        const parts = [module.bytes('cipher_update', native.address, data), module.bytes('cipher_finish', native.address)];
        if (this.#encrypt && tagLength > 0) parts.push(module.bytes('cipher_tag', native.address).subarray(0, tagLength));
        return concatenate(parts).buffer;
      } finally {
        native.free();
      }
    }
  }

  class AESCipherJob extends SecretCipherJob {
    /** `iv` is the counter of CTR, whose bits `size` counts; otherwise `size` is the length of the tag. */
    constructor(
      mode: number, purpose: number, key: KeyObjectHandle, data: ByteSource, variant: number, iv?: ByteSource, size = 0, associated?: ByteSource,
    ) {
      const algorithm = aesOfVariant(variant);
      const ivBytes = iv === undefined ? WRAP_IV : bytesOfSource(iv).slice();
      if (algorithm.mode === 'ctr') {
        if (ivBytes.length !== algorithm.ivLength) throw nodeError(new TypeError('Invalid initialization vector'), 'ERR_CRYPTO_INVALID_IV');
        if (size < 1 || size > COUNTER_BITS) throw nodeError(new TypeError('Invalid counter length'), 'ERR_CRYPTO_INVALID_COUNTER');
      }
      super(mode, purpose, key, data, algorithm, ivBytes, size, associated === undefined ? NONE : bytesOfSource(associated).slice());
    }
  }

  class ChaCha20Poly1305CipherJob extends SecretCipherJob {
    constructor(mode: number, purpose: number, key: KeyObjectHandle, data: ByteSource, iv: ByteSource, associated?: ByteSource) {
      const algorithm = findCipher('chacha20-poly1305')!;
      super(
        mode, purpose, key, data, algorithm, bytesOfSource(iv).slice(), TAG_LENGTH, associated === undefined ? NONE : bytesOfSource(associated).slice(),
      );
    }
  }

  return { AESCipherJob, ChaCha20Poly1305CipherJob };
}

function concatenate(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
