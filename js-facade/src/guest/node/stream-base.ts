/**
 * `StreamBase`: what the library expects of every object it reads bytes from and writes bytes to (`Pipe`, `TCP`, `TTY`, `JSStream`).
 *
 * Reading calls `onread(arrayBuffer)` with the length or the error in {@link streamBaseState}; writing answers an error number at
 * once and says in the same place whether `req.oncomplete` will be called later. A library that gives `null` for the request (Node 26)
 * gets it as the answer of a write that goes on.
 */

import type { AsyncWrap } from './async-wrap';
import { completeRequest } from './async-wrap';
import type { Environment } from './environment';

/** Indexes into {@link streamBaseState}. */
export const kReadBytesOrError = 0, kArrayBufferOffset = 1, kBytesWritten = 2, kLastWriteWasAsync = 3, kLastWriteErr = 4;

/** How bindings and library pass numbers to each other around a read or write. One a worker, as one library runs in it. */
export const streamBaseState = new Int32Array(5);

/** Answers the request of a write, which is made when it is first asked for unless the library gave one. */
export type WriteRequest = () => any;

/** Takes the bytes of a stream before the library does (the HTTP parser). */
export interface StreamListener {
  /** `bytes` are the listener's to keep when `nread` > 0; otherwise `nread` is 0 or an error number (`UV_EOF` at the end). */
  onStreamRead(nread: number, bytes: Uint8Array | undefined): void;
}

type AbstractConstructor<T> = abstract new (...args: any[]) => T;

/** Adds `StreamBase` to a kind of {@link AsyncWrap}. */
export function withStreamBase<Base extends AbstractConstructor<AsyncWrap>>(base: Base) {
  abstract class StreamBase extends base {
    #bytesRead = 0;
    #bytesWritten = 0;
    #userBuffer: Uint8Array | undefined;
    #listener: StreamListener | undefined;
    #onread: Function | undefined;

    /** The library's callback; an accessor in Node too, so it is not shown as a property. */
    get onread(): Function | undefined {
      return this.#onread;
    }

    set onread(callback: Function | undefined) {
      this.#onread = callback;
    }

    get isStreamBase(): boolean {
      return true;
    }

    get bytesRead(): number {
      return this.#bytesRead;
    }

    get bytesWritten(): number {
      return this.#bytesWritten;
    }

    abstract get fd(): number;
    abstract readStart(): number;
    abstract readStop(): number;

    /** Reads go into `buffer` from now on; `onread` may answer the next one. */
    useUserBuffer(buffer: Uint8Array): void {
      this.#userBuffer = buffer;
    }

    /** Bytes go to `listener` instead of `onread`; `undefined` undoes it. */
    setStreamListener(listener: StreamListener | undefined): void {
      this.#listener = listener;
    }

    shutdown(req: any): number {
      return this.doShutdown(req);
    }

    writeBuffer(req: any, buffer: Uint8Array, sendHandle?: object): number | object {
      return this.#write(req, [buffer], buffer.byteLength, sendHandle);
    }

    /** `chunks` are buffers if `allBuffers`, else pairs of a chunk and its encoding. */
    writev(req: any, chunks: any[], allBuffers: boolean): number | object {
      const list: Uint8Array[] = allBuffers ? chunks : [];
      if (!allBuffers) {
        for (let i = 0; i < chunks.length; i += 2) list.push(encodeChunk(this.streamEnvironment, chunks[i], chunks[i + 1]));
      }
      let total = 0;
      for (const chunk of list) total += chunk.byteLength;
      return this.#write(req, list, total);
    }

    writeUtf8String(req: any, text: string, sendHandle?: object): number | object {
      const bytes = encodeUtf8(this.streamEnvironment, text);
      return this.#write(req, [bytes], bytes.length, sendHandle);
    }

    writeLatin1String(req: any, text: string, sendHandle?: object): number | object {
      const bytes = encodeLatin1(text);
      return this.#write(req, [bytes], bytes.length, sendHandle);
    }

    writeAsciiString(req: any, text: string, sendHandle?: object): number | object {
      return this.writeLatin1String(req, text, sendHandle);
    }

    writeUcs2String(req: any, text: string, sendHandle?: object): number | object {
      const bytes = encodeUtf16(text);
      return this.#write(req, [bytes], bytes.length, sendHandle);
    }

    protected abstract get streamEnvironment(): Environment;

    /** Starts writing `chunks`. Answers an error number, and whether the request is completed later by {@link completeStreamRequest}. */
    protected abstract doWrite(request: WriteRequest, chunks: Uint8Array[], total: number, sendHandle?: object): { error: number; async: boolean };

    /** Starts to end the writing side; `req` is completed later unless an error is answered. */
    protected abstract doShutdown(req: any): number;

    /** Buffer that the next read should go into, if the library gave one. */
    protected get userBuffer(): Uint8Array | undefined {
      return this.#userBuffer;
    }

    /**
     * Hands `nread` bytes, or the error number `nread`, to whoever reads. With a user buffer the bytes are in it already;
     * otherwise `bytes` is a view of a buffer of its own.
     */
    protected emitRead(nread: number, bytes?: Uint8Array): void {
      if (nread > 0) this.#bytesRead += nread;
      if (this.#listener !== undefined) {
        this.#listener.onStreamRead(nread, bytes);
        return;
      }
      const { onread } = this;
      if (typeof onread !== 'function') return;
      streamBaseState[kReadBytesOrError] = nread;
      streamBaseState[kArrayBufferOffset] = bytes?.byteOffset ?? 0;
      const next = this.streamEnvironment.makeCallback(this, onread, bytes?.buffer);
      if (this.#userBuffer !== undefined && next instanceof Uint8Array) this.#userBuffer = next;
    }

    /** Completes a request of {@link doWrite} or {@link doShutdown}, in a turn of its own. */
    protected completeStreamRequest(req: any, status: number): void {
      completeRequest(this.streamEnvironment, req, status, this, undefined);
    }

    #write(given: any, chunks: Uint8Array[], total: number, sendHandle?: object): number | object {
      let req = given;
      const request = () => (req ??= new (this.streamEnvironment.internalBinding('stream_wrap').WriteWrap)());
      const { error, async } = this.doWrite(request, chunks, total, sendHandle);
      if (error === 0) this.#bytesWritten += total;
      streamBaseState[kBytesWritten] = total;
      streamBaseState[kLastWriteWasAsync] = async ? 1 : 0;
      streamBaseState[kLastWriteErr] = error;
      return async && given === null ? req : error;
    }
  }
  return StreamBase;
}

