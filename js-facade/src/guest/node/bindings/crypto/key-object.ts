/** Key objects: `KeyObjectHandle` and the native base classes of `KeyObject` and `CryptoKey`. */

import type { Environment } from '../../environment';
import { registerNativeType } from '../../messaging/native-objects';
import type { AsymmetricKey, KeyArguments } from './asymmetric-key';
import { parseAsymmetricKey } from './asymmetric-key';
import { kKeyEncodingPKCS8, kKeyEncodingSPKI, kKeyFormatDER, kKeyFormatJWK, kKeyTypePublic, kKeyTypeSecret } from './constants';
import { parseSecretJwk } from './jwk';
import { copyOfSource, encodeResult } from './support';
import type { ByteSource } from './support';

/** The native part of a `KeyObject`: bytes that are secret, or a public or private key. */
export class KeyObjectHandle {
  /** Set by the binding that makes the class known to the library. */
  static environment: Environment;
  #type = kKeyTypeSecret;
  #secret: Uint8Array | undefined;
  #asymmetric: AsymmetricKey | undefined;

  /** A handle for a key that was made or found, not read. */
  static of(type: number, key: AsymmetricKey): KeyObjectHandle {
    const handle = new KeyObjectHandle();
    handle.#type = type;
    handle.#asymmetric = key;
    return handle;
  }

  init(type: number, ...args: [ByteSource] | KeyArguments): void {
    this.#type = type;
    const [data, format] = args;
    if (type === kKeyTypeSecret) {
      const isJwk = format === kKeyFormatJWK;
      this.#secret = isJwk ? parseSecretJwk(KeyObjectHandle.environment, data as Record<string, unknown>) : copyOfSource(data as ByteSource);
    }
    else this.#asymmetric = parseAsymmetricKey(KeyObjectHandle.environment, type, ...(args as KeyArguments));
  }

  getKeyType(): number {
    return this.#type;
  }

