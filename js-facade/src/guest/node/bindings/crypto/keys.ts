/** Keys: only secret ones have contents here. */

import type { Environment } from '../../environment';
import { kKeyTypeSecret } from './constants';
import { bytesOfSource, encodeResult, unavailable } from './support';
import type { ByteSource } from './support';

/** The native part of a `KeyObject`. */
export class KeyObjectHandle {
  /** Set by the binding that makes the class known to the library. */
  static environment: Environment;
  #secret: Uint8Array | undefined;

  init(type: number, source: ByteSource): void {
    if (type !== kKeyTypeSecret) throw unavailable(KeyObjectHandle.environment, 'asymmetric keys');
    this.#secret = bytesOfSource(source).slice();
  }

  getKeyType(): number {
    return kKeyTypeSecret;
  }

  /** The key itself; not to be changed. */
  get secret(): Uint8Array {
    return this.#secret!;
  }

  getSymmetricKeySize(): number {
    return this.secret.length;
  }

  export(): unknown {
    return encodeResult(KeyObjectHandle.environment, this.secret.slice());
  }

  exportJwk(target: Record<string, unknown>): Record<string, unknown> {
    const buffer = KeyObjectHandle.environment.requireBuiltin('buffer').Buffer.from(this.secret);
    return Object.assign(target, { kty: 'oct', k: buffer.toString('base64url') });
  }

  equals(other: KeyObjectHandle): boolean {
    const mine = this.secret, theirs = other.secret;
    return mine.length === theirs.length && equalBytes(mine, theirs);
  }
}

/** Compares in a time that does not depend on where two arrays of the same length differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

type Constructor = new (...args: any[]) => object;

export interface KeyClasses {
  bindings: Record<string, unknown>;
  /** Makes a `CryptoKey`; the library must have been loaded. */
  newCryptoKey(handle: KeyObjectHandle, algorithm: object, usagesMask: number, extractable: boolean): object;
}

export function keyClasses(env: Environment): KeyClasses {
  KeyObjectHandle.environment = env;
  const keyObjects = new WeakMap<object, KeyObjectHandle>();
  const cryptoKeys = new WeakMap<object, { handle: KeyObjectHandle; algorithm: object; usagesMask: number; extractable: boolean }>();
  let cryptoKeyConstructor: Constructor | undefined;

  class NativeKeyObject {
    constructor(handle: KeyObjectHandle) {
      keyObjects.set(this, handle);
    }
  }

  class NativeCryptoKey {
    constructor(handle: KeyObjectHandle, algorithm: object, usagesMask: number, extractable: boolean) {
      cryptoKeys.set(this, { handle, algorithm, usagesMask, extractable });
    }
  }

  const invalidThis = (what: string) => new (env.requireBuiltin('internal/errors').codes.ERR_INVALID_THIS)(what);

  return {
    bindings: {
      KeyObjectHandle,
      createNativeKeyObjectClass: (callback: (base: Constructor) => Constructor[]) => callback(NativeKeyObject),
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
        return [slots.handle.getKeyType(), slots.extractable, slots.algorithm, slots.usagesMask, slots.handle];
      },
    },
    newCryptoKey(handle, algorithm, usagesMask, extractable) {
      env.requireBuiltin('internal/crypto/keys');
      return new cryptoKeyConstructor!(handle, algorithm, usagesMask, extractable);
    },
  };
}
