/** The jobs behind `generatePrime` and `checkPrime`. */

import type { Environment } from '../../environment';
import { CryptoJob } from './crypto-job';
import { cryptoModule } from './module';
import { opensslError } from './openssl-error';
import { randomSeed } from './seed';
import type { ByteSource } from './support';
import { bytesOfSource, nodeError } from './support';

/** OpenSSL has no larger numbers, in bytes: 2^23 - 1 words. */
const MAX_LENGTH = (2 ** 23 - 1) * 8;
/** OpenSSL's codes of errors (library 3). */
const BIGNUM_TOO_LONG = 0x01800072;

/** The form of a prime; numbers are unsigned, most significant byte first. */
export interface PrimeForm {
  bits: number;
  /** Half of it, rounded down, is prime, too. */
  safe: boolean;
  /** The prime is `remainder` more than a multiple of `modulus`; an empty one means any. */
  modulus: Uint8Array;
  remainder: Uint8Array;
}

/** A random prime. Looks for ever if there is none of that form. */
export function findPrime(env: Environment, { bits, safe, modulus, remainder }: PrimeForm): Uint8Array<ArrayBuffer> {
  return cryptoModule(env).bytes('prime_find', bits, safe, modulus, remainder, randomSeed(env));
}

/** Without zeros in front; throws OpenSSL's error for what is too large a number for it. */
function numberOf(source: ByteSource): Uint8Array {
  const bytes = bytesOfSource(source);
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return new Uint8Array(0);
  if (bytes.length - first > MAX_LENGTH) throw opensslError(BIGNUM_TOO_LONG, 'bignum too long');
  return bytes.slice(first);
}

const toBigInt = (digits: Uint8Array) => digits.reduce((number, digit) => (number << 8n) | BigInt(digit), 0n);
const bitsOf = (digits: Uint8Array) => (digits.length === 0 ? 0 : digits.length * 8 - Math.clz32(digits[0]) + 24);

const outOfRange = (message: string) => nodeError(new RangeError(message), 'ERR_OUT_OF_RANGE');

export function primeJobs(env: Environment): Record<string, unknown> {
  class RandomPrimeJob extends CryptoJob {
    readonly #form: PrimeForm;

    /** `rem` is 1 if not given, 3 for safe primes. */
    constructor(mode: number, bits: number, safe: boolean, add?: ByteSource, rem?: ByteSource) {
      super(env, 'RANDOMPRIMEREQUEST', mode);
      const modulus = add === undefined ? new Uint8Array(0) : numberOf(add);
      const remainder = rem === undefined ? Uint8Array.of(safe ? 3 : 1) : numberOf(rem);
      if (modulus.length > 0) {
        // There would be no prime, or one only.
        if (bitsOf(modulus) > bits) throw outOfRange('invalid options.add');
        if (rem !== undefined && toBigInt(remainder) >= toBigInt(modulus)) throw outOfRange('invalid options.rem');
      }
      this.#form = { bits, safe, modulus, remainder };
    }

    protected override compute(): unknown {
      const { bits, safe } = this.#form;
      // The smallest prime has two bits, safe ones three, and there is none of four or five that begins with two ones.
      if (bits < 2 || (safe && bits < 6 && bits !== 3)) throw new Error('error:01800076:bignum routines::bits too small');
      return findPrime(env, this.#form).buffer;
    }
  }

  class CheckPrimeJob extends CryptoJob {
    readonly #candidate: Uint8Array;

    /** `checks`, a number of rounds, is not needed: the test that is used knows no false positives. */
    constructor(mode: number, candidate: ByteSource, _checks: number) {
      super(env, 'CHECKPRIMEREQUEST', mode);
      this.#candidate = numberOf(candidate);
    }

    protected override compute(): unknown {
      return cryptoModule(env).test('prime_check', this.#candidate);
    }
  }

  return { RandomPrimeJob, CheckPrimeJob };
}
