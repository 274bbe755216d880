/**
 * `/headless`: what the unmodified `@webcontainer/api` boots in a hidden frame. That client speaks Comlink 4.3.0 over the MessagePort sent to it
 * here; its calls are those of {@link Instance}.
 */

import * as Comlink from 'comlink';
import { encodeJson } from '../api/snapshot';
import type { ServedSettings } from '../cli/server';
import { WebContainer, configure, type BootOptions, type FSWatchOptions, type RawProcess } from '../index';

/** A callback of the client: a call of it is a message. */
type Remote<A extends unknown[]> = ((...args: A) => Promise<void>) & { [Comlink.releaseProxy](): void };
type ByteListener = Remote<[chunk: Uint8Array | null]>;

interface BuildOptions { host: string; version: string; workdirName?: string; forwardPreviewErrors?: BootOptions['forwardPreviewErrors'] }
interface RunOptions {
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string | number | boolean>;
  terminal?: { cols: number; rows: number };
}
interface SerializeOptions { format?: 'json' | 'binary' | 'zip'; includes?: string[]; excludes?: string[] }

const DEFAULT_TERMINAL = { cols: 80, rows: 24 };

/** What `wosix serve` was told; nothing where another server hands this page out. */
async function settings(): Promise<ServedSettings> {
  const response = await fetch('/-/settings.json');
  return response.ok ? await response.json() : {};
}

/** The root of the protocol. */
class Server {
  constructor(private readonly coep: BootOptions['coep']) {}

  /** Boots a container; again after the one before was torn down. */
  async build({ workdirName, forwardPreviewErrors }: BuildOptions): Promise<Instance> {
    const { node } = await settings();
    const container = await WebContainer.boot({ workdirName, forwardPreviewErrors, node, coep: this.coep });
    return Comlink.proxy(new Instance(container));
  }
}

class Instance {
  private readonly encoder = new TextEncoder();

  constructor(private readonly container: WebContainer) {}

  fs(): FileSystemEnd {
    return Comlink.proxy(new FileSystemEnd(this.container));
  }

  /** Asked for at boot by every client; version 1.6.4 calls nothing of it. */
  previewScript(): object {
    return Comlink.proxy({});
  }

  runtimeInfo(): { path: string; cwd: string } {
    return { path: this.container.path, cwd: this.container.workdir };
  }

  /** A listener that is given gets bytes, then null. Without `stdout` and `stderr` the process has a terminal. */
  async run(options: RunOptions, stdout?: ByteListener, stderr?: ByteListener, output?: ByteListener): Promise<object> {
    const pipes = stdout !== undefined || stderr !== undefined;
    const process = await this.container.wosix.spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      terminal: pipes ? undefined : options.terminal ?? DEFAULT_TERMINAL,
      wanted: pipes
        ? { stdout: stdout !== undefined || output !== undefined, stderr: stderr !== undefined || output !== undefined }
        : { stdout: output !== undefined, stderr: false },
    });
    const merged = output && countedEnd(output, pipes ? 2 : 1);
    forward(process.stdout, [stdout, merged]);
    if (pipes) forward(process.stderr, [stderr, merged]);
    return Comlink.proxy(this.processEnd(process));
  }

  async serialize(path: string, { format = 'json', includes, excludes }: SerializeOptions): Promise<Uint8Array> {
    const bytes = format === 'json'
      ? encodeJson(await this.container.export(path, { includes, excludes }))
      : await this.container.export(path, { format, includes, excludes });
    return Comlink.transfer(bytes, [bytes.buffer as ArrayBuffer]);
  }

  async loadFiles(snapshot: Uint8Array, { mountPoints }: { mountPoints?: string } = {}): Promise<void> {
    await this.container.mount(snapshot, { mountPoint: mountPoints });
  }

  on(event: Parameters<WebContainer['on']>[0], listener: Remote<any[]>): () => void {
    // The overloads differ in the listener's type only.
    const stop = this.container.on(event as 'port', (...args: unknown[]) => void listener(...args));
    return Comlink.proxy(() => {
      stop();
      listener[Comlink.releaseProxy]();
    });
  }

  async setPreviewScript(...args: Parameters<WebContainer['setPreviewScript']>): Promise<void> {
    await this.container.setPreviewScript(...args);
  }

  /** There is no account that the credentials could belong to. */
  setCredentials(): void {}

  teardown(): void {
    this.container.teardown();
  }

  private processEnd(process: RawProcess): object {
    const writer = process.stdin.getWriter();
    return {
      // What is written to a process that has ended goes nowhere.
      write: (text: string) => writer.write(this.encoder.encode(text)).catch(() => {}),
      kill: () => process.kill(),
      resize: (size: { cols: number; rows: number }) => process.resize(size),
      onExit: process.exit,
    };
  }
}

