/** `CipherBase`: symmetric encryption and decryption by pieces. */

import type { Environment } from '../../environment';
import { CIPHER_NAMES, findCipher } from './cipher-table';
import { cryptoModule, NativeObject } from './module';
import type { ByteSource } from './support';
import { bytesOfData, bytesOfSource, encodeResult, nodeError } from './support';

export function cipherBindings(env: Environment): Record<string, unknown> {
  class CipherBase {
    /** Unset once the cipher has ended. */
    #native: NativeObject | undefined;

    constructor(encrypt: boolean, name: string, key: ByteSource, iv: ByteSource | null) {
      const algorithm = findCipher(name);
      if (algorithm === undefined) throw nodeError(new Error('Unknown cipher'), 'ERR_CRYPTO_UNKNOWN_CIPHER');
      const keyBytes = bytesOfSource(key);
      if (iv === null || bytesOfSource(iv).length !== algorithm.ivLength) {
        throw nodeError(new TypeError('Invalid initialization vector'), 'ERR_CRYPTO_INVALID_IV');
      }
      if (keyBytes.length !== algorithm.keyLength) throw nodeError(new RangeError('Invalid key length'), 'ERR_CRYPTO_INVALID_KEYLEN');
      const module = cryptoModule(env);
      const address = module.number('cipher_new', algorithm.family, encrypt, keyBytes, bytesOfSource(iv));
      this.#native = new NativeObject(module, address, 'cipher_free');
    }

    update(data: string | ArrayBufferView, encoding?: string): unknown {
      const native = this.#native;
      if (native === undefined) throw new Error('Trying to add data in unsupported state');
      return encodeResult(env, native.module.bytes('cipher_update', native.address, bytesOfData(env, data, encoding)));
    }

    final(): unknown {
      const native = this.#native;
      if (native === undefined) throw nodeError(new Error('Invalid state'), 'ERR_CRYPTO_INVALID_STATE');
      this.#native = undefined;
      try {
        return encodeResult(env, native.module.bytes('cipher_finish', native.address));
      } finally {
        native.free();
      }
    }

    setAutoPadding(on: boolean): boolean {
      const native = this.#native;
      native?.module.plain('cipher_set_padding', native.address, on);
      return native !== undefined;
    }

    getAuthTag(): undefined {
      return undefined;
    }

    setAuthTag(): boolean {
      return false;
    }

    setAAD(): boolean {
      return false;
    }
  }

  return { CipherBase, getCiphers: () => [...CIPHER_NAMES] };
}
