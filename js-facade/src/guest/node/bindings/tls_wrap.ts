/**
 * `internalBinding('tls_wrap')`: TLS as a client. The browser does the TLS of connections to the outside, behind the gateway, so a `TLSWrap` hands
 * the plain bytes through and reports a connection that was verified by the browser's own rules. What depends on seeing the certificate or
 * the session finds none. There is no TLS inside the container: servers, and clients of the loopback, are refused.
 */

import { SECURE_PREFACE } from '../../gateway-protocol';
import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { unavailable } from '../node-error';
import { bytesOf, kLastWriteWasAsync, streamBaseState, type WriteRequest, withStreamBase } from '../stream-base';

/** What is below: `TCP`, `Pipe`, `JSStream`. */
type Underlying = InstanceType<ReturnType<typeof withStreamBase<typeof AsyncWrap>>> & {
  getpeername?(out: { address?: string }): number;
};

export function create(env: Environment): Record<string, unknown> {
  const StreamBase = withStreamBase(AsyncWrap);

  class TLSWrap extends StreamBase {
    /** The library's callbacks. */
    declare onhandshakestart?: Function;
    declare onhandshakedone?: Function;
    declare onerror?: Function;
    readonly #below: Underlying;
    #prefaced = false;
    #protocols: string[] = [];
    #serverName: string | undefined;

    constructor(below: Underlying) {
      super(env, 'TLSWRAP');
      this.#below = below;
      below.setStreamListener({ onStreamRead: (nread, bytes) => this.#deliver(nread, bytes) });
    }

    get fd(): number {
      return this.#below.fd;
    }

    readStart(): number {
      return this.#below.readStart();
    }

    readStop(): number {
      return this.#below.readStop();
    }

    /** The handshake: there is nothing to agree on. */
    start(): void {
      const peer: { address?: string } = {};
      this.#below.getpeername?.(peer);
      if (isLoopback(peer.address)) {
        this.#later(() => this.onerror, unavailable('TLS inside the container'));
        return;
      }
      this.#sendPreface();
      this.#later(() => this.onhandshakestart);
      this.#later(() => this.onhandshakedone);
    }

    destroySSL(): void {
      this.#below.setStreamListener(undefined);
    }

    setServername(name: string): void {
      this.#serverName = name;
    }

    getServername(): string | false {
      return this.#serverName ?? false;
    }

    /** `protocols` in wire format: each behind its length. */
    setALPNProtocols(protocols: ArrayBufferView): void {
      const bytes = bytesOf(protocols);
      this.#protocols = [];
      for (let at = 0; at < bytes.length; at += 1 + bytes[at]) {
        this.#protocols.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + bytes[at])));
      }
    }

    /** The gateway speaks HTTP/1.1 only. */
    getALPNNegotiatedProtocol(): string | false {
      return this.#protocols.includes('http/1.1') ? 'http/1.1' : false;
    }

    /** The browser lets nothing through that it could not verify. */
    verifyError(): null {
      return null;
    }

    /** A resumed session was verified before: the library then does not ask for the certificate, which no browser shows. */
    isSessionReused(): boolean {
      return true;
    }

    getEphemeralKeyInfo(): object {
      return {};
    }

    getProtocol(): string {
      return 'TLSv1.3';
    }

    /** What the browser keeps to itself. */
    getCipher(): undefined {}
    getCertificate(): undefined {}
    getPeerCertificate(): undefined {}
    getPeerX509Certificate(): undefined {}
    getX509Certificate(): undefined {}
    getSession(): undefined {}
    getTLSTicket(): undefined {}
    getFinished(): undefined {}
    getPeerFinished(): undefined {}
    getSharedSigalgs(): string[] {
      return [];
    }

    /** Sessions, verification and OCSP are the browser's; the library asks for them before it knows. */
    setSession(_session: unknown): void {}
    setVerifyMode(_request: boolean, _reject: boolean): void {}
    requestOCSP(): void {}
    enableSessionCallbacks(): void {}
    enableKeylogCallback(): void {}
    enableTrace(): void {}
    writesIssuedByPrevListenerDone(): void {}

    /** Records are the browser's too: 0 is "not set". */
    setMaxSendFragment(_size: number): number {
      return 0;
    }

    renegotiate(): never {
      throw unavailable('TLS renegotiation');
    }

    exportKeyingMaterial(): never {
      throw unavailable('Keying material of TLS');
    }

    setKeyCert(): never {
      throw unavailable('TLS client certificates');
    }

    enablePskCallback(): never {
      throw unavailable('TLS with pre-shared keys');
    }

    protected get streamEnvironment(): Environment {
      return env;
    }

    protected override doWrite(request: WriteRequest, chunks: Uint8Array[]): { error: number; async: boolean } {
      this.#sendPreface();
      // With a request given, the answer is a number.
      const error = this.#below.writev(request(), chunks, true) as number;
      return { error, async: streamBaseState[kLastWriteWasAsync] !== 0 };
    }

    protected override doShutdown(req: object): number {
      return this.#below.shutdown(req);
    }

    #sendPreface(): void {
      if (this.#prefaced) return;
      this.#prefaced = true;
      const { WriteWrap } = env.internalBinding('stream_wrap');
      const error = this.#below.writeBuffer(new WriteWrap(), SECURE_PREFACE);
      // What is below fails to read as well, and the library learns of it there.
      if (error !== 0) this.#prefaced = false;
    }

    #deliver(nread: number, bytes: Uint8Array | undefined): void {
      const { userBuffer } = this;
      if (nread <= 0 || bytes === undefined || userBuffer === undefined) {
        this.emitRead(nread, bytes);
        return;
      }
      for (let offset = 0; offset < bytes.length; ) {
        const target = this.userBuffer ?? userBuffer;
        const part = bytes.subarray(offset, offset + target.length);
        target.set(part);
        this.emitRead(part.length);
        offset += part.length;
      }
    }

    /** Calls what the library has put there by then, in a turn of its own. */
    #later(callback: () => Function | undefined, ...args: unknown[]): void {
      env.loop.enqueue(() => {
        const fn = callback();
        if (typeof fn === 'function') env.makeCallback(this, fn, ...args);
      });
    }
  }

  return {
    HAVE_SSL_TRACE: 0,
    TLSWrap,
    wrap(below: Underlying, _context: object, isServer: boolean): TLSWrap {
      if (isServer) throw unavailable('TLS inside the container');
      return new TLSWrap(below);
    },
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1');
}
