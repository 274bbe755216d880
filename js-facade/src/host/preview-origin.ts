/** One preview origin: requests of its service worker become requests to a port of the container. */

import type { Codecs } from '../guest/codecs';
import type { HostCalls } from '../guest/syscalls';
import { CookieJar } from './cookies';
import { HtmlInjector } from './html-injector';
import { HttpConnection, type ResponseHead } from './http-connection';
import type { Poller } from './poller';
import { BODY_WINDOW, type HeaderList, type ToHost, type ToServiceWorker } from './preview-protocol';

/** Headers of one hop (RFC 9110, section 7.6.1), and those this gateway writes itself. */
const REQUEST_DROPPED = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'content-length', 'host', 'cookie', 'expect', 'origin']);
const RESPONSE_DROPPED = new Set(['connection', 'keep-alive', 'proxy-connection', 'trailer', 'transfer-encoding', 'upgrade', 'set-cookie', 'cross-origin-embedder-policy', 'cross-origin-resource-policy']);

/** Servers close idle connections (Node's after 5 s): they are not kept longer than this, in milliseconds. */
const IDLE_LIFETIME = 4_000;

type Request = ToHost & { type: 'request' };

/** A request under way. */
interface Exchange {
  connection: HttpConnection | null;
  cancelled: boolean;
  /** Bytes of the answer that the page has not taken yet, and who waits for that. */
  unacknowledged: number;
  resume: (() => void) | null;
  /** The streamed request body: what has come, and who waits for more. */
  body: (Uint8Array | null)[];
  bodyArrived: (() => void) | null;
}

export interface OriginSettings {
  port: number;
  /** `http://<id>--<port>.<host>` */
  origin: string;
  coep: 'require-corp' | 'credentialless' | 'none';
  /** HTML put into every page; asked at each response. */
  injection(): string;
}

export class PreviewOrigin {
  private readonly cookies = new CookieJar();
  private idle: { connection: HttpConnection; since: number }[] = [];
  private readonly host: string;

  constructor(private readonly sys: HostCalls, private readonly poller: Poller, private readonly codecs: Codecs, private readonly settings: OriginSettings) {
    this.host = new URL(settings.origin).host;
  }

  /** Serves the requests that come over `channel`. */
  attach(channel: MessagePort): void {
    const exchanges = new Map<number, Exchange>();
    const send = (message: ToServiceWorker, transfer: Transferable[] = []) => channel.postMessage(message, transfer);
    channel.onmessage = ({ data }: MessageEvent<ToHost>) => {
      if (data.type === 'request') {
        const exchange: Exchange = { connection: null, cancelled: false, unacknowledged: 0, resume: null, body: [], bodyArrived: null };
        exchanges.set(data.id, exchange);
        this.serve(data, exchange, send)
          .catch((error) => {
            exchange.connection?.close();
            if (!exchange.cancelled) send({ type: 'error', id: data.id, code: error.code ?? 'UNKNOWN', message: error.message });
          })
          .finally(() => exchanges.delete(data.id));
        return;
      }
      const exchange = exchanges.get(data.id);
      if (!exchange) return;
      switch (data.type) {
        case 'body': case 'body-end':
          exchange.body.push(data.type === 'body' ? data.bytes : null);
          exchange.bodyArrived?.();
          return;
        case 'acknowledge':
          exchange.unacknowledged -= data.bytes;
          exchange.resume?.();
          return;
        case 'cancel':
          exchange.cancelled = true;
          exchange.connection?.close();
          exchange.resume?.();
          exchange.bodyArrived?.();
      }
    };
  }

  /** The server is gone or another has come: its connections are of no use. */
  reset(): void {
    for (const { connection } of this.idle.splice(0)) connection.close();
  }

  private async serve(request: Request, exchange: Exchange, send: (message: ToServiceWorker, transfer?: Transferable[]) => void): Promise<void> {
    const { id, method } = request;
    const head = await this.exchangeHeads(request, exchange, send);
    const connection = exchange.connection!;
    const headers = this.responseHeaders(head, request.target);
    const html = method !== 'HEAD' && HtmlInjector.applies(headers) && this.settings.injection();
    const injector = html ? new HtmlInjector(html) : null;
    if (injector) remove(headers, 'content-length');
    send({ type: 'head', id, status: head.status, statusText: head.statusText, headers });
    const deliver = async (bytes: Uint8Array<ArrayBuffer>) => {
      if (bytes.length === 0) return;
      exchange.unacknowledged += bytes.length;
      send({ type: 'data', id, bytes }, [bytes.buffer]);
      while (exchange.unacknowledged >= BODY_WINDOW && !exchange.cancelled) await new Promise<void>((resolve) => (exchange.resume = resolve));
    };
    for (let bytes = await connection.readBody(); bytes && !exchange.cancelled; bytes = await connection.readBody()) {
      await deliver(injector ? injector.push(bytes) : bytes);
    }
    if (exchange.cancelled) return connection.close();
    if (injector) await deliver(injector.finish());
    send({ type: 'end', id });
    this.release(connection);
  }

