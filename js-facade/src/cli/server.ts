/** The HTTP server under `wosix serve` and `wosix exec`: built files, pages with isolation headers, preview origins, registry proxy. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { proxyRegistry, type Registry } from './registry';

/** The folder this file is bundled into. */
const DIST = path.dirname(fileURLToPath(import.meta.url));
const DEFAULT_PORT = 5111;
export const HOST_NAME = 'wosix.localhost';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.map': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.jpg': 'image/jpeg', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.ttf': 'font/ttf', '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = /^(text\/|application\/(json|wasm)|image\/svg)/;

/** On every answer: pages are isolated, and everything may be embedded by isolated pages of other origins. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'cross-origin',
  'origin-agent-cluster': '?1',
  'x-content-type-options': 'nosniff',
};

/** Pages of this machine may embed `/headless`. */
const LOCAL_EMBEDDERS = ['http', 'https'].flatMap((scheme) => ['localhost', '*.localhost', '127.0.0.1'].map((host) => `${scheme}://${host}:*`));

/** Answers requests below a path prefix; `rest` is what follows it, without query, undecoded. */
export type Route = (request: IncomingMessage, response: ServerResponse, rest: string, url: URL) => void | Promise<void>;

/**
 * `route` for this origin's own pages alone: what it answers is the user's (private packages, files of a project), and pages of other origins
 * must not even load it as a script or an image. Browsers say whose page asks; other programs do not, and addresses typed in are `none`.
 */
export function ownPagesOnly(route: Route): Route {
  return (request, response, rest, url) => {
    response.setHeader('cross-origin-resource-policy', 'same-origin');
    const site = request.headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return route(request, response, rest, url);
    response.writeHead(403, { 'content-type': 'text/plain' }).end('only for pages of this origin\n');
  };
}

export interface RunningServer {
  /** `http://wosix.localhost:PORT` */
  origin: string;
  port: number;
  http: Server;
  close(): Promise<void>;
}

/** The answer of `/-/settings.json`: what our pages boot with. */
export interface ServedSettings {
  /** For `WebContainer.boot`. */
  node?: string;
}

export interface ServerSettings extends ServedSettings {
  registry: Registry;
  /** Absent: {@link DEFAULT_PORT} or the next free one. */
  port?: number;
  /** Any free port instead of the default. */
  anyPort?: boolean;
  /** More routes, by prefix (ending in `/`, or a whole path). */
  routes?: Record<string, Route>;
  /** Origins whose pages may embed `/headless`, besides those of this machine. */
  embedders?: string[];
  /** What `/` serves below `dist/`. */
  root?: string;
}

export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const files = new StaticFiles();
  const routes: Record<string, Route> = {
    ...settings.routes,
    '/wosix/': (request, response, rest) => files.serve(request, response, path.join(DIST, decodeURIComponent(rest)), DIST),
    '/-/registry/': ownPagesOnly((request, response, rest, url) => proxyRegistry(settings.registry, `./${rest}${url.search}`, request, response)),
    '/-/settings.json': ownPagesOnly(async (_request, response) => {
      const served: ServedSettings = { node: settings.node };
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(served));
    }),
    '/headless': (request, response, _rest, url) => {
      // An embedder runs programs here, with this server's registry and so its user's credentials.
      response.setHeader('content-security-policy', `frame-ancestors ${[...LOCAL_EMBEDDERS, ...(settings.embedders ?? [])].join(' ')}`);
      // The client asks for what its own page is served with.
      if (url.searchParams.get('coep') === 'credentialless') response.setHeader('cross-origin-embedder-policy', 'credentialless');
      return files.serve(request, response, path.join(DIST, 'pages/headless.html'), DIST);
    },
  };
  if (settings.root) {
    const root = path.join(DIST, settings.root);
    routes['/'] = (request, response, rest) => files.serve(request, response, path.join(root, decodeURIComponent(rest) || 'index.html'), root);
  }
  const http = createServer((request, response) => {
    answer(request, response, routes, files).catch((error) => {
      // A path or host that cannot be decoded is the client's mistake.
      const malformed = error instanceof URIError || error?.code === 'ERR_INVALID_URL';
      if (!malformed) process.stderr.write(`wosix: ${request.method} ${request.url}: ${error}\n`);
      if (!response.headersSent) response.writeHead(malformed ? 400 : 500);
      response.end();
    });
  });
  // A stream of events or a long poll must not be cut.
  http.requestTimeout = 0;
  const port = await listen(http, settings);
  return {
    origin: `http://${HOST_NAME}:${port}`,
    port,
    http,
    close: () => new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, routes: Record<string, Route>, files: StaticFiles): Promise<void> {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '');
  for (const [header, value] of Object.entries(ISOLATION)) response.setHeader(header, value);
  // A foreign name that leads here (DNS rebinding) must get nothing: the registry proxy has the user's credentials.
  if (!/(^|\.)localhost$/.test(name) && name !== '127.0.0.1' && name !== '[::1]') {
    response.writeHead(421).end('unknown host\n');
    return;
  }
  const url = new URL(request.url ?? '/', `http://${host}`);
  if (/^[a-z0-9]+--\d+\./.test(name)) return answerPreview(request, response, url, files);
  // A page of ours in a foreign frame could be clicked on unawares, or (`/wosix/pages/headless.html`) driven; `/headless` has its own rule.
  response.setHeader('content-security-policy', "frame-ancestors 'self'");
  const prefix = Object.keys(routes)
    .filter((prefix) => url.pathname === prefix || (prefix.endsWith('/') && url.pathname.startsWith(prefix)))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  else await routes[prefix](request, response, url.pathname.slice(prefix.length), url);
}

