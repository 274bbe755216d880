/** What all jobs have in common: computations that the library starts at once, by callback, or as a promise of Web Crypto. */

import { AsyncWrap } from '../../async-wrap';
import type { Environment } from '../../environment';
import { kCryptoJobSync, kCryptoJobWebCrypto } from './constants';
import type { ByteSource } from './support';
import { bytesOfSource } from './support';

/** One job; Node constructs it with `mode` (`kCryptoJob…`) first and calls {@link run}. */
export abstract class CryptoJob extends AsyncWrap {
  declare ondone?: (error: unknown, result?: unknown) => void;
  readonly #env: Environment;

  /** `provider` is Node's name of the kind of request. */
  constructor(env: Environment, provider: string, readonly mode: number) {
    super(env, provider);
    this.#env = env;
  }

  /** `[error, result]` of a synchronous job, a promise for Web Crypto; otherwise `ondone` is called in the poll phase. */
  run(): unknown {
    const env = this.#env;
    if (this.mode === kCryptoJobSync) return this.#outcome();
    if (this.mode === kCryptoJobWebCrypto) {
      return new Promise((resolve, reject) => {
        env.loop.enqueue(() => {
          const [error, result] = this.#outcome();
          if (error === undefined) resolve(result);
          else reject(operationError(env, error));
        });
      });
    }
    env.loop.enqueue(() => {
      const [error, result] = this.#outcome();
      env.makeCallback(this, this.ondone!, error, result);
    });
    return undefined;
  }

  /** The bytes of an argument, as they are now: a program may change its own before a job runs that does not run at once. */
  protected capture(source: ByteSource): Uint8Array {
    const bytes = bytesOfSource(source);
    return this.mode === kCryptoJobSync ? bytes : bytes.slice();
  }

  /** The result; what it throws is the error of the job. */
  protected abstract compute(): unknown;

  #outcome(): [unknown, unknown?] {
    try {
      return [undefined, this.compute()];
    } catch (error) {
      return [error];
    }
  }
}

function operationError(env: Environment, cause: unknown): unknown {
  const { lazyDOMException } = env.requireBuiltin('internal/util');
  return lazyDOMException('The operation failed for an operation-specific reason', { name: 'OperationError', cause });
}
