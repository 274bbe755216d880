/** The jobs that generate key pairs. */

import type { Environment } from '../../environment';
import { findAlgorithm } from './algorithms';
import { AsymmetricKey } from './asymmetric-key';
import type { PairEncoding } from './asymmetric-key';
import {
  EVP_PKEY_ED25519, EVP_PKEY_ED448, EVP_PKEY_ML_DSA_44, EVP_PKEY_ML_DSA_65, EVP_PKEY_ML_DSA_87, EVP_PKEY_ML_KEM_1024, EVP_PKEY_ML_KEM_512,
  EVP_PKEY_ML_KEM_768, EVP_PKEY_X25519, EVP_PKEY_X448, kCryptoJobWebCrypto, kKeyTypePrivate, kKeyTypePublic, kKeyVariantRSA_PSS,
  OPENSSL_EC_EXPLICIT_CURVE,
} from './constants';
import { CryptoJob } from './crypto-job';
import type { KeyClasses } from './key-object';
import { KeyObjectHandle } from './key-object';
import { cryptoModule, pack } from './module';
import { randomSeed } from './seed';
import { copyOfSource, invalidDigest, nodeError } from './support';

/** Stands for a number that is not given (`exports.rs`). */
export const NOT_GIVEN = -0x80000000;

/** Bits of q when the caller does not choose. */
const DEFAULT_DIVISOR = 224;

/** How Web Crypto wants the pair. */
type WebCryptoResult = [algorithm: object, publicUsages: number, privateUsages: number, extractable: boolean];

const TYPES_WITHOUT_PARAMETERS: Record<number, string> = {
  [EVP_PKEY_ED25519]: 'ed25519', [EVP_PKEY_ED448]: 'ed448', [EVP_PKEY_X25519]: 'x25519', [EVP_PKEY_X448]: 'x448',
  [EVP_PKEY_ML_DSA_44]: 'ml-dsa-44', [EVP_PKEY_ML_DSA_65]: 'ml-dsa-65', [EVP_PKEY_ML_DSA_87]: 'ml-dsa-87',
  [EVP_PKEY_ML_KEM_512]: 'ml-kem-512', [EVP_PKEY_ML_KEM_768]: 'ml-kem-768', [EVP_PKEY_ML_KEM_1024]: 'ml-kem-1024',
};

/** The generator of all groups that have a name. */
const GROUP_GENERATOR = 2;