  /** The bytes of a secret key; not to be changed. */
  get secret(): Uint8Array {
    if (this.#secret === undefined) throw new Error('The key is not a secret one');
    return this.#secret;
  }

  /** The key of a handle that is not secret. */
  get asymmetric(): AsymmetricKey {
    if (this.#asymmetric === undefined) throw new Error('The key is a secret one');
    return this.#asymmetric;
  }

  getSymmetricKeySize(): number {
    return this.secret.length;
  }

  export(...args: [] | Parameters<AsymmetricKey['export']>): unknown {
    if (this.#asymmetric !== undefined) return this.#asymmetric.export(...(args as Parameters<AsymmetricKey['export']>));
    return encodeResult(KeyObjectHandle.environment, this.secret.slice());
  }

  exportJwk(target: Record<string, unknown>, handleRsaPss: boolean): Record<string, unknown> {
    if (this.#asymmetric !== undefined) return this.#asymmetric.exportJwk(target, handleRsaPss);
    const buffer = KeyObjectHandle.environment.requireBuiltin('buffer').Buffer.from(this.secret);
    return Object.assign(target, { kty: 'oct', k: buffer.toString('base64url') });
  }

  equals(other: KeyObjectHandle): boolean {
    if (this.#type !== other.#type) return false;
    if (this.#asymmetric !== undefined) return this.#asymmetric.equals(other.asymmetric);
    const mine = this.secret, theirs = other.secret;
    return mine.length === theirs.length && equalBytes(mine, theirs);
  }

  getAsymmetricKeyType(): string { return this.asymmetric.getAsymmetricKeyType(); }
  keyDetail(target: Record<string, unknown>): Record<string, unknown> { return this.asymmetric.keyDetail(target); }
  rawPublicKey(): unknown { return this.asymmetric.rawPublicKey(); }
  rawPrivateKey(): unknown { return this.asymmetric.rawPrivateKey(); }
  rawSeed(): unknown { return this.asymmetric.rawSeed(); }
  exportECPublicRaw(form: number): unknown { return this.asymmetric.exportECPublicRaw(form); }
  exportECPrivateRaw(): unknown { return this.asymmetric.exportECPrivateRaw(); }
  checkEcKeyData(): boolean { return this.asymmetric.checkEcKeyData(); }
}

/** Compares in a time that does not depend on where two arrays of the same length differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

interface CryptoKeySlots {
  handle: KeyObjectHandle;
  algorithm: object;
  usagesMask: number;
  extractable: boolean;
  /** The other key of a hybrid one, and what both were made of (Node 26). */
  secondary?: KeyObjectHandle;
  seed?: Uint8Array;
}

/** What is behind a `KeyObject`, or with `crypto` a `CryptoKey`. */
interface Key {
  handle: KeyObjectHandle;
  crypto?: Omit<CryptoKeySlots, 'handle'> | undefined;
}

/** A key as it is posted to another thread. */
interface PostedKey {
  type: number;
  /** The secret, or the key in DER. */
  bytes: Uint8Array;
  /** What makes it a `CryptoKey` and not a `KeyObject`. */
  crypto?: (Omit<CryptoKeySlots, 'handle' | 'secondary'> & { secondary?: PostedKey | undefined }) | undefined;
}

function encodeKey(handle: KeyObjectHandle): PostedKey {
  const type = handle.getKeyType();
  if (type === kKeyTypeSecret) return { type, bytes: handle.secret };
  const encoding = type === kKeyTypePublic ? kKeyEncodingSPKI : kKeyEncodingPKCS8;
  return { type, bytes: handle.export(kKeyFormatDER, encoding, null, null) as Uint8Array };
}

function decodeKey({ type, bytes }: PostedKey): KeyObjectHandle {
  const handle = new KeyObjectHandle();
  if (type === kKeyTypeSecret) handle.init(type, bytes);
  else handle.init(type, bytes, kKeyFormatDER, type === kKeyTypePublic ? kKeyEncodingSPKI : kKeyEncodingPKCS8, null, null);
  return handle;
}

type Constructor = new (...args: any[]) => object;

export interface KeyClasses {
  bindings: Record<string, unknown>;
  /** Makes a `CryptoKey`; the library must have been loaded. */
  newCryptoKey(
    handle: KeyObjectHandle, algorithm: object, usagesMask: number, extractable: boolean, secondary?: KeyObjectHandle, seed?: Uint8Array,
  ): object;
}

export function keyClasses(env: Environment): KeyClasses {
  KeyObjectHandle.environment = env;
  const keyObjects = new WeakMap<object, KeyObjectHandle>();
  const cryptoKeys = new WeakMap<object, CryptoKeySlots>();
  let cryptoKeyConstructor: Constructor | undefined;
  /** By type of key. */
  let keyObjectConstructors: Constructor[] = [];

  class NativeKeyObject {
    constructor(handle: KeyObjectHandle) {
      keyObjects.set(this, handle);
    }
  }

  class NativeCryptoKey {
    constructor(
      handle: KeyObjectHandle, algorithm: object, usagesMask: number, extractable: boolean, secondary?: KeyObjectHandle, seed?: Uint8Array,
    ) {
      cryptoKeys.set(this, { handle, algorithm, usagesMask, extractable, secondary, seed });
    }
  }

  const newCryptoKey: KeyClasses['newCryptoKey'] = (handle, algorithm, usagesMask, extractable, secondary, seed) => {
    env.requireBuiltin('internal/crypto/keys');
    return new cryptoKeyConstructor!(handle, algorithm, usagesMask, extractable, secondary, seed);
  };

  registerNativeType(env, {
    name: 'crypto:Key',
    is: (object) => keyObjects.has(object) || cryptoKeys.has(object),
    transferable: false,
    write(object): Key {
      const slots = cryptoKeys.get(object);
      if (slots === undefined) return { handle: keyObjects.get(object)! };
      const { handle, ...crypto } = slots;
      return { handle, crypto };
    },
    read(value) {
      const { handle, crypto } = value as Key;
      if (crypto !== undefined) return newCryptoKey(handle, crypto.algorithm, crypto.usagesMask, crypto.extractable, crypto.secondary, crypto.seed);
      env.requireBuiltin('internal/crypto/keys');
      return new keyObjectConstructors[handle.getKeyType()]!(handle);
    },
    pack: ({ handle, crypto }: Key): PostedKey => (
      { ...encodeKey(handle), crypto: crypto && { ...crypto, secondary: crypto.secondary && encodeKey(crypto.secondary) } }
    ),
    unpack: ({ crypto, ...key }: PostedKey): Key => (
      { handle: decodeKey(key), crypto: crypto && { ...crypto, secondary: crypto.secondary && decodeKey(crypto.secondary) } }
    ),
  });

  const invalidThis = (what: string) => new (env.requireBuiltin('internal/errors').codes.ERR_INVALID_THIS)(what);

  return {
    bindings: {
      KeyObjectHandle,
      createNativeKeyObjectClass(callback: (base: Constructor) => Constructor[]) {
        const classes = callback(NativeKeyObject);
        // The first one is what they have in common.
        keyObjectConstructors = classes.slice(1);
        return classes;
      },
      createCryptoKeyClass(callback: (base: Constructor) => Constructor[]) {
        const classes = callback(NativeCryptoKey);
        cryptoKeyConstructor = classes[1];
        return classes;
      },
      getKeyObjectSlots(key: object) {
        const handle = keyObjects.get(key);
        if (handle === undefined) throw invalidThis('KeyObject');
        return [handle.getKeyType(), handle];
      },
      getCryptoKeySlots(key: object) {
        const slots = cryptoKeys.get(key);
        if (slots === undefined) throw invalidThis('CryptoKey');
        return [slots.handle.getKeyType(), slots.extractable, slots.algorithm, slots.usagesMask, slots.handle, slots.secondary, slots.seed];
      },
      isKeyObject: (value: object) => keyObjects.has(value),
      isCryptoKey: (value: object) => cryptoKeys.has(value),
    },
    newCryptoKey,
  };
}
