/**
 * The network side of `npm` (`wosix-wasm/programs/src/npm.rs`): fetches what the program asks for, several at a time, retries what may pass,
 * keeps packuments and tarballs in the browser's cache, and installs unpacked packages in bulk.
 */

import type { PackEntry, Syscalls } from '../syscalls';
import type { ContainerSettings, Progress } from '../worker';

/** Requests under way at a time: packuments are small and many, tarballs large. */
const CONCURRENT = [16, 8] as const;
/** Attempts for one request, and the wait before the second one in milliseconds (doubled for each further one). */
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
/** Progress is passed on so often, in milliseconds, and whenever its phase changes. */
const PROGRESS_INTERVAL_MS = 50;
const CACHE_NAME = 'wosix-npm-1';
/** A tarball is known by its integrity for ever, wherever it came from; this is no address anyone asks. */
const TARBALL_KEY = 'https://tarball.invalid/';

const PACKUMENT = 0;

/** How a request may use the cache: as `CacheUse` in `wosix-core/src/npm/platform.rs`. */
const REVALIDATE = 0;
const RELOAD = 1;
const ONLY = 3;
/** Status of a request that only the cache was to answer, and could not. */
const NOT_CACHED = 1;

/** What of the module's exports `npm` uses. */
export interface NpmExports {
  memory: WebAssembly.Memory;
  npm_start(): number;
  npm_buffer(length: number): number;
  npm_deliver(id: number, status: number): number;
}

interface NpmRequest { id: number; kind: 0 | 1; url: string; integrity: string; cache: number }
interface NpmResponse { id: number; status: number; body: Uint8Array }

/** Whether this native program runs in steps, by {@link Npm}. */
export function isNpm(name: string): boolean {
  return name === 'npm' || name === 'npx';
}

/** One process of `npm`. */
export class Npm {
  private readonly queues: [NpmRequest[], NpmRequest[]] = [[], []];
  private readonly active: [number, number] = [0, 0];
  private readonly arrived: NpmResponse[] = [];
  private wake: (() => void) | null = null;
  private readonly cancel = new AbortController();
  private readonly cache = openCache();
  private shown = { phase: '', at: 0 };
  /** Version of Node that packages are chosen for. */
  private node = '';

  constructor(
    private readonly sys: Syscalls,
    private readonly settings: ContainerSettings,
    private readonly progress: (progress: Progress) => void,
    private readonly askNode: () => Promise<string>,
  ) {}

  /** Imports of the program beyond the system calls. `stage` keeps bytes until the program takes them. */
  imports(memory: () => WebAssembly.Memory, stage: (text: string) => number): Record<string, (...args: number[]) => number | void> {
    const decoder = new TextDecoder();
    const slice = (address: number, length: number) => new Uint8Array(memory().buffer, address >>> 0, length >>> 0);
    const text = (address: number, length: number) => decoder.decode(slice(address, length));
    return {
      npm_settings: () => stage(`${this.settings.registry}\0${this.settings.defaultRegistry}\0${this.node}\0`),
      npm_request: (id, kind, cache, url, urlLength, integrity, integrityLength) => {
        const request = { id, kind: kind === PACKUMENT ? 0 : 1, url: text(url, urlLength), integrity: text(integrity, integrityLength), cache } as const;
        this.queues[request.kind].push(request);
      },
      npm_progress: (json, length) => this.reportProgress(JSON.parse(text(json, length)) as Progress),
      pack: (bytes, length) => {
        const pack = this.sys.packCreate(length >>> 0);
        if (pack < 0) return pack;
        const written = this.sys.packWrite(pack, 0, slice(bytes, length));
        return written < 0 ? written : pack;
      },
      pack_install: (pack, path, pathLength, index, indexLength) => this.sys.packInstall(pack, text(path, pathLength), parseIndex(text(index, indexLength))),
      pack_release: (pack) => this.sys.packRelease(pack),
    };
  }

  /** Runs the process; answers its exit code. */
  async run(program: NpmExports): Promise<number> {
    try {
      this.node = await this.askNode();
      let code = program.npm_start();
      while (code < 0) {
        this.startFetches();
        const response = await this.nextResponse();
        // Asking for room may grow the memory, which gives it a new buffer.
        const address = program.npm_buffer(response.body.length) >>> 0;
        new Uint8Array(program.memory.buffer).set(response.body, address);
        code = program.npm_deliver(response.id, response.status);
      }
      return code;
    } finally {
      this.cancel.abort();
    }
  }