export function keyPairJobs(env: Environment, keys: KeyClasses): Record<string, unknown> {
  const groupPrime = (name: string): Uint8Array => env.requireBuiltin('crypto').createDiffieHellmanGroup(name).getPrime();

  abstract class KeyPairJob extends CryptoJob {
    readonly #result: PairEncoding | WebCryptoResult;

    constructor(mode: number, result: PairEncoding | WebCryptoResult) {
      super(env, 'KEYPAIRGENREQUEST', mode);
      this.#result = result;
    }

    /** Makes the private key and answers where it is. */
    protected abstract generate(): number;

    protected override compute(): unknown {
      const privateKey = new AsymmetricKey(env, this.#generate(), true);
      const publicKey = privateKey.publicKey();
      if (this.mode === kCryptoJobWebCrypto) {
        const [algorithm, publicUsages, privateUsages, extractable] = this.#result as WebCryptoResult;
        return {
          publicKey: keys.newCryptoKey(KeyObjectHandle.of(kKeyTypePublic, publicKey), algorithm, publicUsages, true),
          privateKey: keys.newCryptoKey(KeyObjectHandle.of(kKeyTypePrivate, privateKey), algorithm, privateUsages, extractable),
        };
      }
      const [publicFormat, publicEncoding, privateFormat, privateEncoding, cipher, passphrase] = this.#result as PairEncoding;
      return [
        publicFormat === undefined ? KeyObjectHandle.of(kKeyTypePublic, publicKey) : publicKey.export(publicFormat, publicEncoding!),
        privateFormat === undefined
          ? KeyObjectHandle.of(kKeyTypePrivate, privateKey) : privateKey.export(privateFormat, privateEncoding!, cipher, passphrase),
      ];
    }

    /** Node shows the message alone of what goes wrong here. */
    #generate(): number {
      try {
        return this.generate();
      } catch (error) {
        if (error instanceof Error && 'library' in error) throw new Error(error.message);
        throw error;
      }
    }
  }

  class RsaKeyPairGenJob extends KeyPairJob {
    readonly #hash: string = '';
    readonly #mgf1Hash: string = '';
    readonly #saltLength: number = NOT_GIVEN;

    /** For RSA-PSS the two hashes and the salt length come before `rest`. */
    constructor(mode: number, readonly variant: number, readonly bits: number, readonly exponent: number, ...rest: unknown[]) {
      const [hash, mgf1Hash, saltLength] = variant === kKeyVariantRSA_PSS ? rest.splice(0, 3) as [string?, string?, number?] : [];
      super(mode, rest as PairEncoding | WebCryptoResult);
      this.#hash = hash === undefined ? '' : hashName(hash, 'digest');
      this.#mgf1Hash = mgf1Hash === undefined ? '' : hashName(mgf1Hash, 'MGF1 digest');
      this.#saltLength = saltLength ?? NOT_GIVEN;
    }

    protected override generate(): number {
      const fields = pack(randomSeed(env), this.#hash, this.#mgf1Hash);
      return cryptoModule(env).number('key_generate_rsa', this.variant === kKeyVariantRSA_PSS, this.bits, this.exponent, this.#saltLength, fields);
    }
  }

  class DsaKeyPairGenJob extends KeyPairJob {
    constructor(mode: number, readonly modulus: number, readonly divisor: number, ...result: PairEncoding) {
      super(mode, result);
    }

    protected override generate(): number {
      const divisor = this.divisor === -1 ? DEFAULT_DIVISOR : this.divisor;
      return cryptoModule(env).number('key_generate_dsa', this.modulus, divisor, pack(randomSeed(env)));
    }
  }

  class DhKeyPairGenJob extends KeyPairJob {
    readonly #prime: Uint8Array | number;
    readonly #generator: number;

    /** Either the name of a group, or a prime or its bits and then the generator. */
    constructor(mode: number, primeOrGroup: string | ArrayBufferView | number, ...rest: unknown[]) {
      const generator = typeof primeOrGroup === 'string' ? GROUP_GENERATOR : rest.shift() as number;
      super(mode, rest as PairEncoding);
      this.#generator = generator;
      if (typeof primeOrGroup === 'number') this.#prime = primeOrGroup;
      else if (typeof primeOrGroup === 'string') this.#prime = groupPrime(primeOrGroup);
      else this.#prime = copyOfSource(primeOrGroup);
    }

    protected override generate(): number {
      const module = cryptoModule(env);
      const generator = new Uint8Array(4);
      new DataView(generator.buffer).setUint32(0, this.#generator);
      const prime = typeof this.#prime === 'number' ? module.bytes('key_dh_prime', this.#prime, this.#generator, pack(randomSeed(env))) : this.#prime;
      return module.number('key_generate_dh', pack(randomSeed(env), prime, generator));
    }
  }

  class EcKeyPairGenJob extends KeyPairJob {
    constructor(mode: number, readonly curve: string, readonly encoding: number | undefined, ...result: PairEncoding | WebCryptoResult) {
      super(mode, result);
      cryptoModule(env).bytes('ec_generate', pack(curve, randomSeed(env)));
    }

    protected override generate(): number {
      return cryptoModule(env).number('key_generate_ec', this.encoding !== OPENSSL_EC_EXPLICIT_CURVE, pack(randomSeed(env), this.curve));
    }
  }

  class NidKeyPairGenJob extends KeyPairJob {
    constructor(mode: number, readonly nid: number, ...result: PairEncoding | WebCryptoResult) {
      super(mode, result);
    }

    protected override generate(): number {
      return cryptoModule(env).number('key_generate', pack(randomSeed(env), TYPES_WITHOUT_PARAMETERS[this.nid]));
    }
  }

  /** The same by a name, as Node 26 does. */
  class NamedKeyPairGenJob extends KeyPairJob {
    constructor(mode: number, readonly name: string, ...result: PairEncoding | WebCryptoResult) {
      super(mode, result);
    }

    protected override generate(): number {
      return cryptoModule(env).number('key_generate', pack(randomSeed(env), this.name.toLowerCase()));
    }
  }

  return {
    RsaKeyPairGenJob, DsaKeyPairGenJob, DhKeyPairGenJob, EcKeyPairGenJob, NidKeyPairGenJob, NamedKeyPairGenJob,
    getPqcKeyTypes: () => Object.values(TYPES_WITHOUT_PARAMETERS).filter((name) => name.startsWith('ml-')).map((name) => name.toUpperCase()),
  };
}

function hashName(name: string, what: string): string {
  const algorithm = findAlgorithm(name);
  if (algorithm !== undefined) return algorithm.name;
  throw what === 'digest' ? invalidDigest(name) : nodeError(new TypeError(`Invalid ${what}: ${name}`), 'ERR_CRYPTO_INVALID_DIGEST');
}
