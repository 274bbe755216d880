/** How results of file system calls reach the library: thrown or answered, by a callback, or by a promise. */

import type { Path, Syscalls } from '../../syscalls';
import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { UV, uvException } from '../uv-errors';

/** The request argument of a binding function: absent = synchronous, `kUsePromises`, or an `FSReqCallback`. */
export type FileRequest = undefined | symbol | { oncomplete?: Function };

/** `FSReqCallback` of an environment. */
export function createFSReqCallback(env: Environment) {
  return class FSReqCallback extends AsyncWrap {
    declare oncomplete?: Function;

    /** Whether stat results are wanted as `BigInt64Array`s is told to each call as well. */
    constructor(_bigint?: boolean) {
      super(env, 'FSREQCALLBACK');
    }
  };
}

/**
 * Every call is made at once, as our file system is memory; what is deferred is the answer, to the poll phase in which libuv's
 * thread pool would deliver it.
 */
export class FileRequests {
  readonly env: Environment;
  readonly kUsePromises: symbol;
  #decoder: TextDecoder | undefined;

  constructor(env: Environment) {
    this.env = env;
    this.kUsePromises = env.perIsolateSymbols.fs_use_promises_symbol ?? Symbol('fs_use_promises_symbol');
  }

  get sys(): Syscalls {
    return this.env.sys;
  }

  /** Delivers `result`: an error if it is negative, else `value`. */
  finish(req: FileRequest, result: number, value: unknown, syscall: string, path?: Path, dest?: Path): unknown {
    if (result >= 0) return req === undefined ? value : this.resolve(req, value);
    const error = this.exception(result, syscall, path, dest);
    if (req === undefined) throw error;
    return this.reject(req, error);
  }

  resolve(req: Exclude<FileRequest, undefined>, value: unknown): unknown {
    const { loop } = this.env;
    if (req === this.kUsePromises) return new Promise((resolve) => loop.enqueue(() => resolve(value)));
    loop.resources.requests.add(req as AsyncWrap);
    loop.enqueue(() => this.#call(req, value));
    return undefined;
  }

  reject(req: Exclude<FileRequest, undefined>, error: Error): unknown {
    const { loop } = this.env;
    if (req === this.kUsePromises) return new Promise((_, reject) => loop.enqueue(() => reject(error)));
    loop.resources.requests.add(req as AsyncWrap);
    loop.enqueue(() => this.#callWithError(req, error));
    return undefined;
  }

  /**
   * For calls that may have to wait: `attempt` answers EAGAIN until there is something to say, and is called again whenever `fd`
   * is ready for `events`.
   */
  whenReady(req: Exclude<FileRequest, undefined>, fd: number, events: number, syscall: string, attempt: () => number): unknown {
    const { loop } = this.env;
    let settle: (result: number) => void;
    let promise: Promise<unknown> | undefined;
    if (req === this.kUsePromises) {
      promise = new Promise((resolve, reject) => {
        settle = (result) => (result < 0 ? reject(uvException(result, syscall)) : resolve(result));
      });
    } else {
      loop.resources.requests.add(req as AsyncWrap);
      settle = (result) => (result < 0 ? this.#callWithError(req, uvException(result, syscall)) : this.#call(req, result));
    }
    loop.ref();
    const watcher = loop.watch(fd, events, () => {
      const result = attempt();
      if (result === UV.EAGAIN) return;
      watcher.close();
      loop.unref();
      settle(result);
    });
    return promise;
  }

  exception(error: number, syscall: string, path?: Path, dest?: Path): Error {
    return uvException(error, syscall, this.#text(path), this.#text(dest));
  }

  /** UTF-8 to text, with a byte order mark kept and malformed bytes replaced. */
  decode(bytes: Uint8Array): string {
    this.#decoder ??= new this.env.host.TextDecoder('utf-8', { ignoreBOM: true });
    return this.#decoder.decode(bytes);
  }

  /** A name in the encoding the caller asked for; `buffer` gives a `Buffer`. */
  encodeName(bytes: Uint8Array, encoding: string | null | undefined): unknown {
    if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') return this.decode(bytes);
    const { Buffer } = this.env.requireBuiltin('buffer');
    const buffer = Buffer.from(bytes);
    return encoding === 'buffer' ? buffer : buffer.toString(encoding);
  }

  #text(path: Path | undefined): string | undefined {
    return path === undefined || typeof path === 'string' ? path : this.decode(path);
  }

  #call(req: any, value: unknown): void {
    this.env.loop.resources.requests.delete(req);
    const { oncomplete } = req;
    if (typeof oncomplete !== 'function') return;
    if (value === undefined) this.env.makeCallback(req, oncomplete, null);
    else this.env.makeCallback(req, oncomplete, null, value);
  }

  #callWithError(req: any, error: Error): void {
    this.env.loop.resources.requests.delete(req);
    const { oncomplete } = req;
    if (typeof oncomplete === 'function') this.env.makeCallback(req, oncomplete, error);
  }
}
