/** `internalBinding('js_stream')`: a stream whose two ends are both JavaScript (`internal/js_stream_socket`). */

import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { bytesOf, type WriteRequest, withStreamBase } from '../stream-base';
import { UV } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const StreamBase = withStreamBase(AsyncWrap);

  class JSStream extends StreamBase {
    constructor() {
      super(env, 'JSSTREAM');
    }

    get fd(): number {
      return -1;
    }

    readStart(): number {
      return this.#call('onreadstart');
    }

    readStop(): number {
      return this.#call('onreadstop');
    }

    /** The other end has written `buffer`. */
    readBuffer(buffer: ArrayBufferView): void {
      const bytes = bytesOf(buffer);
      const own = this.userBuffer;
      if (own === undefined) {
        this.emitRead(bytes.length, bytes.slice());
        return;
      }
      for (let offset = 0; offset < bytes.length; ) {
        const target = this.userBuffer ?? own;
        const part = bytes.subarray(offset, offset + target.length);
        target.set(part);
        this.emitRead(part.length);
        offset += part.length;
      }
    }

    emitEOF(): void {
      this.emitRead(UV.EOF);
    }

    finishWrite(req: object, status: number): void {
      this.completeStreamRequest(req, status);
    }

    finishShutdown(req: object, status: number): void {
      this.completeStreamRequest(req, status);
    }

    protected get streamEnvironment(): Environment {
      return env;
    }

    protected override doWrite(request: WriteRequest, chunks: Uint8Array[]): { error: number; async: boolean } {
      const { Buffer } = env.requireBuiltin('buffer');
      const buffers = chunks.map((chunk) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      const error = this.#call('onwrite', request(), buffers);
      return { error, async: error === 0 };
    }

    protected override doShutdown(req: object): number {
      return this.#call('onshutdown', req);
    }

    #call(name: string, ...args: unknown[]): number {
      const fn = (this as any)[name];
      if (typeof fn !== 'function') return UV.EPROTO;
      const answer = env.makeCallback(this, fn, ...args);
      return typeof answer === 'number' ? answer : UV.EPROTO;
    }
  }

  return { JSStream };
}
