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

function invalidJwk(message: string): Error {
  return nodeError(new TypeError(message), 'ERR_CRYPTO_INVALID_JWK');
}

/** Adds the fields of a key to `target`, in Node's order. */
export function exportJwk(env: Environment, key: AsymmetricKey, target: Record<string, unknown>, handleRsaPss: boolean): Record<string, unknown> {
  const { Buffer } = env.requireBuiltin('buffer');
  const type = key.getAsymmetricKeyType();
  const fields = (names: string[]) => {
    const digits = key.numbers().map((bytes) => Buffer.from(bytes).toString('base64url'));
    return Object.fromEntries(names.slice(0, digits.length).map((name, i) => [name, digits[i]]));
  };
  if (type === 'rsa' || (type === 'rsa-pss' && handleRsaPss)) {
    return Object.assign(target, { kty: 'RSA' }, fields([...RSA_PUBLIC, ...RSA_PRIVATE]));
  }
  if (type === 'ec') {
    const { namedCurve } = key.keyDetail({});
    const crv = JWK_CURVES[namedCurve as string];
    if (crv === undefined) throw nodeError(new Error(`Unsupported JWK EC curve: ${String(namedCurve)}.`), 'ERR_CRYPTO_JWK_UNSUPPORTED_CURVE');
    const { x, y, ...secret } = fields(['x', 'y', 'd']);
    return Object.assign(target, { kty: 'EC', x, y, crv }, secret);
  }
  const crv = OKP_CURVES[type];
  if (crv === undefined) throw nodeError(new Error('Unsupported JWK Key Type.'), 'ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE');
  const { x, d } = fields(['x', 'd']);
  return Object.assign(target, { crv }, d === undefined ? {} : { d }, { x, kty: 'OKP' });
}

/** Reads a key of `type` (`kKeyType…`). A private key is taken for a public one, and its public part used. */
export function parseJwk(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const { kty } = jwk;
  if (typeof kty !== 'string') throw invalidJwk('Invalid JWK format');
  const key = kty === 'RSA' ? parseRsa(env, type, jwk) : kty === 'EC' ? parseEc(env, type, jwk) : kty === 'OKP' ? parseOkp(env, type, jwk) : undefined;
  if (key === undefined) throw invalidJwk(kty === 'AKP' ? 'Unsupported JWK AKP "alg"' : `${kty} is not a supported JWK key type`);
  return type === kKeyTypePublic && key.isPrivate ? key.publicKey() : key;
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

function parseOkp(env: Environment, type: number, jwk: Record<string, unknown>): AsymmetricKey {
  const invalid = () => invalidJwk('Invalid JWK OKP key');
  const name = Object.keys(OKP_CURVES).find((key) => OKP_CURVES[key] === jwk.crv);
  if (name === undefined) throw invalid();
  const [bytes, complete] = bytesOf(env, jwk, ['x', 'd'], 1, 'OKP');
  checkPrivate(type, complete);
  try {
    const address = cryptoModule(env).number('key_from_raw', complete, pack(name, '', bytes[complete ? 1 : 0]));
    return new AsymmetricKey(env, address, complete);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_INVALID_ARG_VALUE') throw error;
    throw invalid();
  }
}
