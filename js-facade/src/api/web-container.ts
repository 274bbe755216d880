/** `WebContainer`: boots a container in this page and is its handle. */

import type { Progress } from '../guest/worker';
import { FileSystem } from './file-system';
import { HostWorker } from './host-worker';
import { requireIsolation } from './isolation';
import { requireNode } from './node-version';
import { isPreviewMessage, type PreviewMessageListener } from './preview-message';
import { PortClosedError, PreviewRelays } from './preview-relay';
import { Processes, textProcess, type RawProcess, type RawSpawnOptions } from './process';
import type { BootResult, ExportEntry, HostEvents, HostMethods, HostOptions, LazyEntry } from './protocol';
import { RpcClient } from './rpc';
import { DEFAULT_REGISTRY, configuration } from './configuration';
import { encodeMessagePack, parseSnapshot } from './snapshot';
import { checkTree, withoutPrototypes } from './tree';
import { writeZip } from './zip';
import type {
  BootOptions, CodeListener, ErrorListener, ExportOptions, FileSystemAPI, FileSystemTree, LoadFilesOptions, OpenListener, PortListener,
  PreviewScriptOptions, ServerReadyListener, SpawnOptions, Unsubscribe, WebContainerProcess,
} from './types';

interface Listeners {
  port: PortListener;
  'server-ready': ServerReadyListener;
  'preview-message': PreviewMessageListener;
  error: ErrorListener;
  'xdg-open': OpenListener;
  code: CodeListener;
}

/** One container a page; the next may boot when this one is torn down. */
let current: WebContainer | null = null;
/** Boots go one after the other. */
let booting: Promise<unknown> = Promise.resolve();
let apiKeyConfigurable = true;
let fixedCoep: BootOptions['coep'];

const DEFAULT_TERMINAL = { cols: 80, rows: 24 };

/** A booted container: its files, its processes, its previews. The members are those of the WebContainer API; {@link Extensions} has the rest. */
export class WebContainer {
  readonly fs: FileSystemAPI;
  /** What goes beyond the WebContainer API. */
  readonly wosix: Extensions;
  private readonly processes: Processes;
  private readonly relays: PreviewRelays;
  private readonly listeners: { [E in keyof Listeners]: Set<Listeners[E]> } = {
    port: new Set(), 'server-ready': new Set(), 'preview-message': new Set(), error: new Set(), 'xdg-open': new Set(), code: new Set(),
  };
  private tornDown = false;

  private constructor(
    private readonly host: RpcClient<HostMethods, HostEvents>,
    private readonly worker: HostWorker,
    private readonly options: HostOptions,
    private readonly booted: BootResult,
    bootMs: number,
  ) {
    this.processes = new Processes(host);
    this.fs = new FileSystem(host, (message) => this.emit('error', { message }));
    const { id, scheme, host: previewHost } = options.preview;
    this.relays = new PreviewRelays(
      (port) => `${scheme}//${id}--${port}.${previewHost}`,
      (port, channel) => host.notify('connectPreview', [port, channel], [channel]),
      (_port, message) => {
        if (isPreviewMessage(message)) this.emit('preview-message', message);
      },
    );
    this.wosix = new Extensions(host, this.processes, bootMs);
    host.on('port', (port, open) => void this.portChanged(port, open));
    host.on('error', (message) => this.emit('error', { message }));
    host.on('panic', (message) => this.lost(message));
  }

  /** Boots a container. Only one can be there at a time. */
  static async boot(options: BootOptions = {}): Promise<WebContainer> {
    const previous = booting;
    let release!: () => void;
    booting = new Promise<void>((resolve) => (release = resolve));
    try {
      await previous;
      if (current) throw new Error('Only a single WebContainer instance can be booted');
      current = await start(options, (...parts) => new WebContainer(...parts));
      return current;
    } finally {
      release();
    }
  }

  /** Merges a tree into the working directory, or into `mountPoint` below it. */
  async mount(snapshotOrTree: FileSystemTree | Uint8Array | ArrayBuffer, options?: LoadFilesOptions): Promise<void> {
    let tree: unknown = snapshotOrTree;
    if (snapshotOrTree instanceof ArrayBuffer) tree = parseSnapshot(new Uint8Array(snapshotOrTree));
    else if (snapshotOrTree instanceof Uint8Array) tree = parseSnapshot(snapshotOrTree);
    checkTree(tree);
    await this.host.call('mount', [tree, options?.mountPoint ?? '.']);
  }

