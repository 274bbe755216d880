/** Public and private keys, which `crypto.wasm` holds. */

import type { Environment } from '../../environment';
import {
  kKeyFormatJWK, kKeyFormatPEM, kKeyFormatRawPrivate, kKeyFormatRawPublic, kKeyFormatRawSeed,
  kKeyFormatStore, kKeyTypePrivate, kKeyTypePublic, POINT_CONVERSION_UNCOMPRESSED,
} from './constants';
import { exportJwk, parseJwk } from './jwk';
import { KeyObjectHandle } from './key-object';
import { cryptoModule, NativeObject, pack } from './module';
import type { CryptoModule } from './module';
import { randomSeed } from './seed';
import { bytesOfSource, encodeResult, nodeError, unavailable } from './support';
import type { ByteSource } from './support';

/** Types whose keys are a string of bytes. */
const RAW_TYPES = new Set(['ec', 'ed25519', 'ed448', 'x25519', 'x448']);
/** Types whose public keys are such a string, and whose private ones come of a seed. */
const SEED_TYPES = new Set(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87', 'ml-kem-512', 'ml-kem-768', 'ml-kem-1024']);
/** Types that Node knows and that have no such form. */
const OTHER_TYPES = new Set(['rsa', 'rsa-pss', 'dsa', 'dh']);

/** What the library passes to `KeyObjectHandle.init` for a key that is not secret. A handle as `data` of a public key is the private one. */
export type KeyArguments = [
  data: ByteSource | KeyObjectHandle | Record<string, unknown>, format?: number | null, encoding?: number | string | null,
  passphrase?: ByteSource | null, namedCurve?: string | null,
];

/** The encodings of a key pair as the library passes them; without formats the result is key objects. */
export type PairEncoding = [
  publicFormat?: number, publicEncoding?: number, privateFormat?: number, privateEncoding?: number, cipher?: string | null, passphrase?: ByteSource,
];

/** A key; the methods are those of Node's `KeyObjectHandle`. */
export class AsymmetricKey {
  readonly #env: Environment;
  readonly #native: NativeObject;
  #details: Uint8Array[] | undefined;

  /** `address` is that of a key that an answer of the module held. */
  constructor(env: Environment, address: number, readonly isPrivate: boolean) {
    this.#env = env;
    this.#native = new NativeObject(cryptoModule(env), address, 'key_free');
  }

  get module(): CryptoModule {
    return this.#native.module;
  }

  /** Where the key is in the module's memory, while this object lives. */
  get address(): number {
    return this.#native.address;
  }

  /** The public part, as a key of its own. */
  publicKey(): AsymmetricKey {
    return new AsymmetricKey(this.#env, this.module.number('key_public', this.address), false);
  }

  #detailParts(): Uint8Array[] {
    return (this.#details ??= this.module.parts('key_details', this.address));
  }

  /** Node's name of the algorithm, as `rsa` or `ed25519`. */
  getAsymmetricKeyType(): string {
    return textOf(this.#detailParts()[0]);
  }

  /** Adds what `KeyObject.asymmetricKeyDetails` shows to `target`. */
  keyDetail(target: Record<string, unknown>): Record<string, unknown> {
    const [type, first, second, hash, mgf1Hash, saltLength] = this.#detailParts();
    switch (textOf(type)) {
      case 'rsa':
      case 'rsa-pss':
        Object.assign(target, { modulusLength: numberOf(first), publicExponent: new Uint8Array(second).buffer });
        if (hash === undefined) return target;
        return Object.assign(target, { hashAlgorithm: textOf(hash), mgf1HashAlgorithm: textOf(mgf1Hash), saltLength: numberOf(saltLength) });
      case 'dsa':
        return Object.assign(target, { modulusLength: numberOf(first), divisorLength: numberOf(second) });
      case 'ec':
        return Object.assign(target, { namedCurve: textOf(first) });
      default:
        return target;
    }
  }

  /** The numbers of the key, in the order that a JWK of its type has them; the private ones come last. */
  numbers(): Uint8Array[] {
    return this.module.parts('key_numbers', this.address);
  }

  /** `format` and `encoding` are `kKeyFormat…` and `kKeyEncoding…`. */
  export(format: number, encoding: number, cipher?: string | null, passphrase?: ByteSource | null): unknown {
    if (format === kKeyFormatJWK) return this.exportJwk({}, false);
    if (format === kKeyFormatRawPublic) {
      return this.getAsymmetricKeyType() === 'ec' ? this.exportECPublicRaw(encoding ?? POINT_CONVERSION_UNCOMPRESSED) : this.rawPublicKey();
    }
    if (format === kKeyFormatRawPrivate) return this.getAsymmetricKeyType() === 'ec' ? this.exportECPrivateRaw() : this.rawPrivateKey();
    if (format === kKeyFormatRawSeed) return this.rawSeed();
    const isPem = format === kKeyFormatPEM;
    const bytes = this.isPrivate
      ? this.module.bytes('key_write_private', this.address, isPem, encoding, pack(
        cipher ?? '', passphrase == null ? '' : bytesOfSource(passphrase), cipher == null ? '' : randomSeed(this.#env),
      ))
      : this.module.bytes('key_write_public', this.address, isPem, encoding);
    return isPem ? textOf(bytes) : encodeResult(this.#env, bytes);
  }

  exportJwk(target: Record<string, unknown>, handleRsaPss: boolean): Record<string, unknown> {
    return exportJwk(this.#env, this, target, handleRsaPss);
  }

  rawPublicKey(): unknown {
    const type = this.getAsymmetricKeyType();
    if (type === 'ec' || !(RAW_TYPES.has(type) || SEED_TYPES.has(type))) throw incompatibleEncoding();
    return encodeResult(this.#env, this.numbers()[0]);
  }

  rawPrivateKey(): unknown {
    const type = this.getAsymmetricKeyType();
    if (type === 'ec' || !RAW_TYPES.has(type)) throw incompatibleEncoding();
    return encodeResult(this.#env, this.numbers()[1]);
  }

  rawSeed(): unknown {
    if (!SEED_TYPES.has(this.getAsymmetricKeyType())) throw incompatibleEncoding();
    const seed = this.numbers().at(1);
    if (seed === undefined) throw nodeError(new Error('Failed to get raw seed'), 'ERR_CRYPTO_OPERATION_FAILED');
    return encodeResult(this.#env, seed);
  }

  exportECPublicRaw(form: number): unknown {
    if (this.getAsymmetricKeyType() !== 'ec') throw incompatibleEncoding();
    return encodeResult(this.#env, this.module.bytes('key_point', this.address, form));
  }

  exportECPrivateRaw(): unknown {
    if (this.getAsymmetricKeyType() !== 'ec') throw incompatibleEncoding();
    return encodeResult(this.#env, this.numbers()[2]);
  }

  checkEcKeyData(): boolean {
    return this.module.test('key_check', this.address);
  }

  equals(other: AsymmetricKey): boolean {
    return this.module.test('key_equals', this.address, other.address);
  }
}

/** Reads the key of `type` (`kKeyTypePublic`, `kKeyTypePrivate`). A private key is taken for a public one, and its public part used. */
export function parseAsymmetricKey(env: Environment, type: number, ...args: KeyArguments): AsymmetricKey {
  const [data, format, encoding, passphrase, namedCurve] = args;
  if (data instanceof KeyObjectHandle) {
    const key = data.asymmetric;
    return type === kKeyTypePublic && key.isPrivate ? key.publicKey() : key;
  }
  switch (format) {
    case kKeyFormatJWK:
      return parseJwk(env, type, data as Record<string, unknown>);
    case kKeyFormatRawPublic:
    case kKeyFormatRawPrivate:
    case kKeyFormatRawSeed:
      return parseRaw(env, type, format, data as ByteSource, encoding as string, namedCurve);
    case kKeyFormatStore:
      throw unavailable(env, 'the stores of OpenSSL');
  }
  const reader = type === kKeyTypePrivate ? 'key_read_private' : 'key_read_public';
  const fields = pack(bytesOfSource(data as ByteSource), passphrase == null ? '' : bytesOfSource(passphrase));
  const number = typeof encoding === 'number' ? encoding : 0;
  const address = cryptoModule(env).number(reader, format === kKeyFormatPEM, number, passphrase != null, fields);
  return new AsymmetricKey(env, address, type === kKeyTypePrivate);
}

function parseRaw(env: Environment, type: number, format: number, data: ByteSource, keyType: string, namedCurve?: string | null): AsymmetricKey {
  const name = keyType.toLowerCase();
  const hasSeed = SEED_TYPES.has(name);
  if (!RAW_TYPES.has(name) && !hasSeed) {
    if (OTHER_TYPES.has(name)) throw incompatibleEncoding();
    throw nodeError(new TypeError(`Invalid asymmetricKeyType: ${keyType}`), 'ERR_INVALID_ARG_VALUE');
  }
  if (format === (hasSeed ? kKeyFormatRawPrivate : kKeyFormatRawSeed)) throw incompatibleEncoding();
  const isPrivate = format !== kKeyFormatRawPublic;
  const address = cryptoModule(env).number('key_from_raw', isPrivate, pack(name, namedCurve ?? '', bytesOfSource(data)));
  const key = new AsymmetricKey(env, address, isPrivate);
  return type === kKeyTypePublic && isPrivate ? key.publicKey() : key;
}

/** The key has no such form. */
export function incompatibleEncoding(): Error {
  return nodeError(new Error('The selected key encoding is incompatible with the key type'), 'ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS');
}

const decoder = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A number of 32 bits. */
export function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
