/** The server's side of one HTTP/1.1 connection, whose requests are answered by `fetch`. */

import {
  HTTP_BODY, HTTP_FAILED, HTTP_HEADERS_COMPLETE, HTTP_MESSAGE_COMPLETE, HTTP_METHODS, HTTP_NEED_INPUT, HTTP_REQUEST, HTTP_UPGRADE, HttpParser,
  type Codecs,
} from '../guest/codecs';
import { SECURE_PREFACE } from '../guest/gateway-protocol';
import { GatewayWebSocket, webSocketRequest } from './gateway-websocket';
import { SystemError } from './linux';
import type { Socket } from './socket';

const READ_SIZE = 64 * 1024;
const MAX_HEADER_BYTES = 256 * 1024;
/** Request bodies are kept whole up to this size; `fetch` streams them only over HTTP/2 and only in some browsers. */
const BODY_LIMIT = 64 * 1024 * 1024;
const HTTPS_PORT = 443;
/** Statuses whose answers have no body (RFC 9110, sections 15.3.5 and 15.4.5). */
const NO_CONTENT = 204, NOT_MODIFIED = 304;

/** Methods that `fetch` refuses. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE']);
/**
 * Fields that are not passed on. The browser sets the framing, and drops others that it reserves; its own `User-Agent` stays because another
 * would ask the server for its leave first, which few servers give.
 */
const DROPPED_REQUEST_FIELDS = new Set(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'user-agent']);
/** What speaks of the bytes on the wire: the browser has undone the encoding, and the framing here is our own. */
const DROPPED_RESPONSE_FIELDS = new Set(['connection', 'content-encoding', 'content-length', 'keep-alive', 'transfer-encoding']);

const encoder = new TextEncoder();
const LAST_CHUNK = encoder.encode('0\r\n\r\n');
const CRLF = encoder.encode('\r\n');
const CONTINUE = encoder.encode('HTTP/1.1 100 Continue\r\n\r\n');

/** Where a connection leads. */
export interface Route {
  /** As in a URL. */
  host: string;
  port: number;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Says why a fetch failed. */
  explain(url: string, error: unknown): string;
  /** Says why a WebSocket could not be opened. */
  explainWebSocket(url: string): string;
}

interface RequestHead {
  method: string;
  target: string;
  fields: [name: string, value: string][];
  /** The minor version of HTTP/1. */
  version: number;
  keepAlive: boolean;
  /** Another protocol is to follow. */
  upgrade: boolean;
}

/** The request is wrong or more than a browser can do: the client gets this answer, and the connection ends. */
class Refusal extends Error {
  constructor(readonly status: number, readonly statusText: string, message: string) {
    super(message);
  }
}

export class GatewayConnection {
  private readonly parser: HttpParser;
  private readonly buffer = new Uint8Array(READ_SIZE);
  private from = 0;
  private end = 0;
  private secure: boolean;
  /** Stops the fetch under way when nobody waits for it any more. */
  private readonly abandoned = new AbortController();

  constructor(private readonly socket: Socket, codecs: Codecs, private readonly route: Route) {
    this.secure = route.port === HTTPS_PORT;
    this.parser = new HttpParser(codecs, HTTP_REQUEST, MAX_HEADER_BYTES);
  }

  /** Answers requests until the connection ends. Never rejects. */
  async serve(): Promise<void> {
    this.socket.onHangUp(() => this.abandoned.abort());
    try {
      await this.readPreface();
      while (await this.serveOne());
      this.socket.close();
    } catch (error) {
      // A program that goes away in the middle of things is not our failure.
      if (error instanceof Refusal) await this.refuse(error).catch(() => this.socket.close());
      else if (error instanceof SystemError) this.socket.close();
      else this.socket.abort(error instanceof Error ? error.message : String(error));
    } finally {
      this.parser.free();
    }
  }

