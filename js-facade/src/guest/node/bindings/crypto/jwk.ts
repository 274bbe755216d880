/** Keys as JSON Web Keys (RFC 7517, RFC 7518, RFC 8037). */

import type { Environment } from '../../environment';
import { AsymmetricKey } from './asymmetric-key';
import { kKeyTypePrivate, kKeyTypePublic } from './constants';
import { cryptoModule, pack } from './module';
import { nodeError } from './support';

const RSA_PUBLIC = ['n', 'e'], RSA_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

/** Curves by OpenSSL's names, as JWK calls them. */
const JWK_CURVES: Record<string, string> = { prime256v1: 'P-256', secp256k1: 'secp256k1', secp384r1: 'P-384', secp521r1: 'P-521' };
/** Types of RFC 8037, as JWK calls them. */
const OKP_CURVES: Record<string, string> = { ed25519: 'Ed25519', ed448: 'Ed448', x25519: 'X25519', x448: 'X448' };

/** Types of the lattices, as JWK calls them. */
const AKP_ALGORITHMS: Record<string, string> = {
  'ml-dsa-44': 'ML-DSA-44', 'ml-dsa-65': 'ML-DSA-65', 'ml-dsa-87': 'ML-DSA-87',
  'ml-kem-512': 'ML-KEM-512', 'ml-kem-768': 'ML-KEM-768', 'ml-kem-1024': 'ML-KEM-1024',
};

function invalidJwk(message: string): Error {
  return nodeError(new TypeError(message), 'ERR_CRYPTO_INVALID_JWK');
}

/** Adds the fields of a key to `target`, in Node's order. */
export function exportJwk(env: Environment, key: AsymmetricKey, target: Record<string, unknown>, handleRsaPss: boolean): Record<string, unknown> {
  const fields = fieldsOf(env, key, handleRsaPss);
  for (const name of env.data.behaviour.jwkFields[fields.kty]!) if (fields[name] !== undefined) target[name] = fields[name];
  return target;
}

function fieldsOf(env: Environment, key: AsymmetricKey, handleRsaPss: boolean): { kty: string; [name: string]: unknown } {
  const { Buffer } = env.requireBuiltin('buffer');
  const type = key.getAsymmetricKeyType();
  const fields = (names: string[]) => {
    const digits = key.numbers().map((bytes) => Buffer.from(bytes).toString('base64url'));
    return Object.fromEntries(names.slice(0, digits.length).map((name, i) => [name, digits[i]]));
  };
  if (type === 'rsa' || (type === 'rsa-pss' && handleRsaPss)) {
    return { kty: 'RSA', ...fields([...RSA_PUBLIC, ...RSA_PRIVATE]) };
  }
  if (type === 'ec') {
    const { namedCurve } = key.keyDetail({});
    const crv = JWK_CURVES[namedCurve as string];
    if (crv === undefined) throw nodeError(new Error(`Unsupported JWK EC curve: ${String(namedCurve)}.`), 'ERR_CRYPTO_JWK_UNSUPPORTED_CURVE');
    return { kty: 'EC', crv, ...fields(['x', 'y', 'd']) };
  }
  const alg = AKP_ALGORITHMS[type];
  if (alg !== undefined) {
    const { pub, priv } = fields(['pub', 'priv']);
    if (key.isPrivate && priv === undefined) throw nodeError(new Error('key does not have an available seed'), 'ERR_CRYPTO_OPERATION_FAILED');
    return { kty: 'AKP', alg, pub, priv };
  }
  const crv = OKP_CURVES[type];
  if (crv === undefined) throw nodeError(new Error('Unsupported JWK Key Type.'), 'ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE');
  return { kty: 'OKP', crv, ...fields(['x', 'd']) };
}

/** Reads a key of `type` (`kKeyType…`). A private key is taken for a public one, and its public part used. */
export function parseJwk(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const { kty } = jwk;
  if (typeof kty !== 'string') throw invalidJwk('Invalid JWK format');
  const parse = PARSERS[kty];
  if (parse === undefined) throw invalidJwk(`${kty} is not a supported JWK key type`);
  const key = parse(env, type, jwk);
  return type === kKeyTypePublic && key.isPrivate ? key.publicKey() : key;
}

