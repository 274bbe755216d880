/** The jobs of Web Crypto's functions that are built on Keccak: cSHAKE, KMAC, TurboSHAKE, KangarooTwelve. */

import type { Environment } from '../../environment';
import { kSignJobModeVerify } from './constants';
import { CryptoJob } from './crypto-job';
import type { KeyObjectHandle } from './key-object';
import { equalBytes } from './key-object';
import type { Argument } from './module';
import { cryptoModule, pack } from './module';
import type { ByteSource } from './support';
import { bytesOfSource } from './support';

/** The strength at the end of a function's name, in bits. */
const strengthOf = (name: string) => (name.endsWith('128') ? 128 : 256);

const bytesOrNone = (source: ByteSource | undefined) => (source === undefined ? new Uint8Array(0) : bytesOfSource(source));

/** `bytes` with zeros behind the first `bits`, as many of which there are. */
function truncate(bytes: Uint8Array<ArrayBuffer>, bits: number): Uint8Array<ArrayBuffer> {
  if (bits % 8 !== 0) bytes[bytes.length - 1] &= 0xff << (8 - (bits % 8));
  return bytes;
}

export function keccakJobs(env: Environment): Record<string, unknown> {
  /** A digest that one export computes. */
  class KeccakJob extends CryptoJob {
    readonly #call: [name: string, ...args: Argument[]];

    constructor(mode: number, ...call: [name: string, ...args: Argument[]]) {
      super(env, 'HASHREQUEST', mode);
      this.#call = call;
    }

    protected override compute(): unknown {
      return cryptoModule(env).bytes(...this.#call).buffer;
    }
  }

  class CShakeJob extends KeccakJob {
    readonly #bits: number;

    constructor(mode: number, name: string, data: ByteSource, functionName: ByteSource | undefined, customization: ByteSource | undefined, bits: number) {
      const fields = pack(bytesOrNone(functionName), bytesOrNone(customization), bytesOfSource(data));
      super(mode, 'cshake_digest', strengthOf(name), fields, Math.ceil(bits / 8));
      this.#bits = bits;
    }

    protected override compute(): unknown {
      return truncate(new Uint8Array(super.compute() as ArrayBuffer), this.#bits).buffer;
    }
  }

  class TurboShakeJob extends KeccakJob {
    constructor(mode: number, name: string, domain: number, length: number, data: ByteSource) {
      super(mode, 'turbo_shake_digest', strengthOf(name), domain, pack(bytesOfSource(data)), length);
    }
  }

  class KangarooTwelveJob extends KeccakJob {
    constructor(mode: number, name: string, customization: ByteSource | undefined, length: number, data: ByteSource) {
      super(mode, 'kangaroo_twelve_digest', strengthOf(name), pack(bytesOrNone(customization), bytesOfSource(data)), length);
    }
  }

  class KmacJob extends CryptoJob {
    readonly #fields: Uint8Array;
    readonly #signature: Uint8Array | undefined;

    /** `purpose` is to sign or to verify `signature`; lengths are in bits. */
    constructor(
      mode: number, readonly purpose: number, key: KeyObjectHandle, readonly name: string, customization: ByteSource | undefined,
      readonly keyBits: number, readonly bits: number, data: ByteSource, signature?: ByteSource,
    ) {
      super(env, 'SIGNREQUEST', mode);
      this.#fields = pack(key.secret, bytesOrNone(customization), bytesOfSource(data));
      this.#signature = signature && this.capture(signature);
    }

    protected override compute(): unknown {
      const { name, keyBits, bits } = this;
      const mac = truncate(cryptoModule(env).bytes('kmac_digest', strengthOf(name), this.#fields, keyBits, bits), bits);
      if (this.purpose !== kSignJobModeVerify) return mac.buffer;
      const signature = this.#signature!;
      return signature.length === mac.length && equalBytes(signature, mac);
    }
  }

  return { CShakeJob, TurboShakeJob, KangarooTwelveJob, KmacJob };
}
