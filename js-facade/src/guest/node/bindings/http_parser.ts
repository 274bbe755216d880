/** `internalBinding('http_parser')`: Node's `HTTPParser` over the parser of the `codecs` module. */

import {
  codecsOf, HTTP_BODY, HTTP_FAILED, HTTP_HEADERS_COMPLETE, HTTP_MESSAGE_BEGIN, HTTP_MESSAGE_COMPLETE, HTTP_METHODS, HTTP_NEED_INPUT,
  HTTP_REQUEST, HTTP_RESPONSE, HTTP_UPGRADE, HttpParser,
} from '../../codecs';
import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import type { StreamListener } from '../stream-base';
import { bytesOf } from '../stream-base';

/** Properties under which the library puts its callbacks on a parser. */
const kOnMessageBegin = 0, kOnHeaders = 1, kOnHeadersComplete = 2, kOnBody = 3, kOnMessageComplete = 4, kOnExecute = 5, kOnTimeout = 6;

/** The others are `PRI` and those of RTSP. */
const FIRST_OTHER = HTTP_METHODS.indexOf('PRI'), LAST_OTHER = HTTP_METHODS.indexOf('FLUSH');
const METHODS = HTTP_METHODS.filter((_, number) => number < FIRST_OTHER || number > LAST_OTHER);

const LENIENT_FLAGS = {
  kLenientNone: 0, kLenientHeaders: 1, kLenientChunkedLength: 2, kLenientKeepAlive: 4, kLenientTransferEncoding: 8, kLenientVersion: 16,
  kLenientDataAfterClose: 32, kLenientOptionalLFAfterCR: 64, kLenientOptionalCRLFAfterChunk: 128, kLenientOptionalCRBeforeLF: 256,
  kLenientSpacesAfterChunkSize: 512, kLenientHeaderValueRelaxed: 1024, kLenientAll: 1023,
};

/** `--max-http-header-size` when neither the option nor the caller says. */
const DEFAULT_MAX_HEADER_SIZE = 16 * 1024;

/** Answers of `kOnHeadersComplete`: a message without body, and one that another protocol follows. */
const LAST_POLICY = 2;

interface StreamSource { setStreamListener(listener: StreamListener | undefined): void }

