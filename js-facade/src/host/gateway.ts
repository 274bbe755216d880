/**
 * The way out of the container. A program connects to a host outside and speaks HTTP/1.1; each request is performed by the browser's `fetch`, under the
 * browser's rules: the server must allow the page's origin (CORS), no credentials of the user go along, redirects are followed, and a
 * page on https reaches https only.
 */

import type { Codecs } from '../guest/codecs';
import type { HostCalls } from '../guest/syscalls';
import { GatewayConnection } from './gateway-connection';
import type { Poller } from './poller';
import { Socket } from './socket';

/** In a {@link Gateway}'s proxy template: the encoded URL goes here. */
const URL_PLACEHOLDER = '{url}';

export class Gateway {
  private readonly reported = new Set<string>();

  /** `corsProxy` is empty for none. `report` tells the page of a failed origin, once each. */
  constructor(
    private readonly sys: HostCalls,
    private readonly poller: Poller,
    private readonly codecs: Codecs,
    private readonly corsProxy: string,
    private readonly report: (message: string) => void,
  ) {}

  /** Serves the far end `fd` of a connection to `host`, which it closes. */
  connect(fd: number, host: string, port: number): void {
    const socket = new Socket(this.sys, this.poller, fd);
    const connection = new GatewayConnection(socket, this.codecs, {
      host,
      port,
      fetch: (url, init) => fetch(this.route(url), init),
      explain: (url, error) => this.explain(new URL(url), error),
      explainWebSocket: (url) => this.explainWebSocket(new URL(url)),
    });
    void connection.serve();
  }

  private route(url: string): string {
    const { corsProxy } = this;
    if (corsProxy === '') return url;
    return corsProxy.includes(URL_PLACEHOLDER) ? corsProxy.replace(URL_PLACEHOLDER, () => encodeURIComponent(url)) : corsProxy + url;
  }

  /** Why `fetch` may have failed: browsers do not tell programs. */
  private explain(url: URL, error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const hint = this.corsProxy !== '' ? `it was asked for through the CORS proxy ${this.corsProxy}`
      : isMixed(url) ? 'a page on https can only reach https'
      : `it cannot be reached, or it does not allow ${location.origin} by CORS ('Access-Control-Allow-Origin'); a corsProxy may help`;
    return this.tell(url.origin, `the browser could not fetch from ${url.origin} (${text}): ${hint}`);
  }

  private explainWebSocket(url: URL): string {
    const hint = isMixed(url) ? 'a page on https can only reach wss' : 'it cannot be reached, or it refused the handshake';
    return this.tell(url.origin, `the browser could not open a WebSocket to ${url.origin}: ${hint}`);
  }

  /** Tells the page of a failure of `origin`, once; answers `message`. */
  private tell(origin: string, message: string): string {
    if (!this.reported.has(origin)) {
      this.reported.add(origin);
      this.report(message);
    }
    return message;
  }
}

/** Whether a browser forbids the address to the page for want of encryption. */
function isMixed({ protocol }: URL): boolean {
  return location.protocol === 'https:' && (protocol === 'http:' || protocol === 'ws:');
}
