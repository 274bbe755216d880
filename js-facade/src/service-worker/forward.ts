/** One request of a preview page: to the host, and its answer back as it streams. */

import { BODY_WINDOW, type HeaderList, type ToServiceWorker } from '../host/preview-protocol';
import { errorResponse } from './error-page';
import { NotOpenError, type Exchange, type HostChannel } from './host-channel';
import type { FetchEvent } from './scope';

/** A request body up to this size goes with its length in one message, since some servers want a Content-Length. */
const WHOLE_BODY_LIMIT = 256 * 1024;
/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const NULL_BODY = [101, 204, 205, 304];

/** Answers `event`; never rejects. */
export async function forward(event: FetchEvent, channel: HostChannel): Promise<Response> {
  let finished!: () => void;
  // The browser must not stop this service worker while a response streams.
  event.waitUntil(new Promise<void>((resolve) => (finished = resolve)));
  const { request } = event;
  try {
    let answer: ResponseReader | null = null;
    const exchange = await channel.open((message) => answer!.receive(message));
    answer = new ResponseReader(exchange, finished);
    request.signal.addEventListener('abort', () => answer!.cancel());
    await sendRequest(request, exchange, answer);
    return await answer.response;
  } catch (error) {
    finished();
    const code = error instanceof NotOpenError ? 'ENOTOPEN' : (error as { code?: string }).code ?? 'UNKNOWN';
    return errorResponse(request, code, (error as Error).message);
  }
}

async function sendRequest(request: Request, exchange: Exchange, answer: ResponseReader): Promise<void> {
  const { id } = exchange;
  const url = new URL(request.url);
  const headers: HeaderList = [...request.headers];
  if (request.referrer.startsWith(url.origin)) headers.push(['Referer', request.referrer]);
  const head = { type: 'request' as const, id, method: request.method, target: url.pathname + url.search, headers };
  if (request.method === 'GET' || request.method === 'HEAD') return exchange.send({ ...head, body: null });
  if (!request.body) {
    // Firefox does not offer the body as a stream.
    const body = new Uint8Array(await request.arrayBuffer());
    return exchange.send({ ...head, body: body.length > 0 ? body : null }, [body.buffer]);
  }
  const reader = request.body.getReader();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size <= WHOLE_BODY_LIMIT) {
    const { value, done } = await reader.read();
    if (done) return exchange.send({ ...head, body: size > 0 ? new Uint8Array(await new Blob(first as BlobPart[]).arrayBuffer()) : null });
    first.push(value);
    size += value.length;
  }
  exchange.send({ ...head, body: 'stream' });
  for (const bytes of first) exchange.send({ type: 'body', id, bytes });
  answer.bodySent(size);
  // The answer may come, and be passed on, before the request is sent to its end.
  void (async () => {
    for (;;) {
      await answer.bodyRoom();
      const { value, done } = await reader.read();
      if (done) break;
      answer.bodySent(value.length);
      exchange.send({ type: 'body', id, bytes: value });
    }
    exchange.send({ type: 'body-end', id });
  })().catch(() => answer.cancel());
}

/** Builds the Response from the host's messages. */
class ResponseReader {
  readonly response: Promise<Response>;
  private settle!: (response: Response) => void;
  private fail!: (error: Error) => void;
  private body: ReadableStreamDefaultController<Uint8Array> | null = null;
  private started = false;
  private over = false;
  private delivered = 0;
  private credited = 0;
  private bodyUnderWay = 0;
  private bodyResume: (() => void) | null = null;

  constructor(private readonly exchange: Exchange, private readonly finished: () => void) {
    this.response = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }

  receive(message: ToServiceWorker): void {
    if (this.over) return;
    switch (message.type) {
      case 'head': {
        this.started = true;
        const { status, statusText } = message;
        const headers = new Headers();
        for (const [name, value] of message.headers) {
          // A name or value that no browser would take from the network either.
          try { headers.append(name, value); } catch { continue; }
        }
        const encoding = decompression(headers);
        let stream: ReadableStream<Uint8Array> | null = NULL_BODY.includes(status) ? null : this.stream();
        if (stream && encoding) {
          headers.delete('content-encoding');
          headers.delete('content-length');
          stream = stream.pipeThrough(new DecompressionStream(encoding) as ReadableWritablePair<Uint8Array, Uint8Array>);
        }
        this.settle(new Response(stream as BodyInit | null, { status, statusText, headers }));
        return;
      }
      case 'data':
        this.delivered += message.bytes.length;
        this.body?.enqueue(message.bytes);
        return;
      case 'end':
        this.body?.close();
        return this.end();
      case 'error': {
        const error = Object.assign(new Error(message.message), { code: message.code });
        if (this.started) this.body?.error(error);
        else this.fail(error);
        return this.end();
      }
      case 'body-acknowledge':
        this.bodyUnderWay -= message.bytes;
        this.bodyResume?.();
    }
  }

  /** The page wants no more. */
  cancel(): void {
    if (this.over) return;
    this.exchange.send({ type: 'cancel', id: this.exchange.id });
    this.fail(new Error('aborted'));
    this.end();
  }

  bodySent(bytes: number): void {
    this.bodyUnderWay += bytes;
  }

  async bodyRoom(): Promise<void> {
    while (this.bodyUnderWay >= BODY_WINDOW && !this.over) await new Promise<void>((resolve) => (this.bodyResume = resolve));
    if (this.over) throw new Error('the exchange is over');
  }

  private stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.body = controller;
      },
      pull: (controller) => {
        const consumed = this.delivered - (BODY_WINDOW - controller.desiredSize!);
        if (consumed > this.credited && !this.over) this.exchange.send({ type: 'acknowledge', id: this.exchange.id, bytes: consumed - this.credited });
        this.credited = consumed;
      },
      cancel: () => {
        this.body = null;
        this.cancel();
      },
    }, { highWaterMark: BODY_WINDOW, size: (chunk) => chunk!.length });
  }

  private end(): void {
    this.over = true;
    this.bodyResume?.();
    this.exchange.close();
    this.finished();
  }
}

/** The browser decodes only what comes from the network; these it can undo for us. */
function decompression(headers: Headers): CompressionFormat | null {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase();
  return encoding === 'gzip' || encoding === 'x-gzip' ? 'gzip' : encoding === 'deflate' ? 'deflate' : null;
}
