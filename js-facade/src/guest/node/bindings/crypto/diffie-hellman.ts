/** `DiffieHellman` and `DiffieHellmanGroup`. */

import type { Environment } from '../../environment';
import { diffieHellmanGroup, groupOfPrime } from './dh-groups';
import { cryptoModule, UnexplainedFailure } from './module';
import { opensslError } from './openssl-error';
import { findPrime } from './prime';
import type { ByteSource } from './support';
import { bytesOfSource, encodeResult, fillRandom, nodeError } from './support';

/** OpenSSL's codes of errors (library 5). */
const BAD_GENERATOR = 0x02800065, MODULUS_TOO_SMALL = 0x0280007e;
/** Lengths of primes in bits that OpenSSL generates. */
const MIN_BITS = 512, MAX_BITS = 10_000;

const badGenerator = () => opensslError(BAD_GENERATOR, 'bad generator');
const failed = (message: string) => nodeError(new Error(message), 'ERR_CRYPTO_OPERATION_FAILED');

/** A number without zeros in front. */
function trim(digits: Uint8Array): Uint8Array {
  const first = digits.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : digits.slice(first);
}

function digitsOf(number: number): Uint8Array {
  const digits = new Uint8Array(4);
  new DataView(digits.buffer).setUint32(0, number);
  return trim(digits);
}

/** Compares two trimmed numbers. */
function compare(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

function generatorOf(value: number | ByteSource): Uint8Array {
  if (typeof value === 'number' && value <= 1) throw badGenerator();
  const digits = typeof value === 'number' ? digitsOf(value) : trim(bytesOfSource(value));
  if (compare(digits, Uint8Array.of(1)) <= 0) throw badGenerator();
  return digits;
}

/** A new safe prime, of which `generator` generates a large subgroup. */
function newPrime(env: Environment, bits: number, generator: number): Uint8Array {
  // Which error is for what is OpenSSL's choice.
  if (generator < 0) throw badGenerator();
  if (bits < 2 || generator < 2) throw opensslError(MODULUS_TOO_SMALL, 'modulus too small');
  if (bits < MIN_BITS || bits > MAX_BITS) throw nodeError(new TypeError('Invalid DH parameters'), 'ERR_INVALID_ARG_VALUE');
  // As OpenSSL chooses: the generator is then a square, whose order is prime.
  const [modulus, remainder] = generator === 2 ? [24, 23] : generator === 5 ? [60, 59] : [12, 11];
  return findPrime(env, { bits, safe: true, modulus: Uint8Array.of(modulus), remainder: Uint8Array.of(remainder) });
}

export function diffieHellmanClasses(env: Environment): Record<string, unknown> {
  const result = (bytes: Uint8Array) => encodeResult(env, bytes.slice());

  abstract class KeyExchange {
    #publicKey: Uint8Array | undefined;
    #privateKey: Uint8Array | undefined;
    /** What `DH_check` found, in its bits. */
    declare readonly verifyError: number;

    /** `checked` means that nothing is wrong with the parameters. */
    constructor(readonly prime: Uint8Array, readonly generator: Uint8Array, checked: boolean) {
      // Neither is for programs.
      Object.defineProperty(this, 'prime', { enumerable: false });
      Object.defineProperty(this, 'generator', { enumerable: false });
      const fault = checked ? 0 : cryptoModule(env).number('dh_check', prime, generator);
      Object.defineProperty(this, 'verifyError', { get: () => fault, enumerable: true });
    }

    generateKeys(): unknown {
      this.#privateKey ??= this.#randomKey();
      this.#publicKey = this.#power(this.generator, 'Key generation failed');
      return result(this.#publicKey);
    }

    computeSecret(other: ByteSource): unknown {
      const key = trim(bytesOfSource(other));
      if (compare(key, Uint8Array.of(1)) <= 0) throw nodeError(new RangeError('Supplied key is too small'), 'ERR_CRYPTO_INVALID_KEYLEN');
      if (compare(key, this.#lessOne()) >= 0) throw nodeError(new RangeError('Supplied key is too large'), 'ERR_CRYPTO_INVALID_KEYLEN');
      const secret = this.#power(key, 'Failed to compute shared secret');
      const padded = new Uint8Array(this.prime.length);
      padded.set(secret, padded.length - secret.length);
      return result(padded);
    }

    getPrime(): unknown {
      return result(this.prime);
    }

    getGenerator(): unknown {
      return result(this.generator);
    }

    getPublicKey(): unknown {
      return this.#key(this.#publicKey, 'public');
    }

    getPrivateKey(): unknown {
      return this.#key(this.#privateKey, 'private');
    }

    setPublicKey(key: ByteSource): void {
      this.#publicKey = trim(bytesOfSource(key));
    }

    setPrivateKey(key: ByteSource): void {
      this.#privateKey = trim(bytesOfSource(key));
    }

    #key(key: Uint8Array | undefined, kind: string): unknown {
      if (key === undefined) throw nodeError(new Error(`No ${kind} key - did you forget to generate one?`), 'ERR_CRYPTO_INVALID_STATE');
      return result(key);
    }

    /** The largest number that is below the prime by two or more is the largest key. */
    #lessOne(): Uint8Array {
      const digits = this.prime.slice();
      let at = digits.length - 1;
      while (at >= 0 && digits[at]-- === 0) at--;
      return trim(digits);
    }

    #power(base: Uint8Array, failure: string): Uint8Array {
      if (this.#privateKey === undefined) throw failed(failure);
      try {
        return cryptoModule(env).bytes('dh_power', base, this.#privateKey, this.prime);
      } catch (error) {
        throw error instanceof UnexplainedFailure ? failed(failure) : error;
      }
    }

    #randomKey(): Uint8Array {
      const group = compare(this.generator, Uint8Array.of(2)) === 0 ? groupOfPrime(this.prime) : undefined;
      const highest = 31 - Math.clz32(this.prime[0]);
      const bits = group?.keyBits ?? (this.prime.length - 1) * 8 + highest;
      if (!(bits > 0)) throw failed('Key generation failed');
      const key = new Uint8Array(Math.ceil(bits / 8));
      fillRandom(env, key);
      const top = (bits - 1) % 8;
      key[0] = (key[0] & ((2 << top) - 1)) | (1 << top);
      return key;
    }
  }

  class DiffieHellman extends KeyExchange {
    /** A length in bits, or the prime. */
    constructor(sizeOrPrime: number | ByteSource, generator: number | ByteSource) {
      if (typeof sizeOrPrime === 'number') {
        if (typeof generator !== 'number') throw nodeError(new TypeError('Second argument must be an int32'), 'ERR_INVALID_ARG_TYPE');
        super(newPrime(env, sizeOrPrime, generator), digitsOf(generator), true);
        return;
      }
      const prime = trim(bytesOfSource(sizeOrPrime));
      super(prime, generatorOf(generator), groupOfPrime(prime) !== undefined);
    }
  }

  class DiffieHellmanGroup extends KeyExchange {
    constructor(name: string) {
      const group = diffieHellmanGroup(name);
      if (group === undefined) throw nodeError(new Error('Unknown DH group'), 'ERR_CRYPTO_UNKNOWN_DH_GROUP');
      super(group.prime, digitsOf(group.generator), true);
    }
  }

  return { DiffieHellman, DiffieHellmanGroup };
}