function encodeChunk(env: Environment, chunk: string | Uint8Array, encoding: string): Uint8Array {
  if (typeof chunk !== 'string') return chunk;
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return encodeUtf8(env, chunk);
    case 'latin1':
    case 'binary':
    case 'ascii':
      return encodeLatin1(chunk);
    case 'ucs2':
    case 'ucs-2':
    case 'utf16le':
    case 'utf-16le':
      return encodeUtf16(chunk);
    default:
      return env.requireBuiltin('buffer').Buffer.from(chunk, encoding);
  }
}

const encoders = new WeakMap<Environment, TextEncoder>();

export function encodeUtf8(env: Environment, text: string): Uint8Array {
  let encoder = encoders.get(env);
  if (encoder === undefined) encoders.set(env, (encoder = new env.host.TextEncoder()));
  return encoder.encode(text);
}

export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function encodeUtf16(text: string): Uint8Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}

/** What is left of `chunks` after `written` bytes. */
export function chunksAfter(chunks: Uint8Array[], written: number): Uint8Array[] {
  let i = 0;
  while (i < chunks.length && written >= chunks[i].byteLength) written -= chunks[i++].byteLength;
  if (i === chunks.length) return [];
  const rest = chunks.slice(i);
  if (written > 0) rest[0] = bytesOf(rest[0]).subarray(written);
  return rest;
}

/** A `Uint8Array` over the bytes of any view (the library lets `DataView`s and other typed arrays through). */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Answers of `doWrite` that need no allocation. */
export const WRITE_DONE = { error: 0, async: false } as const;
export const WRITE_QUEUED = { error: 0, async: true } as const;
