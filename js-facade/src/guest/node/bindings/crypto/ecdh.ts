/** Elliptic-curve Diffie-Hellman: the class `ECDH`, and the job of `crypto.diffieHellman` for keys of every kind. */

import type { Environment } from '../../environment';
import type { AsymmetricKey, KeyArguments } from './asymmetric-key';
import { parseAsymmetricKey, textOf } from './asymmetric-key';
import { kKeyTypePrivate, kKeyTypePublic } from './constants';
import { CryptoJob } from './crypto-job';
import { equalBytes } from './key-object';
import { cryptoModule, pack } from './module';
import { randomSeed } from './seed';
import type { ByteSource } from './support';
import { bytesOfSource, copyOfSource, encodeResult, nodeError } from './support';

/** What the library makes `ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY` of. */
const INVALID_PUBLIC_KEY = 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY';

function operationFailed(message: string): Error {
  return nodeError(new Error(message), 'ERR_CRYPTO_OPERATION_FAILED');
}

export function ecdhBindings(env: Environment): Record<string, unknown> {
  /** The point in the form of this number. */
  function convert(curve: string, point: Uint8Array, form: number): Uint8Array {
    return cryptoModule(env).bytes('ec_convert', form, pack(curve, point));
  }

  function invalidCurve(): Error {
    return nodeError(new TypeError('Invalid EC curve name'), 'ERR_CRYPTO_INVALID_CURVE');
  }

  function isCurve(name: string): boolean {
    return curveNames().includes(name);
  }

  const curveNames = () => cryptoModule(env).parts('ec_curves').map(textOf);

  class ECDH {
    #private: Uint8Array | undefined;
    /** Not compressed. */
    #public: Uint8Array | undefined;

    constructor(readonly curve: string) {
      if (!isCurve(curve)) throw invalidCurve();
    }

    #publicOf(scalar: Uint8Array): Uint8Array {
      return cryptoModule(env).bytes('ec_public', pack(this.curve, scalar));
    }

    generateKeys(): void {
      this.#private = cryptoModule(env).bytes('ec_generate', pack(this.curve, randomSeed(env)));
      this.#public = this.#publicOf(this.#private);
    }

    /** A Buffer, or what is wrong with the other's key. */
    computeSecret(other: ByteSource): unknown {
      const { curve } = this;
      let point;
      try {
        point = convert(curve, bytesOfSource(other), 4);
      } catch {
        return INVALID_PUBLIC_KEY;
      }
      const mine = this.#private;
      if (mine !== undefined && this.#public !== undefined && !equalBytes(this.#publicOf(mine), this.#public)) {
        throw nodeError(new Error('Invalid key pair'), 'ERR_CRYPTO_INVALID_KEYPAIR');
      }
      if (mine === undefined) throw operationFailed('Failed to compute ECDH key');
      return encodeResult(env, cryptoModule(env).bytes('ec_diffie_hellman', pack(curve, mine, point)));
    }

    getPublicKey(form: number): unknown {
      if (this.#public === undefined) throw operationFailed('Failed to get ECDH public key');
      return encodeResult(env, convert(this.curve, this.#public, form));
    }

    getPrivateKey(): unknown {
      if (this.#private === undefined) throw operationFailed('Failed to get ECDH private key');
      return encodeResult(env, this.#private.slice());
    }

    setPrivateKey(key: ByteSource): void {
      const scalar = copyOfSource(key);
      if (!cryptoModule(env).test('ec_is_private', pack(this.curve, scalar))) {
        throw nodeError(new RangeError('Private key is not valid for specified curve.'), 'ERR_CRYPTO_INVALID_KEYTYPE');
      }
      this.#private = scalar;
      this.#public = this.#publicOf(scalar);
    }

    setPublicKey(key: ByteSource): void {
      try {
        this.#public = convert(this.curve, bytesOfSource(key), 4);
      } catch {
        throw operationFailed('Failed to convert Buffer to EC_POINT');
      }
    }
  }

  class DHBitsJob extends CryptoJob {
    readonly #public: AsymmetricKey;
    readonly #private: AsymmetricKey;

    /** The public key's five arguments, and the private one's. */
    constructor(mode: number, ...args: unknown[]) {
      super(env, 'DERIVEBITSREQUEST', mode);
      this.#public = parseAsymmetricKey(env, kKeyTypePublic, ...(args.slice(0, 5) as KeyArguments));
      this.#private = parseAsymmetricKey(env, kKeyTypePrivate, ...(args.slice(5, 10) as KeyArguments));
    }

    protected override compute(): unknown {
      return this.#private.module.bytes('key_diffie_hellman', this.#private.address, this.#public.address).buffer;
    }
  }

  return {
    ECDH,
    DHBitsJob,
    getCurves: curveNames,
    ECDHConvertKey(key: ByteSource, curve: string, form: number): unknown {
      if (!isCurve(curve)) throw invalidCurve();
      let point;
      try {
        point = convert(curve, bytesOfSource(key), form);
      } catch {
        throw operationFailed('Failed to convert Buffer to EC_POINT');
      }
      return encodeResult(env, point);
    },
  };
}