  spawn(command: string, args: string[], options?: SpawnOptions): Promise<WebContainerProcess>;
  spawn(command: string, options?: SpawnOptions): Promise<WebContainerProcess>;
  async spawn(command: string, argsOrOptions?: string[] | SpawnOptions, maybeOptions?: SpawnOptions): Promise<WebContainerProcess> {
    const [args, options = {}] = Array.isArray(argsOrOptions) ? [argsOrOptions, maybeOptions] : [[], argsOrOptions];
    const pipes = options.stdout || options.stderr;
    const raw = await this.processes.spawnRaw(command, args, {
      cwd: options.cwd,
      env: options.env,
      terminal: pipes ? undefined : options.terminal ?? DEFAULT_TERMINAL,
      wanted: pipes ? { stdout: options.stdout === true, stderr: options.stderr === true } : { stdout: options.output !== false, stderr: false },
    });
    return textProcess(raw, options);
  }

  export(path: string): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions & { format?: 'json' }): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions): Promise<Uint8Array>;
  async export(path: string, { format = 'json', includes = [], excludes = [] }: ExportOptions = {}): Promise<any> {
    const tree = await this.host.call('exportTree', [path, includes, excludes]);
    switch (format) {
      case 'json': return withoutPrototypes(tree);
      case 'binary': return encodeMessagePack(tree);
      case 'zip': return writeZip(tree);
      default: throw new TypeError(`unknown export format '${format}'`);
    }
  }

  on(event: 'port', listener: PortListener): Unsubscribe;
  on(event: 'server-ready', listener: ServerReadyListener): Unsubscribe;
  on(event: 'preview-message', listener: PreviewMessageListener): Unsubscribe;
  on(event: 'error', listener: ErrorListener): Unsubscribe;
  on(event: 'xdg-open', listener: OpenListener): Unsubscribe;
  on(event: 'code', listener: CodeListener): Unsubscribe;
  on<E extends keyof Listeners>(event: E, listener: Listeners[E]): Unsubscribe {
    this.listeners[event].add(listener);
    return () => void this.listeners[event].delete(listener);
  }

  /** Puts a script into the HTML responses of previews from now on. */
  async setPreviewScript(scriptSrc: string, options: PreviewScriptOptions = {}): Promise<void> {
    await this.host.call('setPreviewScript', [scriptSrc, options.type, options.defer ?? false, options.async ?? false]);
  }

  /** The default `PATH` of processes. */
  get path(): string {
    return this.booted.path;
  }

  /** Absolute path of the working directory. */
  get workdir(): string {
    return this.booted.workdir;
  }

  /** Ends all processes and frees everything. */
  teardown(): void {
    if (this.tornDown) throw new Error('WebContainer already torn down');
    this.end(new Error('WebContainer was torn down'));
  }

  private end(reason: Error): void {
    this.tornDown = true;
    const { worker } = this;
    // The host ends its workers itself: left to the browser, busy ones would outlive the container.
    const stopped = this.host.call('teardown', []).catch(() => {}).then(() => {
      this.host.close(reason);
      worker.terminate();
    });
    booting = booting.then(() => stopped);
    this.processes.failAll(reason);
    this.relays.close();
    if (current === this) current = null;
  }

  /** The kernel is poisoned: tell the page, and make room for a new container. */
  private lost(message: string): void {
    if (this.tornDown) return;
    this.end(new Error(`the container is lost: ${message}`));
    this.emit('error', { message: `the container is lost: ${message}` });
  }

  private async portChanged(port: number, open: boolean): Promise<void> {
    const url = this.relays.url(port);
    this.emit('port', port, open ? 'open' : 'close', url);
    if (!open) return this.relays.closed(port);
    // A preview's address is known from these events alone: where nobody hears them, as in `wosix exec`, no frame is made.
    if (this.listeners.port.size === 0 && this.listeners['server-ready'].size === 0) return;
    try {
      await this.relays.open(port);
      if (!this.tornDown) this.emit('server-ready', port, url);
    } catch (error) {
      if (error instanceof PortClosedError || this.tornDown) return;
      this.emit('error', { message: `no preview of port ${port}: ${(error as Error).message}` });
    }
  }

  private emit<E extends keyof Listeners>(event: E, ...args: Parameters<Listeners[E]>): void {
    for (const listener of [...this.listeners[event]]) {
      try {
        (listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        // A listener's failure is the page's own; it must not keep the other listeners from hearing.
        reportError(error);
      }
    }
  }
}

