/** One HTTP/1.1 client connection over a kernel socket: requests one after the other, bodies streamed both ways. */

import { HTTP_BODY, HTTP_FAILED, HTTP_HEADERS_COMPLETE, HTTP_MESSAGE_COMPLETE, HTTP_NEED_INPUT, HTTP_RESPONSE, HTTP_UPGRADE, HttpParser, type Codecs } from '../guest/codecs';
import type { HostCalls } from '../guest/syscalls';
import { POLLIN, POLLOUT } from '../guest/syscalls';
import { EAGAIN, EINPROGRESS, EINTR, SystemError, check } from './linux';
import type { Poller } from './poller';

const READ_SIZE = 64 * 1024;
const MAX_HEADER_BYTES = 256 * 1024;
/** {@link HttpParser.setBodyPolicy}: the answer to a HEAD request has no body. */
const NO_BODY = 1;

export interface ResponseHead { status: number; statusText: string; headers: [string, string][] }

export class HttpConnection {
  private readonly parser: HttpParser;
  private readonly buffer = new Uint8Array(READ_SIZE);
  private from = 0;
  private end = 0;
  private keepAlive = false;
  private complete = true;
  private closed = false;
  /** Whether any byte of the present answer has come. */
  answered = false;

  private constructor(private readonly sys: HostCalls, private readonly poller: Poller, codecs: Codecs, private readonly fd: number) {
    this.parser = new HttpParser(codecs, HTTP_RESPONSE, MAX_HEADER_BYTES);
  }

  /** Connects to a port of the container. Throws a SystemError, as `ECONNREFUSED`. */
  static async connect(sys: HostCalls, poller: Poller, codecs: Codecs, port: number): Promise<HttpConnection> {
    const fd = check(sys.socket('tcp4'), 'socket');
    try {
      sys.cloexec(fd, true);
      const result = sys.connect(fd, { family: 4, address: '127.0.0.1', port }, true);
      if (result === -EINPROGRESS) {
        await poller.wait(fd, POLLOUT);
        const errno = sys.socketError(fd);
        if (errno > 0) throw new SystemError(errno, 'connect', `127.0.0.1:${port}`);
      } else {
        check(result, 'connect', `127.0.0.1:${port}`);
      }
      return new HttpConnection(sys, poller, codecs, fd);
    } catch (error) {
      sys.close(fd);
      throw error;
    }
  }

  /** Whether another request may go over it: the answer was read to its end, and the server has not closed. */
  get reusable(): boolean {
    if (this.closed || !this.complete || !this.keepAlive || this.from < this.end) return false;
    // Nothing may come between two answers; end of file or an error shows here too.
    return this.sys.read(this.fd, this.buffer, -1, true) === -EAGAIN;
  }

  /** Sends bytes of a request. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      if (this.closed) throw new SystemError(32, 'write');
      const written = this.sys.write(this.fd, bytes.subarray(offset), -1, true);
      if (written === -EAGAIN) await this.poller.wait(this.fd, POLLOUT);
      else if (written !== -EINTR) offset += check(written, 'write');
    }
  }

  /** The head of the final answer (interim ones are skipped). */
  async readHead(method: string): Promise<ResponseHead> {
    this.complete = false;
    this.answered = false;
    for (;;) {
      const event = await this.next();
      if (event === HTTP_UPGRADE) throw protocolError('the server switched protocols unasked');
      if (event !== HTTP_HEADERS_COMPLETE) continue;
      const { status } = this.parser;
      const { reason, fields } = this.parser.head();
      this.keepAlive = this.parser.keepAlive;
      if (method === 'HEAD') this.parser.setBodyPolicy(NO_BODY);
      if (status < 200) continue;
      const headers: [string, string][] = [];
      for (let i = 0; i < fields.length; i += 2) headers.push([fields[i], fields[i + 1]]);
      return { status, statusText: reason, headers };
    }
  }

  /** The next piece of the body, or null at its end. */
  async readBody(): Promise<Uint8Array<ArrayBuffer> | null> {
    while (!this.complete) {
      const event = await this.next();
      if (event === HTTP_MESSAGE_COMPLETE) this.complete = true;
      else if (event === HTTP_BODY) return this.buffer.slice(this.from - this.parser.bodyLength, this.from);
    }
    return null;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.poller.forget(this.fd);
    this.sys.close(this.fd);
    this.parser.free();
  }

  /** The parser's next event, reading as needed. */
  private async next(): Promise<number> {
    for (;;) {
      if (this.closed) throw new SystemError(104, 'read');
      // Also with nothing left: the end of a message whose last byte is taken is an event of its own.
      do {
        const event = this.parser.step(this.buffer, this.from, this.end);
        this.from += this.parser.consumed;
        if (event === HTTP_FAILED) throw protocolError(`${this.parser.errorReason} (${this.parser.errorCode})`);
        if (event !== HTTP_NEED_INPUT) return event;
      } while (this.from < this.end);
      const length = this.sys.read(this.fd, this.buffer, -1, true);
      if (length === -EAGAIN) {
        await this.poller.wait(this.fd, POLLIN);
      } else if (length === 0) {
        const event = this.parser.finish();
        this.keepAlive = false;
        if (event === HTTP_MESSAGE_COMPLETE) return event;
        throw new SystemError(104, 'read');
      } else if (length !== -EINTR) {
        this.from = 0;
        this.end = check(length, 'read');
        this.answered = true;
      }
    }
  }
}

function protocolError(message: string): Error {
  return Object.assign(new Error(`the server's answer is not valid HTTP: ${message}`), { code: 'EPROTO' });
}
