/** The jobs of key encapsulation: `crypto.encapsulate`, `crypto.decapsulate` and Web Crypto. */

import type { Environment } from '../../environment';
import type { AsymmetricKey, KeyArguments } from './asymmetric-key';
import { parseAsymmetricKey } from './asymmetric-key';
import { kCryptoJobSync, kCryptoJobWebCrypto, kKeyTypePrivate, kKeyTypePublic } from './constants';
import { CryptoJob } from './crypto-job';
import { pack } from './module';
import { randomSeed } from './seed';
import type { ByteSource } from './support';
import { copyOfSource, encodeResult } from './support';

export function kemJobs(env: Environment): Record<string, unknown> {
  abstract class KEMJob extends CryptoJob {
    readonly key: AsymmetricKey;

    constructor(mode: number, type: number, key: KeyArguments) {
      super(env, 'KEMREQUEST', mode);
      this.key = parseAsymmetricKey(env, type, ...key);
    }

    /** What the export computes. Only who waits is told which operation failed. */
    protected call<T>(run: () => T): T {
      try {
        return run();
      } catch (error) {
        throw this.mode === kCryptoJobSync ? error : new Error('Deriving bits failed');
      }
    }

    /** Web Crypto gets an ArrayBuffer. */
    protected result(bytes: Uint8Array<ArrayBuffer>): unknown {
      return this.mode === kCryptoJobWebCrypto ? bytes.buffer : encodeResult(env, bytes);
    }
  }

  class KEMEncapsulateJob extends KEMJob {
    constructor(
      mode: number, data: KeyArguments[0], format: KeyArguments[1], type: KeyArguments[2], passphrase: KeyArguments[3], namedCurve: KeyArguments[4],
    ) {
      super(mode, kKeyTypePublic, [data, format, type, passphrase, namedCurve]);
    }

    protected override compute(): unknown {
      const parts = this.call(() => this.key.module.parts('key_encapsulate', this.key.address, pack(randomSeed(env))));
      const [sharedKey, ciphertext] = parts.map((bytes) => this.result(bytes));
      return this.mode === kCryptoJobWebCrypto ? { sharedKey, ciphertext } : [sharedKey, ciphertext];
    }
  }

  class KEMDecapsulateJob extends KEMJob {
    readonly #ciphertext: Uint8Array;

    constructor(
      mode: number, data: KeyArguments[0], format: KeyArguments[1], type: KeyArguments[2], passphrase: KeyArguments[3], namedCurve: KeyArguments[4],
      ciphertext: ByteSource,
    ) {
      super(mode, kKeyTypePrivate, [data, format, type, passphrase, namedCurve]);
      this.#ciphertext = copyOfSource(ciphertext);
    }

    protected override compute(): unknown {
      const fields = pack(randomSeed(env), this.#ciphertext);
      return this.result(this.call(() => this.key.module.bytes('key_decapsulate', this.key.address, fields)));
    }
  }

  return { KEMEncapsulateJob, KEMDecapsulateJob };
}