  /** Answers one request. False when there is none, or the connection ends after it. */
  private async serveOne(): Promise<boolean> {
    const head = await this.readHead();
    if (head === null) return false;
    const url = this.urlOf(head);
    if (head.upgrade) {
      await this.upgrade(head, url);
      return false;
    }
    if (head.fields.some(([name, value]) => name.toLowerCase() === 'expect' && value.toLowerCase() === '100-continue')) await this.socket.write(CONTINUE);
    const body = await this.readBody();
    const hasBody = body.length > 0 || head.method === 'POST' || head.method === 'PUT';
    if (hasBody && (head.method === 'GET' || head.method === 'HEAD')) throw new Refusal(501, 'Not Implemented', `A browser cannot send a body with ${head.method}.`);
    let response: Response;
    try {
      response = await this.route.fetch(url, {
        method: head.method,
        headers: requestHeaders(head.fields),
        body: hasBody ? body : undefined,
        credentials: 'omit',
        redirect: 'follow',
        // A program's requests are its own: what the browser keeps is not for them, and its referrer is the page's.
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        signal: this.abandoned.signal,
      });
    } catch (error) {
      this.socket.abort(this.abandoned.signal.aborted ? '' : this.route.explain(url, error));
      return false;
    }
    return this.answer(head, response);
  }

  // --- requests --------------------------------------------------------------------------------------

  /** Takes the preface of a connection for TLS. */
  private async readPreface(): Promise<void> {
    const matches = () => SECURE_PREFACE.subarray(0, this.end).every((byte, i) => byte === this.buffer[i]);
    while (this.end < SECURE_PREFACE.length && matches()) {
      const length = await this.socket.read(this.buffer.subarray(this.end));
      if (length === 0) return;
      this.end += length;
    }
    if (matches()) {
      this.secure = true;
      this.from = SECURE_PREFACE.length;
    } else if (this.buffer[0] === SECURE_PREFACE[0]) {
      this.socket.abort('the program does TLS itself; connections to the outside are HTTP by the browser');
    }
  }

  private async readHead(): Promise<RequestHead | null> {
    for (;;) {
      const event = await this.next();
      if (event === null) return null;
      if (event !== HTTP_HEADERS_COMPLETE) continue;
      const { target, fields: flat } = this.parser.head();
      const fields: [string, string][] = [];
      for (let i = 0; i < flat.length; i += 2) fields.push([flat[i], flat[i + 1]]);
      return { method: HTTP_METHODS[this.parser.method], target, fields, version: this.parser.versionMinor, keepAlive: this.parser.keepAlive, upgrade: this.parser.upgrade };
    }
  }

  private urlOf({ method, target }: RequestHead): string {
    if (FORBIDDEN_METHODS.has(method)) throw new Refusal(501, 'Not Implemented', `A browser cannot send ${method} requests.`);
    if (!target.startsWith('/')) throw new Refusal(501, 'Not Implemented', 'The gateway is no proxy: the target must be a path.');
    const { host, port } = this.route;
    return new URL(`${this.secure ? 'https' : 'http'}://${host}:${port}${target}`).href;
  }