  private reportProgress(progress: Progress): void {
    const now = performance.now();
    const { phase, done, total } = progress;
    if (phase === this.shown.phase && done < total && now - this.shown.at < PROGRESS_INTERVAL_MS) return;
    this.shown = { phase, at: now };
    this.progress(progress);
  }

  private startFetches(): void {
    for (const kind of [0, 1] as const) {
      while (this.active[kind] < CONCURRENT[kind]) {
        const request = this.queues[kind].shift();
        if (!request) break;
        this.active[kind]++;
        void this.fetch(request).then((response) => {
          this.active[kind]--;
          this.arrived.push(response);
          this.startFetches();
          this.wake?.();
        });
      }
    }
  }

  private async nextResponse(): Promise<NpmResponse> {
    for (;;) {
      const response = this.arrived.shift();
      if (response) return response;
      if (!this.active[0] && !this.active[1]) throw new Error('npm waits for a response to nothing');
      await new Promise<void>((resolve) => { this.wake = resolve; });
      this.wake = null;
    }
  }

  /** Never rejects: what went wrong is a response with status 0. */
  private async fetch(request: NpmRequest): Promise<NpmResponse> {
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1)));
      try {
        const { status, body } = request.kind === PACKUMENT ? await this.fetchPackument(request) : await this.fetchTarball(request);
        if (status !== 429 && status < 500) return { id: request.id, status, body };
        if (attempt === ATTEMPTS - 1) return { id: request.id, status, body };
      } catch (error) {
        if (this.cancel.signal.aborted) break;
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    return { id: request.id, status: 0, body: new TextEncoder().encode(reason) };
  }

  private async fetchPackument({ url, cache: use }: NpmRequest): Promise<{ status: number; body: Uint8Array }> {
    const cache = await this.cache;
    const known = await cache?.match(url);
    if (known && use !== REVALIDATE) return { status: 200, body: await bytesOf(known) };
    if (use === ONLY) return { status: NOT_CACHED, body: new Uint8Array(0) };
    const tag = known?.headers.get('etag');
    // The whole document: npm's lockfile has fields (licence) that the abbreviated one lacks, and `--before` needs its times.
    const headers: Record<string, string> = { accept: 'application/json' };
    if (tag) headers['if-none-match'] = tag;
    const response = await fetch(url, { headers, cache: 'no-store', credentials: 'omit', signal: this.cancel.signal });
    if (known && response.status === 304) return { status: 200, body: await bytesOf(known) };
    const body = await bytesOf(response);
    if (response.ok && response.headers.get('etag')) await this.keep(url, body, { etag: response.headers.get('etag')! });
    return { status: response.status, body };
  }

  private async fetchTarball({ url, integrity, cache: use }: NpmRequest): Promise<{ status: number; body: Uint8Array }> {
    const cache = await this.cache;
    const key = integrity && `${TARBALL_KEY}${encodeURIComponent(integrity)}`;
    if (key && use !== RELOAD) {
      const known = await cache?.match(key);
      if (known) return { status: 200, body: await bytesOf(known) };
    }
    if (use === ONLY) return { status: NOT_CACHED, body: new Uint8Array(0) };
    const response = await fetch(url, { cache: use === RELOAD ? 'reload' : 'default', credentials: 'omit', signal: this.cancel.signal });
    const body = await bytesOf(response);
    if (key && response.ok) await this.keep(key, body, {});
    return { status: response.status, body };
  }

  /** The cache may be full or forbidden: then nothing is kept, which costs only time. */
  private async keep(key: string, body: Uint8Array, headers: Record<string, string>): Promise<void> {
    const cache = await this.cache;
    await cache?.put(key, new Response(body as Uint8Array<ArrayBuffer>, { headers })).catch(() => {});
  }
}

/** Null where the browser gives no cache (private windows of some). */
async function openCache(): Promise<Cache | null> {
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    return null;
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

function parseIndex(index: string): PackEntry[] {
  const parts = index.split('\0');
  const entries: PackEntry[] = [];
  for (let at = 0; at + 4 < parts.length; at += 4) {
    entries.push({ mode: Number(parts[at]), offset: Number(parts[at + 1]), length: Number(parts[at + 2]), path: parts[at + 3]! });
  }
  return entries;
}
