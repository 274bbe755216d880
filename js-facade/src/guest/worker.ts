/**
 * What every process worker has in common: it instantiates the kernel over the shared memory, warms its runtime up,
 * waits for a process to run, runs it, and tells the host when it is done.
 */

import type { Syscalls, ThreadBlock } from './syscalls';

/** First message of the host to a fresh worker. */
export interface InitMessage {
  type: 'init';
  kernel: WebAssembly.Module;
  memory: WebAssembly.Memory;
  block: ThreadBlock;
  /** Web Lock that the worker takes for life; granted to the host = the worker is dead. */
  lock: string;
  /** Absolute URL, ending in `/`, of the folder with the built files. */
  assets: string;
  /** Already compiled modules, by file name without extension (`programs`, `codecs`, ...). */
  modules: Record<string, WebAssembly.Module>;
  /** Seeds and settings of the container. */
  settings: ContainerSettings;
  /** It is to run a thread of a process, not its first. */
  thread: boolean;
  /** Full version of Node, in a worker for Node. */
  node?: string;
}

export interface ContainerSettings {
  /** Registry that `npm` uses unless the user's configuration says otherwise (absolute URL, trailing slash). */
  registry: string;
  /** npm's own default registry, whose host in tarball URLs is replaced by `registry` (npm's `replace-registry-host`). */
  defaultRegistry: string;
}

/** Tells a warm worker to become process `pid`, or the thread of it with this number. */
export interface RunMessage { type: 'run'; pid: number; thread: number }

/** What a worker asked for by `fetch`. */
export interface AttachmentMessage { type: 'attachment'; key: string; value: unknown }

/** The answer to `ask-node`. */
export interface NodeVersionMessage { type: 'node'; version: string }

/** What the host says to a worker. */
export type GuestMessage = InitMessage | RunMessage | AttachmentMessage | NodeVersionMessage;

/** From the worker to the host. */
export type WorkerMessage =
  | { type: 'ready' }
  /** The process is over and this worker may run another one (only runtimes that leave nothing behind). */
  | { type: 'idle' }
  /** The process is over and this worker wants to be terminated. */
  | { type: 'done' }
  /** Keeps something for other threads of the process, which no bytes can tell: see `host/attachments.ts`. */
  | { type: 'attach'; key: string; value: unknown; count: number }
  /** Takes it, or (`release`) does not need it. */
  | { type: 'fetch'; key: string }
  | { type: 'release'; key: string }
  /** Which Node would run if the process started it now? */
  | { type: 'ask-node' }
  /** How far the process is. */
  | { type: 'progress'; progress: Progress }
  | { type: 'panic'; message: string }
  /** A module that this worker had to load and compile: the next ones shall have it from the start. */
  | { type: 'module'; name: string; module: WebAssembly.Module }
  /** The runtime itself broke (not the guest program). */
  | { type: 'broken'; message: string };

/** How far a long-running program is, for those who show it elsewhere than on its terminal. */
export interface Progress {
  /** What runs, as `npm`. */
  program: string;
  /** What it is doing now: `npm` resolves (counting packuments), fetches (tarballs), installs (packages), and is done. */
  phase: 'resolve' | 'fetch' | 'install' | 'done';
  /** Of `total`, which may still grow. */
  done: number;
  total: number;
}

export interface RuntimeContext {
  assets: string;
  modules: Record<string, WebAssembly.Module>;
  settings: ContainerSettings;
  /** The worker is to run threads of processes. */
  thread: boolean;
  /** Full version of Node, in a worker for Node. */
  node?: string;
  /** What goes from thread to thread beside messages. */
  attachments: Attachments;
  /** Hands the host a module that was not in `modules`, for the workers to come. */
  compiled(name: string, module: WebAssembly.Module): void;
  /** Full version of the Node that the process would get if it started one. */
  askNode(): Promise<string>;
  /** Tells the page how far the process is. */
  progress(progress: Progress): void;
}

/**
 * Things that only the browser can hand to another worker (shared memory, compiled modules), kept by the host under a key
 * until `count` threads have fetched or released them.
 */
export interface Attachments {
  attach(key: string, value: unknown, count: number): void;
  release(key: string): void;
  /** Calls `arrived` in a task of its own. */
  fetch(key: string, arrived: (value: unknown) => void): void;
}

/** One way to run processes. */
export interface Runtime {
  /** Work that needs no process yet; the worker is `ready` when it resolves. */
  warm(context: RuntimeContext): void | Promise<void>;
  /** Runs the process of `sys` until it ends by `sys.exit` (which throws `ProcessExit` through here). */
  run(sys: Syscalls): void | Promise<void>;
  /** Whether another process may run in the same worker afterwards. */
  reusable: boolean;
}