  private async readBody(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const event = await this.next();
      if (event === null) throw new SystemError(104, 'read');
      if (event === HTTP_MESSAGE_COMPLETE) break;
      if (event !== HTTP_BODY) continue;
      pieces.push(this.buffer.slice(this.from - this.parser.bodyLength, this.from));
      length += this.parser.bodyLength;
      // Not an answer: the program is still writing, and would not get to read it.
      if (length > BODY_LIMIT) throw new Error(`the request's body is larger than ${BODY_LIMIT} bytes, which is the most that a page can hold for it`);
    }
    const body = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      body.set(piece, at);
      at += piece.length;
    }
    return body;
  }

  /** The parser's next event, reading as needed; null at the end of the connection. */
  private async next(): Promise<number | null> {
    for (;;) {
      // Also with nothing left: the end of a message whose last byte is taken is an event of its own.
      do {
        const event = this.parser.step(this.buffer, this.from, this.end);
        this.from += this.parser.consumed;
        if (event === HTTP_FAILED) throw new Refusal(400, 'Bad Request', `${this.parser.errorReason} (${this.parser.errorCode})`);
        if (event !== HTTP_NEED_INPUT) return event;
      } while (this.from < this.end);
      const length = await this.socket.read(this.buffer);
      if (length === 0) return null;
      this.from = 0;
      this.end = length;
    }
  }

  /** Goes on by another protocol: WebSocket is the only one that a browser speaks. */
  private async upgrade({ method, fields }: RequestHead, url: string): Promise<void> {
    const request = method === 'GET' ? webSocketRequest(new URL(url), fields) : null;
    if (request === null) throw new Refusal(501, 'Not Implemented', 'Only HTTP and WebSocket get out of the container: no tunnels, no other protocols.');
    if (typeof request === 'string') throw new Refusal(400, 'Bad Request', request);
    for (let event = await this.next(); event !== HTTP_UPGRADE; event = await this.next()) if (event === null) return;
    try {
      await GatewayWebSocket.serve(this.socket, request, this.buffer.subarray(this.from, this.end));
    } catch (error) {
      if (error instanceof SystemError) throw error;
      this.socket.abort(this.route.explainWebSocket(request.url));
    }
  }

  // --- answers ---------------------------------------------------------------------------------------

  /** Writes the answer as it comes. Answers whether the connection goes on. */
  private async answer(request: RequestHead, response: Response): Promise<boolean> {
    const { status } = response;
    const isHead = request.method === 'HEAD';
    const empty = isHead || status === NO_CONTENT || status === NOT_MODIFIED;
    const chunked = !empty && request.version > 0;
    const keepAlive = request.keepAlive && (empty || chunked);
    const lines = [`HTTP/1.1 ${status} ${response.statusText}`];
    for (const [name, value] of response.headers) {
      // The answer to HEAD has no body that the browser could have decoded: its length is that of the resource.
      if (!DROPPED_RESPONSE_FIELDS.has(name) || (isHead && name === 'content-length')) lines.push(`${name}: ${value}`);
    }
    if (chunked) lines.push('transfer-encoding: chunked');
    lines.push(`connection: ${keepAlive ? 'keep-alive' : 'close'}`, '', '');
    await this.socket.write(latin1(lines.join('\r\n')));
    if (empty) {
      await response.body?.cancel();
      return keepAlive;
    }
    const reader = response.body?.getReader();
    for (;;) {
      let piece: Uint8Array | undefined;
      try {
        piece = (await reader?.read())?.value;
      } catch (error) {
        this.socket.abort(`the connection was lost during the answer: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
      if (piece === undefined) break;
      if (piece.length === 0) continue;
      try {
        if (chunked) await this.socket.write(encoder.encode(`${piece.length.toString(16)}\r\n`));
        await this.socket.write(piece);
        if (chunked) await this.socket.write(CRLF);
      } catch (error) {
        await reader?.cancel();
        throw error;
      }
    }
    if (chunked) await this.socket.write(LAST_CHUNK);
    return keepAlive;
  }

  private async refuse({ status, statusText, message }: Refusal): Promise<void> {
    const body = encoder.encode(`${message}\n`);
    const head = `HTTP/1.1 ${status} ${statusText}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
    await this.socket.write(encoder.encode(head));
    await this.socket.write(body);
    this.socket.close();
  }
}

function requestHeaders(fields: [string, string][]): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) {
    if (DROPPED_REQUEST_FIELDS.has(name.toLowerCase())) continue;
    try {
      headers.append(name, value);
    } catch (error) {
      throw new Refusal(400, 'Bad Request', `The field ${name} is not valid: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return headers;
}

/** Fields of `fetch` are texts of bytes. */
function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
