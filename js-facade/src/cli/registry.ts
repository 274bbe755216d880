/** The npm registry of the user's npm configuration, passed on at our own origin so that pages may read it. */

import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** Headers that mean something between a registry and its client. */
const REQUEST_HEADERS = ['accept', 'if-none-match', 'if-modified-since', 'npm-session', 'npm-command'];
const RESPONSE_HEADERS = ['content-type', 'etag', 'last-modified', 'cache-control'];

export interface Registry {
  /** Base URL, with trailing slash. */
  url: string;
  /** Value for `Authorization`, if the user's configuration has one for it. */
  authorization?: string;
}

/** `url`, or the registry that npm itself would use here; npm's own default when npm is not installed. */
export async function findRegistry(url?: string): Promise<Registry> {
  const found = url ?? (await npmConfig('registry')) ?? WOSIX_DEFAULT_REGISTRY;
  const base = found.endsWith('/') ? found : `${found}/`;
  return { url: base, authorization: await findAuthorization(base) };
}

async function npmConfig(key: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['config', 'get', key], { shell: process.platform === 'win32' });
    const value = stdout.trim();
    return URL.canParse(value) ? value : undefined;
  } catch {
    // No npm on this machine: the caller has a default.
    return undefined;
  }
}

/** npm keeps credentials as `//host/path/:_authToken=…` in the user's or the project's `.npmrc`; `npm config get` does not show them. */
async function findAuthorization(base: string): Promise<string | undefined> {
  const files = [path.resolve('.npmrc'), process.env.NPM_CONFIG_USERCONFIG ?? process.env.npm_config_userconfig ?? path.join(homedir(), '.npmrc')];
  const settings = new Map<string, string>();
  for (const file of files.reverse()) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const match = /^\s*(\/\/[^=]+?)\s*=\s*"?(.*?)"?\s*$/.exec(line);
      if (match) settings.set(match[1], match[2].replace(/\$\{(\w+)\}/g, (_, name) => process.env[name] ?? ''));
    }
  }
  // The most specific prefix wins, as in npm.
  const { host, pathname } = new URL(base);
  for (let prefix = pathname; ; prefix = prefix.replace(/[^/]*\/$/, '')) {
    const token = settings.get(`//${host}${prefix}:_authToken`);
    if (token) return `Bearer ${token}`;
    const basic = settings.get(`//${host}${prefix}:_auth`);
    if (basic) return `Basic ${basic}`;
    if (prefix === '/' || prefix === '') return undefined;
  }
}

/** Answers `request` for `target` (path and query below the registry) with what the registry says. */
export async function proxyRegistry(registry: Registry, target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const headers = new Headers();
  for (const name of REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  if (registry.authorization) headers.set('authorization', registry.authorization);
  const aborted = new AbortController();
  response.on('close', () => aborted.abort());
  let answer: Response;
  try {
    answer = await fetch(new URL(target, registry.url), { method: request.method, headers, signal: aborted.signal });
  } catch (error) {
    if (response.destroyed) return;
    const cause = (error as Error).cause instanceof Error ? ((error as Error).cause as Error).message : String(error);
    response.writeHead(502, { 'content-type': 'text/plain' }).end(`the registry did not answer: ${cause}\n`);
    return;
  }
  const copied: Record<string, string> = {};
  for (const name of RESPONSE_HEADERS) {
    const value = answer.headers.get(name);
    if (value !== null) copied[name] = value;
  }
  // `fetch` has decompressed; the length holds only for what was not compressed.
  const length = answer.headers.get('content-length');
  if (length !== null && !answer.headers.has('content-encoding')) copied['content-length'] = length;
  response.writeHead(answer.status, copied);
  if (!answer.body || request.method === 'HEAD') response.end();
  // A registry that breaks off must break off here too, so that the client notices and retries.
  else await pipeline(Readable.fromWeb(answer.body as import('node:stream/web').ReadableStream), response).catch(() => response.destroy());
}
