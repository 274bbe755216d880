/** RSA as a cipher: `publicEncrypt` and its three relatives, and the job of RSA-OAEP in Web Crypto. */

import type { Environment } from '../../environment';
import { findAlgorithm } from './algorithms';
import type { AsymmetricKey, KeyArguments } from './asymmetric-key';
import { parseAsymmetricKey } from './asymmetric-key';
import { kKeyTypePrivate, kKeyTypePublic, kWebCryptoCipherEncrypt, RSA_PKCS1_OAEP_PADDING } from './constants';
import { CryptoJob } from './crypto-job';
import type { KeyObjectHandle } from './key-object';
import { pack } from './module';
import { randomSeed } from './seed';
import type { ByteSource } from './support';
import { bytesOfSource, copyOfSource, encodeResult, nodeError, unavailable } from './support';

/** Operations by their numbers in `exports.rs`. */
const PUBLIC_ENCRYPT = 0, PRIVATE_DECRYPT = 1, PRIVATE_ENCRYPT = 2, PUBLIC_DECRYPT = 3;

/** The hash of OAEP when the caller names none. */
const DEFAULT_OAEP_HASH = 'sha1';

export function rsaCipherBindings(env: Environment): Record<string, unknown> {
  function run(key: AsymmetricKey, operation: number, data: Uint8Array, padding: number, hash = DEFAULT_OAEP_HASH, label?: ByteSource): Uint8Array<ArrayBuffer> {
    const fields = pack(randomSeed(env), data, hashName(hash), label === undefined ? '' : bytesOfSource(label));
    return key.module.bytes('key_rsa', key.address, operation, padding, fields);
  }

  /** The function of the binding for an operation with a key of `type`. */
  const cipher = (operation: number, type: number) => (
    data: KeyArguments[0], format: KeyArguments[1], encoding: KeyArguments[2], passphrase: KeyArguments[3], namedCurve: KeyArguments[4],
    buffer: ByteSource, padding: number, hash?: string, label?: ByteSource, mgf1Hash?: string,
  ) => {
    if (mgf1Hash !== undefined && hashName(mgf1Hash) !== hashName(hash ?? DEFAULT_OAEP_HASH)) throw unavailable(env, 'OAEP with two hashes');
    // A hash that does not exist is reported before a key that cannot be read.
    if (hash !== undefined) hashName(hash);
    const key = parseAsymmetricKey(env, type, data, format, encoding, passphrase, namedCurve);
    return encodeResult(env, run(key, operation, bytesOfSource(buffer), padding, hash, label));
  };

  class RSACipherJob extends CryptoJob {
    readonly #data: Uint8Array;

    constructor(
      mode: number, readonly direction: number, readonly key: KeyObjectHandle, data: ByteSource, _variant: number, readonly hash: string,
      readonly label?: ByteSource,
    ) {
      super(env, 'CIPHERREQUEST', mode);
      this.#data = copyOfSource(data);
    }

    protected override compute(): unknown {
      const operation = this.direction === kWebCryptoCipherEncrypt ? PUBLIC_ENCRYPT : PRIVATE_DECRYPT;
      return run(this.key.asymmetric, operation, this.#data, RSA_PKCS1_OAEP_PADDING, this.hash, this.label).buffer;
    }
  }

  return {
    publicEncrypt: cipher(PUBLIC_ENCRYPT, kKeyTypePublic),
    privateDecrypt: cipher(PRIVATE_DECRYPT, kKeyTypePrivate),
    privateEncrypt: cipher(PRIVATE_ENCRYPT, kKeyTypePrivate),
    publicDecrypt: cipher(PUBLIC_DECRYPT, kKeyTypePublic),
    RSACipherJob,
  };
}

function hashName(name: string): string {
  const algorithm = findAlgorithm(name);
  if (algorithm === undefined) throw nodeError(new Error('Invalid digest used'), 'ERR_OSSL_EVP_INVALID_DIGEST');
  return algorithm.name;
}
