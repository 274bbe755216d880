/** `Hash`, `Hmac` and the digest of `crypto.hash()`. */

import type { DigestAlgorithm } from '../../../codecs';
import { DigestStream } from '../../../codecs';
import type { Environment } from '../../environment';
import { findAlgorithm, HASH_NAMES } from './algorithms';
import type { ByteSource } from './support';
import { bytesOfData, bytesOfSource, codecs, encodeResult, invalidDigest, nodeError, unavailable } from './support';

/** The number of bytes to ask of `algorithm`; only extendable ones let the caller choose. */
function digestLength(algorithm: DigestAlgorithm, wanted: number | undefined): number {
  if (wanted === undefined || wanted === algorithm.size || algorithm.extendable) return wanted ?? algorithm.size;
  const error = new Error('error:030000B2:digital envelope routines::not XOF or invalid length');
  Object.assign(error, { library: 'digital envelope routines', reason: 'not XOF or invalid length' });
  throw nodeError(error, 'ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH');
}

export function hashClasses(env: Environment): Record<string, unknown> {
  /** Parameters of cSHAKE, which Node 26 passes to hashes. */
  function refuseCShake(functionName: unknown, customization: unknown): void {
    if (functionName !== undefined || customization !== undefined) throw unavailable(env, 'cSHAKE by crypto.createHash()');
  }

  class Hash {
    readonly #stream: DigestStream;
    readonly #length: number;
    #digest: Uint8Array | undefined;

    constructor(algorithm: string | Hash, outputLength: number | undefined, _id?: number, _cache?: object, functionName?: unknown, customization?: unknown) {
      refuseCShake(functionName, customization);
      if (algorithm instanceof Hash) {
        this.#stream = algorithm.#stream.fork();
        this.#length = digestLength(this.#stream.algorithm, outputLength ?? algorithm.#length);
        return;
      }
      const found = findAlgorithm(algorithm);
      if (found === undefined) throw new Error('Digest method not supported');
      this.#length = digestLength(found, outputLength);
      this.#stream = DigestStream.hash(codecs(env), found);
    }

    update(data: string | ArrayBufferView, encoding?: string): boolean {
      if (this.#digest !== undefined) return false;
      this.#stream.update(bytesOfData(env, data, encoding));
      return true;
    }

    digest(encoding?: string): unknown {
      // A stream asks for the digest itself when it ends; asking again answers the same.
      this.#digest ??= this.#stream.finish(this.#length);
      return encodeResult(env, this.#digest, encoding);
    }
  }

  class Hmac {
    #stream: DigestStream | undefined;

    init(name: string, key: ByteSource): void {
      const algorithm = findAlgorithm(name);
      this.#stream = algorithm && DigestStream.hmac(codecs(env), algorithm, bytesOfSource(key));
      if (this.#stream === undefined) throw invalidDigest(name);
    }

    update(data: string | ArrayBufferView, encoding?: string): boolean {
      if (this.#stream === undefined) return false;
      this.#stream.update(bytesOfData(env, data, encoding));
      return true;
    }

    digest(encoding?: string): unknown {
      const bytes = this.#stream?.finish() ?? new Uint8Array(0);
      this.#stream = undefined;
      return encodeResult(env, bytes, encoding);
    }
  }

  return {
    Hash,
    Hmac,
    getHashes: () => [...HASH_NAMES],
    /** Numbers of algorithms that the library may pass instead of names; names are quick enough here. */
    getCachedAliases: () => ({ __proto__: null }),
    oneShotDigest(
      name: string, _id: number, _cache: object, input: string | ArrayBufferView, encoding: string, _encodingNumber: number, outputLength?: number,
      functionName?: unknown, customization?: unknown,
    ): unknown {
      refuseCShake(functionName, customization);
      const algorithm = findAlgorithm(name);
      if (algorithm === undefined) throw new Error(`Digest method ${name} is not supported`);
      if (outputLength !== undefined && outputLength !== algorithm.size && !algorithm.extendable) {
        throw new Error(`Output length ${outputLength} is invalid for ${name}, which does not support XOF`);
      }
      const length = digestLength(algorithm, outputLength);
      const stream = DigestStream.hash(codecs(env), algorithm);
      stream.update(bytesOfData(env, input));
      return encodeResult(env, stream.finish(length), encoding);
    },
  };
}