/** The bytes of a secret key. */
export function parseSecretJwk(env: Environment, { k }: Record<string, unknown>): Uint8Array {
  if (typeof k !== 'string') throw invalidJwk('Invalid JWK secret key format');
  return new Uint8Array(env.requireBuiltin('buffer').Buffer.from(k, 'base64url'));
}

/** The bytes of the fields; all are strings, or all but the first `required` are absent. Whether the rest is there comes with them. */
function bytesOf(env: Environment, jwk: Record<string, unknown>, names: string[], required: number, kty: string): [bytes: Uint8Array[], complete: boolean] {
  const { Buffer } = env.requireBuiltin('buffer');
  const complete = jwk[names[required]] !== undefined;
  const wanted = complete ? names : names.slice(0, required);
  const bytes = wanted.map((name) => {
    const value = jwk[name];
    if (typeof value !== 'string') throw invalidJwk(`Invalid JWK ${kty} key`);
    return Buffer.from(value, 'base64url') as Uint8Array;
  });
  return [bytes, complete];
}

function checkPrivate(type: number, complete: boolean): void {
  if (type === kKeyTypePrivate && !complete) throw invalidJwk('JWK does not contain private key material');
}

function parseRsa(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const [bytes, complete] = bytesOf(env, jwk, [...RSA_PUBLIC, ...RSA_PRIVATE], RSA_PUBLIC.length, 'RSA');
  checkPrivate(type, complete);
  if (bytes[0].length === 0) throw nodeError(new Error('Unable to create key pointer'), 'ERR_CRYPTO_OPERATION_FAILED');
  return new AsymmetricKey(env, cryptoModule(env).number('key_from_rsa', complete, pack(...bytes)), complete);
}

function parseEc(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  if (typeof jwk.crv !== 'string') throw invalidJwk('Invalid JWK EC key');
  const [bytes, complete] = bytesOf(env, jwk, ['x', 'y', 'd'], 2, 'EC');
  checkPrivate(type, complete);
  let address;
  try {
    address = cryptoModule(env).number('key_from_ec', complete, pack(jwk.crv, ...bytes));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_INVALID_ARG_VALUE') throw error;
    throw invalidJwk('Invalid JWK EC key');
  }
  return new AsymmetricKey(env, address, complete);
}

function parseAkp(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const name = Object.keys(AKP_ALGORITHMS).find((key) => AKP_ALGORITHMS[key] === jwk.alg);
  if (name === undefined) throw invalidJwk('Unsupported JWK AKP "alg"');
  const [bytes, complete] = bytesOf(env, jwk, ['pub', 'priv'], 1, 'AKP');
  checkPrivate(type, complete);
  return fromRaw(env, name, bytes[complete ? 1 : 0], complete, 'AKP');
}

/** A key of the bytes that are its contents. */
function fromRaw(env: Environment, name: string, bytes: Uint8Array, isPrivate: boolean, kty: string): AsymmetricKey {
  try {
    return new AsymmetricKey(env, cryptoModule(env).number('key_from_raw', isPrivate, pack(name, '', bytes)), isPrivate);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_INVALID_ARG_VALUE') throw error;
    throw invalidJwk(`Invalid JWK ${kty} key`);
  }
}

function parseOkp(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const name = Object.keys(OKP_CURVES).find((key) => OKP_CURVES[key] === jwk.crv);
  if (name === undefined) throw invalidJwk('Invalid JWK OKP key');
  const [bytes, complete] = bytesOf(env, jwk, ['x', 'd'], 1, 'OKP');
  checkPrivate(type, complete);
  return fromRaw(env, name, bytes[complete ? 1 : 0], complete, 'OKP');
}

/** By `kty`. */
const PARSERS: Record<string, ((env: Environment, type: number, jwk: Record<string, unknown>) => AsymmetricKey) | undefined> = {
  __proto__: null as never, RSA: parseRsa, EC: parseEc, OKP: parseOkp, AKP: parseAkp,
};
