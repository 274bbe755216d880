/** Signatures: `Sign`, `Verify` and the job of `crypto.sign`, `crypto.verify` and Web Crypto. */

import type { DigestAlgorithm } from '../../../codecs';
import { DigestStream } from '../../../codecs';
import type { Environment } from '../../environment';
import { findAlgorithm } from './algorithms';
import type { AsymmetricKey, KeyArguments } from './asymmetric-key';
import { parseAsymmetricKey } from './asymmetric-key';
import { kKeyTypePrivate, kKeyTypePublic, kSigEncP1363, kSignJobModeSign } from './constants';
import { CryptoJob } from './crypto-job';
import { NOT_GIVEN } from './key-pair-jobs';
import { pack } from './module';
import { opensslError } from './openssl-error';
import { randomSeed } from './seed';
import type { ByteSource } from './support';
import { bytesOfData, bytesOfSource, codecs, copyOfSource, encodeResult, invalidDigest, nodeError } from './support';

/** `PROV_R_INVALID_DIGEST` */
const INVALID_DIGEST = 0x1c80007a;
/** Longest context that RFC 8032 and FIPS 204 allow, in bytes. */
const LONGEST_CONTEXT = 255;

/** What a digest is made with when the caller does not say, as OpenSSL's keys advise. */
const DEFAULT_DIGEST = 'sha256';

/** Names that only {@link Sign} and {@link Verify} know. */
const LEGACY_NAMES: Record<string, string> = { dss1: 'sha1' };

/** How a signature is made: `RSA_*_PADDING`, `RSA_PSS_SALTLEN_*` or bytes, `kSigEnc…`. */
interface Form { padding?: number | null; saltLength?: number | null; encoding?: number | null }

function formArguments({ padding, saltLength, encoding }: Form): [number, number, boolean] {
  return [padding ?? NOT_GIVEN, saltLength ?? NOT_GIVEN, encoding === kSigEncP1363];
}

/** The digest of what {@link Sign} and {@link Verify} were given. */
class Digest {
  #stream: DigestStream | undefined;
  #algorithm: DigestAlgorithm | undefined;

  constructor(readonly env: Environment) {}