class FileSystemEnd {
  constructor(private readonly container: WebContainer) {}

  async readFile(path: string, encoding?: any): Promise<Uint8Array | string> {
    const contents: Uint8Array | string = await this.container.fs.readFile(path, encoding);
    return typeof contents === 'string' ? contents : Comlink.transfer(contents, [contents.buffer as ArrayBuffer]);
  }

  async readdir(path: string, options?: any): Promise<unknown[]> {
    const entries: any[] = await this.container.fs.readdir(path, options);
    if (!options?.withFileTypes) return entries;
    // The type of Node's Dirent is behind a symbol, which the protocol writes out.
    return entries.map((entry) => ({ name: entry.name, 'Symbol(type)': entry.isDirectory() ? 2 : entry.isFile() ? 1 : 0 }));
  }

  writeFile(...args: Parameters<WebContainer['fs']['writeFile']>): Promise<void> {
    return this.container.fs.writeFile(...args);
  }

  mkdir(path: string, options?: any): Promise<unknown> {
    return this.container.fs.mkdir(path, options);
  }

  rm(...args: Parameters<WebContainer['fs']['rm']>): Promise<void> {
    return this.container.fs.rm(...args);
  }

  rename(from: string, to: string): Promise<void> {
    return this.container.fs.rename(from, to);
  }

  watch(path: string, options: FSWatchOptions, listener: Remote<[event: string, name: string | Uint8Array]>): { close(): void } {
    const watcher = this.container.fs.watch(path, options, (event, name) => void listener(event, name));
    return Comlink.proxy({
      close() {
        watcher.close();
        listener[Comlink.releaseProxy]();
      },
    });
  }
}

/** Passes the stream's chunks on as they come, then null. A copy each for more than one listener. */
function forward(stream: ReadableStream<Uint8Array>, listeners: (ByteListener | undefined)[]): void {
  const present = listeners.filter((listener) => listener !== undefined);
  const toAll = (chunk: Uint8Array | null) => present.forEach((listener, i) => {
    const own = chunk && (i === present.length - 1 ? chunk : chunk.slice());
    void listener(own && Comlink.transfer(own, [own.buffer as ArrayBuffer]));
  });
  // An aborted stream is the end of the container; nothing more comes.
  stream.pipeTo(new WritableStream({ write: toAll, close: () => toAll(null) })).catch(() => {});
}

/** A listener for `count` streams: it hears one end, the last. */
function countedEnd(listener: ByteListener, count: number): ByteListener {
  const counted = async (chunk: Uint8Array | null) => {
    if (chunk === null && --count > 0) return;
    await listener(chunk);
  };
  return Object.assign(counted, { [Comlink.releaseProxy]: () => listener[Comlink.releaseProxy]() }) as ByteListener;
}

const coep = new URL(location.href).searchParams.get('coep');
configure({ registry: '/-/registry/' });
const { port1, port2 } = new MessageChannel();
Comlink.expose(new Server(coep === 'credentialless' || coep === 'none' ? coep : 'require-corp'), port1);
if (parent !== window) parent.postMessage({ type: 'init' }, '*', [port2]);
