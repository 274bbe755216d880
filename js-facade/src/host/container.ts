/**
 * The kernel's worker: boots the kernel, performs its effects and serves the page. It never blocks: everything it waits for bumps its wake
 * word, and then {@link Container.turn} looks at all of it.
 */

import type { BootResult, HostEvents, HostMethods, HostOptions } from '../api/protocol';
import { DEFAULT_NODE } from '../api/node-version';
import { RpcServer, Transfer } from '../api/rpc';
import { codecsOf } from '../guest/codecs';
import { createHostCalls } from '../guest/kernel';
import { PROGRAM_NAMES } from '../guest/native/program-names';
import { KernelPanic, type Effect, type HostCalls } from '../guest/syscalls';
import { Files, type Target } from './files';
import { Gateway } from './gateway';
import { LazyFiles } from './lazy-files';
import { SIGPIPE } from './linux';
import { createSharedMemory } from './memory';
import { compileModule } from './modules';
import { NodeChoice } from './node-choice';
import { Poller } from './poller';
import { Previews } from './previews';
import { Processes, resolveInside } from './processes';
import { Trees } from './trees';
import { Watches } from './watches';
import { WorkerPool } from './worker-pool';

const PATH = '/bin:/usr/bin:/usr/local/bin';
/** Modules that every worker may need; compiled once, before the first process. */
const MODULES = ['programs', 'codecs'];

/** Programs of the native module, and where they are registered. */
const PROGRAMS = PROGRAM_NAMES.map((name) => ({ path: `/bin/${name}`, runtime: 'native', name }));

export class Container implements HostMethods {
  private readonly server: RpcServer<HostEvents>;
  private readonly workdir: string;
  private calls!: HostCalls;
  private poller!: Poller;
  private pool!: WorkerPool;
  private nodes!: NodeChoice;
  /** Processes that wait for the choice of their Node. */
  private readonly undecided = new Set<number>();
  private processes!: Processes;
  private lazy!: LazyFiles;
  private files!: Files;
  private trees!: Trees;
  private watches!: Watches;
  private previews!: Previews;
  private gateway!: Gateway;
  private running = false;

  constructor(port: MessagePort, private readonly options: HostOptions) {
    this.workdir = `/home/${options.workdirName}`;
    this.server = new RpcServer<HostEvents>(port, this, () => this.turn(), (error) => this.reportError(error));
  }

  // --- life ------------------------------------------------------------------------------------------

  async boot(): Promise<BootResult> {
    const { assets, registry, defaultRegistry, workdirName, corsProxy, node } = this.options;
    const [kernel, ...compiled] = await Promise.all(['kernel', ...MODULES].map((name) => compileModule(assets, name)));
    const modules = Object.fromEntries(MODULES.map((name, i) => [name, compiled[i]]));
    const memory = createSharedMemory();
    const seed = crypto.getRandomValues(new Uint8Array(32));
    this.calls = await createHostCalls(kernel, memory, { seed, workdirName, programs: PROGRAMS });
    this.calls.sigaction(SIGPIPE, 1);
    this.poller = new Poller(this.calls);
    this.pool = new WorkerPool({
      calls: this.calls,
      assets,
      lockPrefix: `wosix-${crypto.randomUUID()}`,
      init: { kernel, memory, modules, settings: { registry, defaultRegistry } },
      nodeOf: (pid) => this.nodes.of(pid),
      onProgress: (pid, progress) => this.server.emit('progress', [pid, progress]),
      onPanic: (message) => this.panic(message),
      onError: (message) => this.reportError(message),
    }, node ?? DEFAULT_NODE);
    this.pool.prewarm();
    this.lazy = new LazyFiles(this.calls, () => this.performEffects(), (message) => this.reportError(message));
    this.files = new Files(this.calls, this.lazy);
    this.nodes = new NodeChoice(this.calls, this.files, assets, node, (message) => console.warn(`wosix: ${message}`));
    this.trees = new Trees(this.calls, this.files, this.lazy);
    this.watches = new Watches(this.calls, this.poller, (id, kind, name) => this.server.emit('watch', [id, kind, name]));
    const codecs = codecsOf(new WebAssembly.Instance(modules.codecs, {}).exports);
    this.previews = new Previews(this.calls, this.poller, codecs, this.options);
    this.gateway = new Gateway(this.calls, this.poller, codecs, corsProxy, (message) => this.reportError(message));
    this.processes = new Processes(this.calls, this.poller, this.lazy, this.workdir, { PATH, HOME: '/home', SHELL: '/bin/jsh', PWD: this.workdir }, {
      output: (handle, stream, bytes) => this.server.emit('output', [handle, stream, bytes], [bytes.buffer]),
      outputEnd: (handle, stream) => this.server.emit('outputEnd', [handle, stream]),
      exit: (handle, code) => this.server.emit('exit', [handle, code]),
    });
    this.running = true;
    void this.run();
    return { workdir: this.workdir, path: PATH };
  }

  teardown(): void {
    this.running = false;
    this.pool?.close();
  }

  memoryUsage(): { used: number; total: number } {
    return this.calls.memoryUsage();
  }

  /** A turn for each bump of the wake word, for ever. */
  private async run(): Promise<void> {
    const { view, index } = this.calls.wakeWord;
    while (this.running) {
      const seen = Atomics.load(view, index);
      this.turn();
      const wait = Atomics.waitAsync(view, index, seen);
      if (wait.async) await wait.value;
    }
  }