/** Hears how far the process `pid` is. */
export type ProgressListener = (progress: Progress, pid: number) => void;

/** `container.wosix`: beyond the WebContainer API. */
export class Extensions {
  private readonly progressListeners = new Set<ProgressListener>();

  constructor(private readonly host: RpcClient<HostMethods, HostEvents>, private readonly processes: Processes, readonly bootMs: number) {
    host.on('progress', (pid, progress) => {
      for (const listener of [...this.progressListeners]) {
        try {
          listener(progress, pid);
        } catch (error) {
          reportError(error);
        }
      }
    });
  }

  /** Hears how far long-running programs (`npm`) are, whatever their terminals show. */
  on(_event: 'progress', listener: ProgressListener): Unsubscribe {
    this.progressListeners.add(listener);
    return () => void this.progressListeners.delete(listener);
  }

  /** Bytes of the kernel's shared memory. */
  memoryUsage(): Promise<{ used: number; total: number }> {
    return this.host.call('memoryUsage', []);
  }

  /** Starts a program with byte streams: on pipes, or on a terminal if its size is given. */
  spawn(command: string, args: string[], options?: RawSpawnOptions): Promise<RawProcess> {
    return this.processes.spawnRaw(command, args, options);
  }

  /** Mounts a tree at an absolute path whose files are fetched from `<base>/<path>` when they are first read. */
  mountLazy(path: string, entries: LazyEntry[], base: string): Promise<void> {
    return this.host.call('mountLazy', [path, entries, new URL(base, location.href).href]);
  }

  /** Everything below a path; absolute paths are taken as they are. */
  listTree(path: string): Promise<ExportEntry[]> {
    return this.host.call('listTree', [path]);
  }

  /** Contents of a file anywhere in the container. */
  readFile(path: string): Promise<Uint8Array> {
    return this.host.call('readAnywhere', [path]);
  }
}

async function start(options: BootOptions, create: (...parts: [RpcClient<HostMethods, HostEvents>, HostWorker, HostOptions, BootResult, number]) => WebContainer): Promise<WebContainer> {
  const began = performance.now();
  apiKeyConfigurable = false;
  const { workdirName } = options;
  const node = options.node === undefined ? undefined : requireNode(options.node);
  if (workdirName !== undefined && (workdirName === '' || workdirName === '.' || workdirName === '..' || workdirName.includes('/'))) {
    throw new Error('workdirName should be a valid folder name');
  }
  if (fixedCoep !== undefined && options.coep !== undefined && options.coep !== fixedCoep) {
    console.warn(`coep was fixed as '${fixedCoep}' by the first boot; '${options.coep}' is ignored`);
  }
  fixedCoep ??= options.coep ?? 'require-corp';
  await requireIsolation();
  const { assets, registry, corsProxy, previewHost } = configuration();
  const hostOptions: HostOptions = {
    assets,
    workdirName: workdirName ?? randomName(),
    node,
    registry,
    corsProxy,
    defaultRegistry: DEFAULT_REGISTRY,
    preview: { id: randomName(), scheme: location.protocol, host: previewHost },
    coep: fixedCoep,
    forwardErrors: options.forwardPreviewErrors ?? false,
  };
  const worker = new HostWorker(`${assets}host.js`);
  const { port1, port2 } = new MessageChannel();
  const host = new RpcClient<HostMethods, HostEvents>(port1);
  worker.boot({ type: 'boot', port: port2, options: hostOptions });
  try {
    const booted = await Promise.race([host.call('boot', []), worker.failure]);
    return create(host, worker, hostOptions, booted, performance.now() - began);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** Eight letters and digits; fits a host name and a folder name. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join('');
}

/** There is no service that would want a key; kept for programs that set one. */
export function configureAPIKey(_key: string): void {
  if (!apiKeyConfigurable) throw new Error('`configureAPIKey` must be called before booting the first WebContainer');
}
