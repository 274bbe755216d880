/**
 * A WebSocket of a program to a host outside. The program does the handshake (RFC 6455) and speaks frames with us; the browser's own `WebSocket` goes on
 * from here. A page chooses nothing but the address and the sub-protocols: other fields of the program's request are lost.
 */

import { SystemError } from './linux';
import type { Socket } from './socket';
import { BINARY, CLOSE, encodeFrame, FrameError, FrameReader, PING, PONG, TEXT, type Message } from './websocket-frames';

/** What the key is hashed with (section 1.3). */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const VERSION = '13';
/** Longest message from the program, which is held whole. */
const MESSAGE_LIMIT = 64 * 1024 * 1024;
/** Bytes that may wait in the browser before we stop reading from the program, and how often we look (ms). */
const SEND_WINDOW = 1024 * 1024;
const SEND_PAUSE = 5;

const NORMAL = 1000, NO_STATUS = 1005, ABNORMAL = 1006, INVALID_TEXT = 1007;
/** Codes that a page may close with besides 1000. */
const FIRST_OWN_CODE = 3000, LAST_OWN_CODE = 4999;

const encoder = new TextEncoder();

/** What the program asked for. */
export interface WebSocketRequest {
  url: string;
  key: string;
  protocols: string[];
}

/** What a handshake asks for; a text that says what is wrong with it; or null when it is for another protocol. */
export function webSocketRequest(url: URL, fields: [name: string, value: string][]): WebSocketRequest | string | null {
  const field = (wanted: string) => fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value).join(', ');
  if (field('upgrade').toLowerCase() !== 'websocket') return null;
  if (field('sec-websocket-version') !== VERSION) return `The version of the WebSocket protocol must be ${VERSION}.`;
  const key = field('sec-websocket-key');
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return 'The key of the WebSocket handshake is not valid.';
  const protocols = field('sec-websocket-protocol').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return { url: `${url.protocol === 'https:' ? 'wss:' : 'ws:'}${url.href.slice(url.protocol.length)}`, key, protocols };
}

export class GatewayWebSocket {
  private readonly reader = new FrameReader(MESSAGE_LIMIT);
  /** Writes to the program, one after another. */
  private writing: Promise<void> = Promise.resolve();
  /** Whether the program has had our close frame. */
  private closeSent = false;

  private constructor(private readonly socket: Socket, private readonly remote: WebSocket) {}

  /**
   * Opens the browser's WebSocket and answers the program's handshake, of which `first` is what came behind it. Resolves when both ends are closed. Rejects
   * when the browser could not open it: it does not say why.
   */
  static async serve(socket: Socket, request: WebSocketRequest, first: Uint8Array): Promise<void> {
    const remote = new WebSocket(request.url, request.protocols);
    remote.binaryType = 'arraybuffer';
    socket.onHangUp(() => remote.close());
    await new Promise<void>((resolve, reject) => {
      remote.onopen = () => resolve();
      remote.onclose = ({ code }) => reject(new Error(`closed with code ${code}`));
    });
    await new GatewayWebSocket(socket, remote).run(request, first);
  }

  private async run(request: WebSocketRequest, first: Uint8Array): Promise<void> {
    const { remote } = this;
    const closed = new Promise<void>((resolve) => {
      remote.onclose = ({ code, reason }) => {
        this.sendClose(code, reason);
        resolve();
      };
    });
    remote.onmessage = ({ data }) => {
      const [opcode, payload] = typeof data === 'string' ? [TEXT, encoder.encode(data)] : [BINARY, new Uint8Array(data as ArrayBuffer)];
      this.send(opcode, payload);
    };
    this.enqueue(encoder.encode([
      'HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${await accept(request.key)}`,
      ...(remote.protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${remote.protocol}`]), '', '',
    ].join('\r\n')));
    try {
      await this.forward(first);
    } catch (error) {
      // A program that goes away in the middle of things is not our failure.
      if (error instanceof FrameError) this.sendClose(error.code, error.message);
      else if (!(error instanceof SystemError)) throw error;
    } finally {
      remote.close();
    }
    await closed;
    await this.writing;
    this.socket.close();
  }

  /** Hands what the program sends to the browser, until the program closes. */
  private async forward(first: Uint8Array): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    this.reader.push(first);
    for (;;) {
      for (let message = this.reader.next(); message !== null; message = this.reader.next()) {
        if (!this.take(message)) return;
        while (this.remote.bufferedAmount > SEND_WINDOW && this.remote.readyState === WebSocket.OPEN) await pause();
      }
      const length = await this.socket.read(buffer);
      if (length === 0) return;
      this.reader.push(buffer.subarray(0, length));
    }
  }

  /** Answers whether more is expected from the program. */
  private take({ opcode, payload }: Message): boolean {
    const { remote } = this;
    switch (opcode) {
      case TEXT:
        if (remote.readyState === WebSocket.OPEN) remote.send(decode(payload));
        return true;
      case BINARY:
        if (remote.readyState === WebSocket.OPEN) remote.send(payload);
        return true;
      case PING:
        // Browsers neither send pings nor tell of them: whether the server is alive is the browser's to find out.
        this.send(PONG, payload);
        return true;
      case CLOSE: {
        const code = payload.length >= 2 ? (payload[0] << 8) | payload[1] : NO_STATUS;
        const isOwn = code >= FIRST_OWN_CODE && code <= LAST_OWN_CODE;
        // A page cannot close with the other codes.
        if (code === NORMAL || isOwn) remote.close(code, decode(payload.subarray(2)));
        else remote.close();
        return false;
      }
      default:
        return true;
    }
  }

  private send(opcode: number, payload: Uint8Array): void {
    if (!this.closeSent) this.enqueue(encodeFrame(opcode, payload));
  }

  /** Ends our direction: by a close frame, or by a reset when the connection was lost. */
  private sendClose(code: number, reason: string): void {
    if (this.closeSent) return;
    this.closeSent = true;
    if (code === ABNORMAL) {
      this.writing = this.writing.then(() => this.socket.abort('the WebSocket to the server was lost'));
      return;
    }
    const text = encoder.encode(reason);
    const payload = new Uint8Array(code === NO_STATUS ? 0 : 2 + text.length);
    if (code !== NO_STATUS) {
      payload.set([code >> 8, code & 0xff]);
      payload.set(text, 2);
    }
    this.enqueue(encodeFrame(CLOSE, payload));
  }

  private enqueue(bytes: Uint8Array): void {
    this.writing = this.writing.then(() => this.socket.write(bytes)).catch(() => this.remote.close());
  }
}

/** The answer to a handshake's key. */
async function accept(key: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', encoder.encode(key + KEY_SUFFIX)));
  return btoa(String.fromCharCode(...hash));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FrameError(INVALID_TEXT, 'a text is not UTF-8');
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SEND_PAUSE));
}
