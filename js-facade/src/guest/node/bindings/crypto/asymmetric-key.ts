/** The seam between {@link KeyObjectHandle} and public-key algorithms. */

import type { Environment } from '../../environment';
import type { KeyObjectHandle } from './key-object';
import { unavailable } from './support';
import type { ByteSource } from './support';

/** A public or private key; the methods are those of Node's `KeyObjectHandle`. */
export interface AsymmetricKey {
  /** Node's name of the algorithm, as `rsa` or `ed25519`. */
  getAsymmetricKeyType(): string;
  /** Adds what `KeyObject.asymmetricKeyDetails` shows to `target`. */
  keyDetail(target: Record<string, unknown>): Record<string, unknown>;
  /** `format` and `encoding` are `kKeyFormat…` and `kKeyEncoding…`. */
  export(format: number, encoding: number, cipher?: string | null, passphrase?: ByteSource | null): unknown;
  exportJwk(target: Record<string, unknown>, handleRsaPss: boolean): Record<string, unknown>;
  rawPublicKey(): unknown;
  rawPrivateKey(): unknown;
  rawSeed(): unknown;
  exportECPublicRaw(form: number): unknown;
  exportECPrivateRaw(): unknown;
  checkEcKeyData(): boolean;
  equals(other: AsymmetricKey): boolean;
}

/** What the library passes to `KeyObjectHandle.init` for a key that is not secret. A handle as `data` of a public key is the private one. */
export type KeyArguments = [
  data: ByteSource | KeyObjectHandle | Record<string, unknown>, format: number | null, encoding: number | string | null,
  passphrase: ByteSource | null, namedCurve: string | null,
];

/** Reads the key of `type` (`kKeyTypePublic`, `kKeyTypePrivate`). */
export function parseAsymmetricKey(env: Environment, _type: number, ..._args: KeyArguments): AsymmetricKey {
  throw unavailable(env, 'asymmetric keys');
}