  /** Sends the request and reads the head of the answer; once more on a fresh connection if a kept one turns out to be dead. */
  private async exchangeHeads(request: Request, exchange: Exchange, send: (message: ToServiceWorker) => void): Promise<ResponseHead> {
    const replayable = request.body !== 'stream';
    for (let kept = replayable ? this.takeIdle() : undefined; ; kept = undefined) {
      const connection = kept ?? (await HttpConnection.connect(this.sys, this.poller, this.codecs, this.settings.port));
      exchange.connection = connection;
      if (exchange.cancelled) connection.close();
      try {
        const sent = this.sendRequest(connection, request, exchange, send);
        // A server may answer, and even close, before it has read all: the answer counts then.
        sent.catch(() => {});
        return await connection.readHead(request.method);
      } catch (error) {
        connection.close();
        if (!kept || connection.answered || exchange.cancelled) throw error;
      }
    }
  }

  private async sendRequest(connection: HttpConnection, request: Request, exchange: Exchange, send: (message: ToServiceWorker) => void): Promise<void> {
    const lines = [`${request.method} ${request.target} HTTP/1.1`, `Host: ${this.host}`];
    for (const [name, value] of request.headers) if (!REQUEST_DROPPED.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
    // The browser adds Origin behind the service worker's back; servers compare it with Host.
    if (request.method !== 'GET' && request.method !== 'HEAD') lines.push(`Origin: ${this.settings.origin}`);
    const cookie = this.cookies.header(pathOf(request.target), Date.now());
    if (cookie) lines.push(`Cookie: ${cookie}`);
    lines.push('X-Forwarded-For: 127.0.0.1', `X-Forwarded-Host: ${this.host}`, `X-Forwarded-Proto: ${this.settings.origin.split(':')[0]}`, 'Connection: keep-alive');
    if (request.body === 'stream') lines.push('Transfer-Encoding: chunked');
    else if (request.body || !['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(request.method)) lines.push(`Content-Length: ${request.body?.length ?? 0}`);
    await connection.write(new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`));
    if (request.body instanceof Uint8Array) return connection.write(request.body);
    if (request.body !== 'stream') return;
    for (;;) {
      while (exchange.body.length === 0 && !exchange.cancelled) await new Promise<void>((resolve) => (exchange.bodyArrived = resolve));
      if (exchange.cancelled) return;
      const bytes = exchange.body.shift()!;
      if (bytes === null) return connection.write(new TextEncoder().encode('0\r\n\r\n'));
      await connection.write(new TextEncoder().encode(`${bytes.length.toString(16)}\r\n`));
      await connection.write(bytes);
      await connection.write(new TextEncoder().encode('\r\n'));
      send({ type: 'body-acknowledge', id: request.id, bytes: bytes.length });
    }
  }

  private responseHeaders({ headers }: ResponseHead, target: string): HeaderList {
    const result: HeaderList = [];
    for (const [name, value] of headers) {
      const lower = name.toLowerCase();
      if (lower === 'set-cookie') this.cookies.store(value, pathOf(target), Date.now());
      else if (lower === 'location') result.push([name, this.rewriteLocation(value, target)]);
      else if (!RESPONSE_DROPPED.has(lower)) result.push([name, value]);
    }
    // So that an isolated page may show the preview in a frame.
    if (this.settings.coep !== 'none') result.push(['Cross-Origin-Embedder-Policy', this.settings.coep]);
    result.push(['Cross-Origin-Resource-Policy', 'cross-origin']);
    return result;
  }

  /** Absolute, since a response made by a service worker has no URL to be relative to; the container's localhost is this origin. */
  private rewriteLocation(value: string, target: string): string {
    const base = new URL(target, this.settings.origin);
    if (!URL.canParse(value, base)) return value;
    const url = new URL(value, base);
    const local = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].includes(url.hostname) && Number(url.port || 80) === this.settings.port;
    return local ? `${this.settings.origin}${url.pathname}${url.search}${url.hash}` : url.href;
  }

  private takeIdle(): HttpConnection | undefined {
    for (let entry = this.idle.pop(); entry; entry = this.idle.pop()) {
      if (Date.now() - entry.since < IDLE_LIFETIME && entry.connection.reusable) return entry.connection;
      entry.connection.close();
    }
    return undefined;
  }

  private release(connection: HttpConnection): void {
    if (!connection.reusable) return connection.close();
    this.idle.push({ connection, since: Date.now() });
    // An idle connection must not keep a server that wants to end (`server.close()`) alive.
    setTimeout(() => {
      const at = this.idle.findIndex((entry) => entry.connection === connection && Date.now() - entry.since >= IDLE_LIFETIME);
      if (at >= 0) this.idle.splice(at, 1)[0].connection.close();
    }, IDLE_LIFETIME + 10);
  }
}

function pathOf(target: string): string {
  return target.replace(/[?#].*$/s, '');
}

function remove(headers: HeaderList, name: string): void {
  const at = headers.findIndex(([other]) => other.toLowerCase() === name);
  if (at >= 0) headers.splice(at, 1);
}