  /** Looks at everything that may have happened in the kernel. */
  private turn(): void {
    if (!this.running) return;
    try {
      this.performEffects();
      this.processes.reap();
      this.poller.poll();
      // What was just read or reaped may have queued more.
      this.performEffects();
    } catch (error) {
      if (error instanceof KernelPanic || error instanceof WebAssembly.RuntimeError) this.panic(error.message);
      else this.reportError(error);
    }
  }

  private performEffects(): void {
    for (let effect = this.calls.nextEffect(); effect; effect = this.calls.nextEffect()) this.perform(effect);
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case 'exec': {
        this.nodes.started(effect.pid, effect.maker);
        if (effect.runtime !== 'node') return this.pool.run(effect.pid, effect.runtime);
        return this.runNode(effect.pid);
      }
      case 'terminate': {
        this.undecided.delete(effect.pid);
        return this.pool.terminate(effect.pid);
      }
      case 'thread': return this.pool.runThread(effect.pid, effect.thread, this.nodes.known(effect.pid)!);
      case 'terminate-thread': return this.pool.terminateThread(effect.pid, effect.thread);
      case 'connect': return this.gateway.connect(effect.fd, effect.host, effect.port);
      case 'load': return this.lazy.load(effect.token);
      case 'port': {
        this.previews.portChanged(effect.port, effect.open);
        this.server.emit('port', [effect.port, effect.open]);
      }
    }
  }

  /** Gives the process to a worker for its version of Node, which may depend on files that have to be fetched first. */
  private runNode(pid: number): void {
    const run = (version: string) => {
      this.nodes.settle(pid, version);
      this.pool.runNode(pid, version);
    };
    const known = this.nodes.known(pid);
    if (known !== undefined) return run(known);
    this.undecided.add(pid);
    const decide = async () => {
      const version = await this.nodes.of(pid);
      // It may have been killed meanwhile.
      if (this.running && this.undecided.delete(pid)) run(version);
    };
    decide().catch((error) => this.reportError(error));
  }

  /** Warms workers up for the Node that the project in the working directory wants. */
  private expectNode(): void {
    this.nodes.inFolder(this.workdir).then((version) => {
      if (this.running) this.pool.expectNode(version);
    }).catch((error) => this.reportError(error));
  }

  private panic(message: string): void {
    if (!this.running) return;
    this.teardown();
    this.server.emit('panic', [message]);
  }

  private reportError(error: unknown): void {
    this.server.emit('error', [error instanceof Error ? error.message : String(error)]);
  }

  // --- files -----------------------------------------------------------------------------------------

  /** A path of the public API. */
  private target(path: string): Target {
    return { path: resolveInside(this.workdir, path), name: path };
  }

  /** A path of the command line: absolute ones are taken as they are. */
  private anywhere(path: string): Target {
    return path.startsWith('/') ? { path: path.replace(/(?<=.)\/+$/, ''), name: path } : this.target(path);
  }

  mount(tree: Parameters<HostMethods['mount']>[0], mountPoint: string): void {
    this.trees.mount(tree, this.target(mountPoint));
    this.expectNode();
  }

  mountLazy(path: string, entries: Parameters<HostMethods['mountLazy']>[1], base: string): void {
    this.trees.mountLazy(this.anywhere(path).path, entries, base);
    this.expectNode();
  }

  async listTree(path: string) {
    return this.trees.list(this.anywhere(path));
  }

  async readFile(path: string): Promise<Transfer<Uint8Array>> {
    const bytes = await this.files.read(this.target(path));
    return new Transfer(bytes, [bytes.buffer]);
  }

  async readAnywhere(path: string): Promise<Transfer<Uint8Array>> {
    const bytes = await this.files.read(this.anywhere(path));
    return new Transfer(bytes, [bytes.buffer]);
  }

  writeFile(path: string, bytes: Uint8Array): void {
    this.files.write(this.target(path), bytes);
  }

  mkdir(path: string, recursive: boolean): string | undefined {
    return this.files.mkdir(this.target(path), recursive);
  }

  rm(path: string, force: boolean, recursive: boolean): void {
    this.files.rm(this.target(path), force, recursive);
  }

  rename(from: string, to: string): void {
    this.files.rename(this.target(from), this.target(to));
  }

  readdir(path: string) {
    return this.files.readdir(this.target(path));
  }

  exportTree(path: string, includes: string[], excludes: string[]) {
    return this.trees.export(this.target(path), includes, excludes);
  }

  watch(id: number, path: string, recursive: boolean): void {
    this.watches.add(id, this.target(path), recursive);
  }

  unwatch(id: number): void {
    this.watches.remove(id);
  }

  // --- processes -------------------------------------------------------------------------------------

  spawn(request: Parameters<HostMethods['spawn']>[0]) {
    return this.processes.spawn(request);
  }

  write(handle: number, bytes: Uint8Array): Promise<void> {
    return this.processes.write(handle, bytes);
  }

  closeInput(handle: number): void {
    this.processes.closeInput(handle);
  }

  acknowledge(...args: Parameters<HostMethods['acknowledge']>): void {
    this.processes.acknowledge(...args);
  }

  closeOutput(...args: Parameters<HostMethods['closeOutput']>): void {
    this.processes.closeOutput(...args);
  }

  signal(handle: number, signal: number): void {
    this.processes.signal(handle, signal);
  }

  kill(handle: number): void {
    this.processes.kill(handle);
  }

  resize(handle: number, cols: number, rows: number): void {
    this.processes.resize(handle, cols, rows);
  }

  // --- previews --------------------------------------------------------------------------------------

  connectPreview(port: number, channel: MessagePort): void {
    this.previews.connect(port, channel);
  }

  setPreviewScript(...args: Parameters<HostMethods['setPreviewScript']>): void {
    this.previews.setScript(...args);
  }
}
