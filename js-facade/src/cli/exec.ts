/** `wosix exec`: one command in a container in a headless browser. */

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { constants as osConstants } from 'node:os';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { launchBrowser } from './browser';
import { EXPORT, STDERR, STDIN, STDOUT, Window, frame, type StartMessage, type ToCommandLine, type ToPage } from './channel';
import { TreeWriter, listFolder, serveFile } from './host-tree';
import { MemorySampler } from './memory';
import type { ExecOptions } from './options';
import { openPersistence } from './persist';
import { findRegistry } from './registry';
import { StaticFiles, startServer, type Route } from './server';
import { fileURLToPath } from 'node:url';

const DIST = path.dirname(fileURLToPath(import.meta.url));
const WORKDIR_NAME = 'project';
const EXIT_TIMEOUT = 124;
/** What the page of `wosix exec` runs, as stack traces name it. */
const PAGE_SCRIPT = 'exec-page.js';
/** Variables of the user's environment that tell programs how to print. */
const PASSED_ON = ['TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'CI', 'LANG', 'TZ'];

/** Runs the command; answers its exit code, or 124 when the time is up. */
export async function exec(options: ExecOptions): Promise<number> {
  const registry = await findRegistry(options.registry);
  const persistence = options.persist === undefined ? null : await openPersistence(options.persist);
  const mounts = [...(persistence ? [{ hostDir: persistence.folder, path: '/home' }] : []), ...options.mounts.map((mount) => ({ ...mount, hostDir: path.resolve(mount.hostDir) }))];
  const exports = [...options.exports, ...(persistence ? [{ path: '/home', hostDir: persistence.next }] : [])];
  const trees = await Promise.all(mounts.map(({ hostDir }) => listFolder(hostDir)));

  // The page and its files are for our browser only, not for others on this machine that can reach the port.
  const secret = `/exec/${randomBytes(16).toString('hex')}/`;
  const files = new StaticFiles();
  const route: Route = async (request, response, rest) => {
    const mount = /^mount\/(\d+)\/(.+)$/.exec(rest);
    if (mount && mounts[Number(mount[1])]) await serveFile(mounts[Number(mount[1])].hostDir, mount[2], request, response);
    else if (rest === 'page') await files.serve(request, response, path.join(DIST, 'pages/exec.html'), DIST);
    else response.writeHead(404).end();
  };
  const server = await startServer({ registry, anyPort: true, routes: { [secret]: route } });
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const start: StartMessage = {
    type: 'start',
    argv: options.argv,
    env: Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]!]]))),
    workdirName: WORKDIR_NAME,
    node: options.node,
    registry: `${server.origin}/-/registry/`,
    mounts: mounts.map(({ path }, i) => ({ path, entries: trees[i], base: `mount/${i}` })),
    exports: exports.map(({ path }) => path),
    terminal: terminal ? { cols: process.stdout.columns, rows: process.stdout.rows } : undefined,
  };
  const sockets = new WebSocketServer({ server: server.http, path: `${secret}socket`, maxPayload: 0 });
  const session = new Session(start, exports.map(({ path: from, hostDir }) => new TreeWriter(path.resolve(hostDir), path.posix.basename(from))));
  sockets.on('connection', (socket) => session.connect(socket));

  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<Result>((resolve) => {
    if (options.timeoutSeconds !== undefined) timer = setTimeout(() => resolve({ code: EXIT_TIMEOUT, stats: session.stats }), options.timeoutSeconds * 1000);
  });
  const browser = await launchBrowser(options.browser);
  const sampler = options.jsonStats === undefined ? null : new MemorySampler(browser.pid);
  try {
    if (options.verbose) browser.page.on('console', (message) => process.stderr.write(`[browser] ${message.type()}: ${message.text()}\n`));
    browser.page.on('pageerror', (error) => {
      // Firefox reports rejections in workers here too, even those that a program handled.
      if (options.browser === 'firefox' && !(error instanceof Error && error.stack?.includes(PAGE_SCRIPT))) return;
      session.fail(new Error(`the page failed: ${error instanceof Error ? error.message : error}`));
    });
    browser.browser.on('disconnected', () => session.fail(new Error('the browser went away')));
    // Firefox answers `goto` late while the page is busy; what counts comes over the socket.
    browser.page.goto(`${server.origin}${secret}page`).catch((error) => session.fail(error));
    const result = await Promise.race([session.result, timeUp]);
    if (result.code === EXIT_TIMEOUT && result.stats.exitMs === undefined) process.stderr.write(`wosix: timed out after ${options.timeoutSeconds} s\n`);
    else await persistence?.commit();
    if (options.jsonStats !== undefined) {
      const peak = await sampler!.stop();
      await writeFile(options.jsonStats, `${JSON.stringify({ ...result.stats, peakMemoryBytes: peak || session.kernelMemory })}\n`);
    }
    return result.code;
  } finally {
    clearTimeout(timer);
    session.close();
    await browser.close();
    sockets.close();
    await server.close();
  }
}