  init(name: string): void {
    this.#algorithm = findAlgorithm(LEGACY_NAMES[name.toLowerCase()] ?? name);
    if (this.#algorithm === undefined) throw nodeError(new TypeError('Invalid digest'), 'ERR_CRYPTO_INVALID_DIGEST');
    this.#stream = DigestStream.hash(codecs(this.env), this.#algorithm);
  }

  update(data: string | ArrayBufferView, encoding?: string): void {
    if (this.#stream === undefined) throw nodeError(new Error('Not initialised'), 'ERR_CRYPTO_INVALID_STATE');
    this.#stream.update(bytesOfData(this.env, data, encoding));
  }

  /** The digest for this key, which ends the stream, and the function's name. */
  finish(key: AsymmetricKey): [hash: string, digest: Uint8Array] {
    const stream = this.#stream;
    if (stream === undefined) throw nodeError(new Error('Not initialised'), 'ERR_CRYPTO_INVALID_STATE');
    if (key.module.test('key_signs_messages', key.address)) throw nodeError(new Error('Unsupported crypto operation'), 'ERR_CRYPTO_UNSUPPORTED_OPERATION');
    this.#stream = undefined;
    return [this.#algorithm!.name, stream.finish()];
  }
}

export function signatureClasses(env: Environment): Record<string, unknown> {
  class Sign {
    readonly #digest = new Digest(env);

    init(name: string): void {
      this.#digest.init(name);
    }

    update(data: string | ArrayBufferView, encoding?: string): void {
      this.#digest.update(data, encoding);
    }

    sign(
      data: KeyArguments[0], format: KeyArguments[1], type: KeyArguments[2], passphrase: KeyArguments[3], namedCurve: KeyArguments[4],
      padding?: number, saltLength?: number, encoding?: number,
    ): unknown {
      const key = parseAsymmetricKey(env, kKeyTypePrivate, data, format, type, passphrase, namedCurve);
      const [hash, digest] = this.#digest.finish(key);
      return encodeResult(env, sign(env, key, hash, digest, '', { padding, saltLength, encoding }));
    }
  }

  class Verify {
    readonly #digest = new Digest(env);

    init(name: string): void {
      this.#digest.init(name);
    }

    update(data: string | ArrayBufferView, encoding?: string): void {
      this.#digest.update(data, encoding);
    }

    verify(
      data: KeyArguments[0], format: KeyArguments[1], type: KeyArguments[2], passphrase: KeyArguments[3], namedCurve: KeyArguments[4],
      signature: ByteSource, padding?: number, saltLength?: number, encoding?: number,
    ): boolean {
      const key = parseAsymmetricKey(env, kKeyTypePublic, data, format, type, passphrase, namedCurve);
      const [hash, digest] = this.#digest.finish(key);
      return verify(key, bytesOfSource(signature), hash, digest, '', { padding, saltLength, encoding });
    }
  }

  class SignJob extends CryptoJob {
    readonly #key: AsymmetricKey;
    readonly #algorithm: DigestAlgorithm | undefined;
    readonly #data: Uint8Array;
    readonly #context: Uint8Array;
    readonly #form: Form;
    readonly #signature: Uint8Array | undefined;

    constructor(
      mode: number, readonly purpose: number, keyData: KeyArguments[0], format: KeyArguments[1], type: KeyArguments[2], passphrase: KeyArguments[3],
      namedCurve: KeyArguments[4], data: ByteSource, digest: string | null | undefined, saltLength: number | undefined, padding: number | undefined,
      encoding: number | undefined, context: ByteSource | undefined, signature: ByteSource | undefined,
    ) {
      super(env, 'SIGNREQUEST', mode);
      this.#key = parseAsymmetricKey(
        env, purpose === kSignJobModeSign ? kKeyTypePrivate : kKeyTypePublic, keyData, format, type, passphrase, namedCurve,
      );
      // What runs later works on the data as they are now.
      this.#data = copyOfSource(data);
      this.#signature = signature === undefined ? undefined : copyOfSource(signature);
      this.#context = context === undefined ? new Uint8Array(0) : copyOfSource(context);
      this.#form = { padding, saltLength, encoding };
      if (digest != null) {
        this.#algorithm = findAlgorithm(digest);
        if (this.#algorithm === undefined) throw invalidDigest(digest);
      }
      if (this.#context.length > LONGEST_CONTEXT) {
        throw nodeError(new RangeError(`context string must be at most ${LONGEST_CONTEXT} bytes`), 'ERR_OUT_OF_RANGE');
      }
    }

    protected override compute(): unknown {
      const [hash, subject] = this.#subject();
      const context = this.#context;
      if (this.purpose === kSignJobModeSign) return sign(env, this.#key, hash, subject, context, this.#form).buffer;
      return verify(this.#key, this.#signature!, hash, subject, context, this.#form);
    }

    #refuseContext(): void {
      if (this.#context.length > 0) throw nodeError(new Error('Context parameter is unsupported'), 'ERR_CRYPTO_OPERATION_FAILED');
    }

    /** The message, or its digest and the name of the function that made it. */
    #subject(): [hash: string, subject: Uint8Array] {
      if (this.#key.module.test('key_signs_messages', this.#key.address)) {
        if (this.#algorithm !== undefined) throw opensslError(INVALID_DIGEST, 'invalid digest');
        // Ed25519ctx (RFC 8032) is another signature than Ed25519's, which the crate does not make.
        if (this.#key.getAsymmetricKeyType() === 'ed25519') this.#refuseContext();
        return ['', this.#data];
      }
      this.#refuseContext();
      const algorithm = this.#algorithm ?? findAlgorithm(defaultDigest(this.#key))!;
      const stream = DigestStream.hash(codecs(env), algorithm);
      stream.update(this.#data);
      return [algorithm.name, stream.finish()];
    }
  }

  return { Sign, Verify, SignJob };
}

function defaultDigest(key: AsymmetricKey): string {
  const { hashAlgorithm } = key.keyDetail({});
  return typeof hashAlgorithm === 'string' ? hashAlgorithm : DEFAULT_DIGEST;
}

function sign(env: Environment, key: AsymmetricKey, hash: string, subject: Uint8Array, context: Uint8Array | string, form: Form): Uint8Array<ArrayBuffer> {
  return key.module.bytes('key_sign', key.address, ...formArguments(form), pack(randomSeed(env), hash, subject, context));
}

function verify(key: AsymmetricKey, signature: Uint8Array, hash: string, subject: Uint8Array, context: Uint8Array | string, form: Form): boolean {
  return key.module.test('key_verify', key.address, ...formArguments(form), pack(signature, hash, subject, context));
}
