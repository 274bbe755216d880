/** The job behind `argon2()`. */

import type { Environment } from '../../environment';
import { CryptoJob } from './crypto-job';
import { cryptoModule, pack } from './module';
import type { ByteSource } from './support';
import { bytesOfSource } from './support';

/** Variants by their numbers in `wosix-wasm/crypto/src/argon2.rs`, which are Node's. */
const kTypeArgon2d = 0, kTypeArgon2i = 1, kTypeArgon2id = 2;

export function argon2Job(env: Environment): Record<string, unknown> {
  class Argon2Job extends CryptoJob {
    readonly #fields: Uint8Array;

    /** `length` is that of the result in bytes, `memory` is in KiB. */
    constructor(
      mode: number, message: ByteSource, nonce: ByteSource, readonly parallelism: number, readonly length: number, readonly memory: number,
      readonly passes: number, secret: ByteSource, associatedData: ByteSource, readonly variant: number,
    ) {
      super(env, 'DERIVEBITSREQUEST', mode);
      this.#fields = pack(bytesOfSource(message), bytesOfSource(nonce), bytesOfSource(secret), bytesOfSource(associatedData));
    }

    protected override compute(): unknown {
      const { variant, passes, memory, parallelism, length } = this;
      return cryptoModule(env).bytes('argon2_derive', variant, passes, memory, parallelism, this.#fields, length).buffer;
    }
  }

  return { Argon2Job, kTypeArgon2d, kTypeArgon2i, kTypeArgon2id };
}