export function create(env: Environment): Record<string, unknown> {
  const now = () => env.host.performance.now();

  class HTTPParser extends AsyncWrap implements StreamListener {
    [index: number]: unknown;
    #parser: HttpParser | undefined;
    #connections: ConnectionsList | undefined;
    #paused = false;
    /** The library has put it away: what is left of the input is not for it. */
    #freed = false;
    #stream: StreamSource | undefined;
    #buffer: Uint8Array | undefined;
    /** When the current message began (`performance.now()`), 0 between messages. */
    messageStart = 0;
    /** Whether the headers of the current message have arrived. */
    headersCompleted = false;
    /** The library sets it: names and values that a message may have, together. 0 is no limit. */
    declare maxHeaderPairs: number;

    constructor() {
      super(env, 'HTTPINCOMINGMESSAGE');
    }

    initialize(type: number, resource: object, maxHeaderSize = 0, lenient = 0, connections?: ConnectionsList | null): void {
      this.asyncReset(resource);
      this.#parser?.free();
      const limit = maxHeaderSize || env.requireBuiltin('internal/options').getOptionValue('--max-http-header-size') || DEFAULT_MAX_HEADER_SIZE;
      this.#parser = new HttpParser(codecsOf(env.wasm('codecs')), type, limit, lenient);
      this.#paused = false;
      this.#freed = false;
      this.headersCompleted = false;
      this.messageStart = 0;
      this.#connections?.remove(this);
      this.#connections = connections ?? undefined;
      if (this.#connections !== undefined) {
        // A client that connects and sends nothing counts as active from now on.
        this.messageStart = now();
        this.#connections.add(this, true);
      }
    }

    /** Parses `buffer`; answers the number of bytes dealt with, or an `Error` with `code`, `reason` and `bytesParsed`. */
    execute(buffer: ArrayBufferView): number | Error {
      const bytes = bytesOf(buffer);
      this.#buffer = bytes;
      try {
        return this.#execute(bytes);
      } finally {
        this.#buffer = undefined;
      }
    }

    /** The connection has ended; answers an `Error` if it did so in the middle of a message. */
    finish(): Error | undefined {
      const parser = this.#parser!;
      if (this.#paused) return undefined;
      switch (parser.finish()) {
        case HTTP_MESSAGE_COMPLETE:
          this.#messageComplete(parser);
          return undefined;
        case HTTP_FAILED:
          return parser.upgrade ? undefined : parseError(parser.errorCode, parser.errorReason, 0);
        default:
          return undefined;
      }
    }

    pause(): void {
      this.#paused = true;
    }

    resume(): void {
      this.#paused = false;
    }

    /** Takes the bytes of `stream` (a `StreamBase`) without the library in between. */
    consume(stream: StreamSource): void {
      this.#stream = stream;
      stream.setStreamListener(this);
    }

    unconsume(): void {
      this.#stream?.setStreamListener(undefined);
      this.#stream = undefined;
    }

    onStreamRead(nread: number, bytes: Uint8Array | undefined): void {
      if (nread === 0) return;
      if (nread < 0 || bytes === undefined) {
        this.#passToLibrary(nread);
        return;
      }
      env.makeCallback(this, this.#executeAndReport, bytes.subarray(0, nread));
    }

    getCurrentBuffer(): Uint8Array {
      const { Buffer } = env.requireBuiltin('buffer');
      return Buffer.from(this.#buffer ?? new Uint8Array(0));
    }

    /** The parser goes back to the library's free list. */
    free(): void {
      this.#freed = true;
      this.emitDestroy();
    }

    remove(): void {
      this.#connections?.remove(this);
    }

    close(): void {
      this.remove();
      this.#parser?.free();
      this.#parser = undefined;
    }

    /** Milliseconds since the current message began. */
    duration(): number {
      return this.messageStart === 0 ? 0 : now() - this.messageStart;
    }

    #executeAndReport(bytes: Uint8Array): void {
      const result = this.execute(bytes);
      const callback = this[kOnExecute];
      if (typeof callback !== 'function') return;
      this.#buffer = bytes;
      try {
        callback.call(this, result);
      } finally {
        this.#buffer = undefined;
      }
    }

    /** Errors and the end of the stream are the socket's business: gives the stream back for the one call. */
    #passToLibrary(nread: number): void {
      const stream = this.#stream as (StreamSource & { onread?: Function }) | undefined;
      if (stream === undefined) return;
      stream.setStreamListener(undefined);
      try {
        (stream as unknown as { emitRead(nread: number): void }).emitRead(nread);
      } finally {
        if (this.#stream === stream) stream.setStreamListener(this);
      }
    }

    #execute(bytes: Uint8Array): number | Error {
      const parser = this.#parser!;
      if (this.#paused) return parseError('HPE_PAUSED', 'Paused', 0);
      const end = bytes.length;
      let at = 0;
      // A step that consumes all may leave an event that needs no input (a message without body): one more step finds it.
      for (;;) {
        const run = at < end ? parser.bodyRun() : 0;
        if (run > 0) {
          const taken = Math.min(run, end - at);
          parser.skipBody(taken);
          at += taken;
          this.#body(bytes, at - taken, at);
          continue;
        }
        const event = parser.step(bytes, at, end);
        at += parser.consumed;
        switch (event) {
          case HTTP_NEED_INPUT:
            if (at === end) return at;
            break;
          case HTTP_MESSAGE_BEGIN:
            this.#messageBegin();
            break;
          case HTTP_HEADERS_COMPLETE:
            if (!this.#headersComplete(parser)) return parseError('HPE_HEADER_OVERFLOW', 'Header overflow', at);
            break;
          case HTTP_BODY:
            this.#body(bytes, at - parser.bodyLength, at);
            break;
          case HTTP_MESSAGE_COMPLETE:
            this.#messageComplete(parser);
            break;
          case HTTP_UPGRADE:
            return at;
          default:
            // After an upgrade the rest is not HTTP, whatever it looks like.
            return parser.upgrade ? at : parseError(parser.errorCode, parser.errorReason, at);
        }
        // A callback may have closed the parser, or put it away.
        if (this.#parser !== parser || this.#freed) return at;
      }
    }

    #messageBegin(): void {
      this.headersCompleted = false;
      this.messageStart = now();
      this.#connections?.add(this, true);
      const callback = this[kOnMessageBegin];
      if (typeof callback === 'function') callback.call(this);
    }

    /** Answers false when there are more fields than the library allows. */
    #headersComplete(parser: HttpParser): boolean {
      this.headersCompleted = true;
      const callback = this[kOnHeadersComplete];
      if (typeof callback !== 'function') return true;
      const { target, reason, fields } = parser.head();
      const limit = Number(this.maxHeaderPairs);
      if (limit > 0 && fields.length > limit) return false;
      const request = parser.kind === HTTP_REQUEST;
      const policy = callback.call(
        this, parser.versionMajor, parser.versionMinor, fields, request ? parser.method : undefined, request ? target : undefined,
        request ? undefined : parser.status, request ? undefined : reason, parser.upgrade, parser.keepAlive,
      );
      const number = Number(policy) | 0;
      if (number > 0 && number <= LAST_POLICY && this.#parser === parser) parser.setBodyPolicy(number);
      return true;
    }

    #body(bytes: Uint8Array, from: number, to: number): void {
      const callback = this[kOnBody];
      if (typeof callback !== 'function' || from === to) return;
      const { FastBuffer } = env.requireBuiltin('internal/buffer');
      const copy = bytes.slice(from, to);
      callback.call(this, new FastBuffer(copy.buffer, copy.byteOffset, copy.length));
    }

    #messageComplete(parser: HttpParser): void {
      this.messageStart = 0;
      this.#connections?.add(this, false);
      const { fields } = parser.head();
      if (fields.length > 0) {
        const onHeaders = this[kOnHeaders];
        if (typeof onHeaders === 'function') onHeaders.call(this, fields, '');
      }
      const callback = this[kOnMessageComplete];
      if (typeof callback === 'function') callback.call(this);
    }
  }

  Object.assign(HTTPParser, {
    REQUEST: HTTP_REQUEST, RESPONSE: HTTP_RESPONSE,
    kOnMessageBegin, kOnHeaders, kOnHeadersComplete, kOnBody, kOnMessageComplete, kOnExecute, kOnTimeout,
    ...LENIENT_FLAGS,
  });

  /** The connections of a server, for its timeouts. Those that are in the middle of a message are active. */
  class ConnectionsList {
    /** Whether each connection is active; in the order in which their current messages began. */
    readonly #connections = new Map<HTTPParser, boolean>();

    all(): HTTPParser[] {
      return [...this.#connections.keys()];
    }

    idle(): HTTPParser[] {
      return this.all().filter((parser) => parser.messageStart === 0);
    }

    active(): HTTPParser[] {
      return this.all().filter((parser) => this.#connections.get(parser));
    }

    /** Takes out the active connections whose headers or whole request took longer than allowed (ms, 0 = for ever). */
    expired(headersTimeout: number, requestTimeout: number): HTTPParser[] {
      if (headersTimeout === 0 && requestTimeout === 0) return [];
      // A headers timeout above the request timeout cannot happen.
      const headers = requestTimeout > 0 && headersTimeout > requestTimeout ? requestTimeout : headersTimeout;
      const time = now();
      const isLate = (parser: HTTPParser) =>
        (!parser.headersCompleted && headers > 0 && parser.messageStart < time - headers) ||
        (requestTimeout > 0 && parser.messageStart < time - requestTimeout);
      const late = this.active().filter(isLate);
      for (const parser of late) this.#connections.set(parser, false);
      return late;
    }

    add(parser: HTTPParser, active: boolean): void {
      this.#connections.delete(parser);
      this.#connections.set(parser, active);
    }

    remove(parser: HTTPParser): void {
      this.#connections.delete(parser);
    }
  }

  return { HTTPParser, ConnectionsList, methods: METHODS, allMethods: HTTP_METHODS };
}

function parseError(code: string, reason: string, bytesParsed: number): Error {
  return Object.assign(new Error('Parse Error'), { bytesParsed, code, reason });
}