/** A preview origin as the network sees it: what its service worker needs, and a page that waits for it. */
async function answerPreview(request: IncomingMessage, response: ServerResponse, url: URL, files: StaticFiles): Promise<void> {
  // Preview origins are not top-level documents of ours: opener isolation would cut them off from the page that opens them.
  response.removeHeader('cross-origin-opener-policy');
  switch (url.pathname) {
    case '/__wosix/relay.html':
      return files.serve(request, response, path.join(DIST, 'pages/relay.html'), DIST);
    case '/__wosix/service-worker.js':
      response.setHeader('service-worker-allowed', '/');
      return files.serve(request, response, path.join(DIST, 'service-worker.js'), DIST);
  }
  if (request.headers['sec-fetch-dest'] === 'empty' || !request.headers.accept?.includes('text/html')) {
    response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' }).end('this preview is not open in any tab\n');
    return;
  }
  response.statusCode = 503;
  return files.serve(request, response, path.join(DIST, 'pages/preview-bootstrap.html'), DIST);
}

async function listen(server: Server, { port, anyPort }: ServerSettings): Promise<number> {
  const attempt = (candidate: number) => new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(candidate, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
  if (anyPort) return attempt(0);
  if (port !== undefined) return attempt(port);
  for (let candidate = DEFAULT_PORT; ; candidate++) {
    try {
      return await attempt(candidate);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || candidate > DEFAULT_PORT + 100) throw error;
    }
  }
}

/** Files with ETag, and compressed copies kept in memory. */
export class StaticFiles {
  private readonly compressed = new Map<string, Promise<Buffer>>();

  /** Serves `file`, which must lie in `root`. */
  async serve(request: IncomingMessage, response: ServerResponse, file: string, root: string): Promise<void> {
    const inside = file === root || file.startsWith(root + path.sep);
    const found = inside ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
      return;
    }
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    const etag = `"${createHash('sha256').update(`${file}:${found.size}:${found.mtimeMs}`).digest('base64url').slice(0, 22)}"`;
    // Revalidated each time: a rebuild shows at the next reload, and an unchanged file costs a 304.
    response.setHeader('cache-control', 'no-cache').setHeader('etag', etag).setHeader('content-type', type).setHeader('vary', 'accept-encoding');
    if (request.headers['if-none-match'] === etag && response.statusCode === 200) {
      response.writeHead(304).end();
      return;
    }
    const encoding = COMPRESSIBLE.test(type) && found.size > 1024 ? pickEncoding(request.headers['accept-encoding']) : null;
    const body = encoding ? await this.compress(file, etag, encoding) : await readFile(file);
    if (encoding) response.setHeader('content-encoding', encoding);
    response.setHeader('content-length', body.length);
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private compress(file: string, etag: string, encoding: 'br' | 'gzip'): Promise<Buffer> {
    const key = `${encoding}:${etag}`;
    let result = this.compressed.get(key);
    if (!result) {
      result = readFile(file).then((bytes) => encoding === 'br'
        // The highest level costs seconds for a large file; 5 comes close.
        ? promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
        : promisify(gzip)(bytes));
      this.compressed.set(key, result);
    }
    return result;
  }
}

function pickEncoding(accepted: string | string[] | undefined): 'br' | 'gzip' | null {
  const list = String(accepted ?? '');
  return /\bbr\b/.test(list) ? 'br' : /\bgzip\b/.test(list) ? 'gzip' : null;
}
