/**
 * `internalBinding('crypto')`. Hashes and key derivation run in `codecs.wasm`, everything else in `crypto.wasm`, which is loaded when it is first used.
 */

import type { Environment } from '../environment';
import { bytesOf } from '../stream-base';
import { argon2Job } from './crypto/argon2';
import { cipherBindings } from './crypto/cipher';
import { cipherJobs } from './crypto/cipher-job';
import { constants } from './crypto/constants';
import { diffieHellmanClasses } from './crypto/diffie-hellman';
import { ecdhBindings } from './crypto/ecdh';
import { hashClasses } from './crypto/hash';
import { jobClasses } from './crypto/jobs';
import { kemJobs } from './crypto/kem-jobs';
import { equalBytes, keyClasses } from './crypto/key-object';
import { keccakJobs } from './crypto/keccak-jobs';
import { keyPairJobs } from './crypto/key-pair-jobs';
import { primeJobs } from './crypto/prime';
import { rsaCipherBindings } from './crypto/rsa-cipher';
import { secureContextClass } from './crypto/secure-context';
import { signatureClasses } from './crypto/signature';
import { nodeError, unavailable } from './crypto/support';
import { x509Bindings } from './crypto/x509';

/** OpenSSL's own default security level. */
const SECURITY_LEVEL = 2;

export function create(env: Environment): Record<string, unknown> {
  const keys = keyClasses(env);
  const none = () => [];

  return {
    ...constants,
    SecureContext: secureContextClass(env),
    ...keys.bindings,
    ...hashClasses(env),
    ...jobClasses(env, keys),
    ...cipherBindings(env),
    ...keyPairJobs(env, keys),
    ...signatureClasses(env),
    ...rsaCipherBindings(env),
    ...ecdhBindings(env),
    ...cipherJobs(env),
    ...diffieHellmanClasses(env),
    ...primeJobs(env),
    ...keccakJobs(env),
    ...argon2Job(env),
    ...x509Bindings(env),
    ...kemJobs(env),
    getSSLCiphers: none,
    getBundledRootCertificates: none,
    getSystemCACertificates: none,
    getExtraCACertificates: none,
    getUserRootCertificates: none,
    getCertificateCompressionAlgorithms: none,
    parsePKCS12(): never {
      throw unavailable(env, 'PKCS#12');
    },
    getMacs: none,
    getCachedMacAliases: () => ({ __proto__: null }),
    Mac: class Mac {
      constructor() {
        throw unavailable(env, 'crypto.createMac()');
      }
    },
    resetRootCertStore(): void {},
    startLoadingCertificatesOffThread(): void {},
    getFipsCrypto: () => 0,
    /** How often FIPS mode was changed. */
    getFipsCryptoGeneration: () => 0,
    // Nothing is approved or not: there is no event to tell.
    setupFipsIndicatorChannel(): void {},
    testFipsCrypto: () => false,
    setFipsCrypto(on: boolean): void {
      if (on) throw unavailable(env, 'FIPS mode');
    },
    setEngine: () => false,
    // There is no secure heap; what should be in it is in ordinary memory, as in a Node started without `--secure-heap`.
    secureHeapUsed: () => 0,
    secureBuffer: (length: number) => new Uint8Array(length),
    getOpenSSLSecLevelCrypto: () => SECURITY_LEVEL,
    timingSafeEqual(a: unknown, b: unknown): boolean {
      const left = bytesToCompare(a, 'buf1'), right = bytesToCompare(b, 'buf2');
      if (left.length !== right.length) {
        throw nodeError(new RangeError('Input buffers must have the same byte length'), 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH');
      }
      return equalBytes(left, right);
    },
  };
}

function bytesToCompare(value: unknown, name: string): Uint8Array {
  if (ArrayBuffer.isView(value)) return bytesOf(value);
  if (value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer)) return new Uint8Array(value);
  const message = `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
  throw nodeError(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}