interface Stats { bootMs?: number; spawnMs?: number; exitMs?: number }
interface Result { code: number; stats: Stats }

/** One run, from the command line's side. */
class Session {
  readonly result: Promise<Result>;
  readonly stats: Stats = {};
  kernelMemory = 0;
  fail!: (error: Error) => void;
  private settle!: (result: Result) => void;
  private socket: WebSocket | null = null;
  private readonly stdin = new Window();
  /** Output streams that nobody reads any more. */
  private readonly broken = new Set<number>();
  private code = 0;
  private exporting = -1;
  /** Messages are handled one after the other: exports write files. */
  private work: Promise<void> = Promise.resolve();
  private readonly cleanups: (() => void)[] = [];

  constructor(private readonly start: StartMessage, private readonly exports: TreeWriter[]) {
    this.result = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
    // Whoever waits for it may come later than the failure.
    this.result.catch(() => {});
  }

  connect(socket: WebSocket): void {
    if (this.socket) return socket.close();
    this.socket = socket;
    socket.on('message', (data: RawData, binary: boolean) => {
      const bytes = data as Buffer;
      this.work = this.work.then(() => (binary ? this.onFrame(bytes) : this.onMessage(JSON.parse(bytes.toString()) as ToCommandLine))).catch(this.fail);
    });
    socket.on('close', () => this.fail(new Error('the page went away')));
    this.send(this.start);
    // Each failed write is told to its caller, and then as an event that would end this program.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    this.forwardInput();
    this.forwardSignals();
  }

  close(): void {
    for (const cleanup of this.cleanups.splice(0)) cleanup();
  }

  private send(message: ToPage): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private async onMessage(message: ToCommandLine): Promise<void> {
    switch (message.type) {
      case 'hello': return;
      case 'booted':
        this.stats.bootMs = message.milliseconds;
        return;
      case 'spawned':
        this.stats.spawnMs = message.milliseconds;
        return;
      case 'exit':
        this.code = message.code;
        this.stats.exitMs = message.milliseconds;
        this.kernelMemory = message.memory;
        return;
      case 'acknowledge': return this.stdin.acknowledge(message.bytes);
      case 'export':
        this.exporting = message.index;
        return this.exports[message.index].entry(message.entry);
      case 'exported':
        for (const writer of this.exports) await writer.finish();
        return this.settle({ code: this.code, stats: this.stats });
      case 'warning':
        process.stderr.write(`wosix: ${message.message}\n`);
        return;
      case 'failed': throw new Error(message.message);
    }
  }

  private async onFrame(data: Buffer): Promise<void> {
    const stream = data[0];
    const bytes = data.subarray(1);
    if (stream === EXPORT) await this.exports[this.exporting].contents(bytes);
    else if (!this.broken.has(stream) && !(await write(stream === STDERR ? process.stderr : process.stdout, bytes))) {
      // Our reader went away (`| head`): the command's pipe breaks, too.
      this.broken.add(stream);
      this.send({ type: 'close-output', stream });
    }
    this.send({ type: 'acknowledge', stream: stream === EXPORT ? EXPORT : stream === STDERR ? STDERR : STDOUT, bytes: bytes.length });
  }

  private forwardInput(): void {
    const { stdin } = process;
    const raw = this.start.terminal !== undefined;
    if (raw) stdin.setRawMode(true);
    const pump = async () => {
      for await (const chunk of stdin) {
        await this.stdin.reserve(chunk.length);
        if (this.socket?.readyState === 1) this.socket.send(frame(STDIN, chunk));
      }
      this.send({ type: 'stdin-end' });
    };
    pump().catch((error: NodeJS.ErrnoException) => {
      // Started without a standard input, or from a terminal's background: that is an empty input.
      if (error.code === 'EIO' || error.code === 'EBADF' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') this.send({ type: 'stdin-end' });
      else this.fail(error);
    });
    this.cleanups.push(() => {
      if (raw) stdin.setRawMode(false);
      stdin.destroy();
    });
  }

  private forwardSignals(): void {
    const on = (event: NodeJS.Signals, listener: () => void) => {
      process.on(event, listener);
      this.cleanups.push(() => process.off(event, listener));
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) on(name, () => this.send({ type: 'signal', signal: osConstants.signals[name] }));
    if (this.start.terminal) on('SIGWINCH', () => this.send({ type: 'resize', cols: process.stdout.columns, rows: process.stdout.rows }));
  }
}

/** Resolves when the stream has taken the bytes: false if it has no reader any more. */
function write(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error);
      else resolve(!error);
    });
  });
}
