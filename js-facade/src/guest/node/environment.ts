/** What a binding gets to work with, and the conventions all of them keep. */

import type { Syscalls } from '../syscalls';
import type { RuntimeContext } from '../worker';
import type { BuiltinLoader } from './builtin-loader';
import type { CommandLine } from './command-line';
import type { CompiledSources } from './compiled-sources';
import type { Loop } from './event-loop';
import type { FatalExceptions } from './fatal-exception';
import type { NodeData } from './node-data';
import type { Permissions } from './permission';
import type { PromiseStates } from './promise-states';
import type { ScriptCompiler } from './script-compiler';
import type { StackTraces } from './stack-trace';
import type { OwnThread } from './threads';

/**
 * A binding is one file in `bindings/`, named as Node names it, that exports `create`. It is called once, lazily, at the first
 * `internalBinding(name)`; `env.sys` is set only once a process runs, so bindings read it inside functions, never at creation.
 */
export type BindingFactory = (env: Environment) => Record<string, unknown>;

export interface Environment {
  /** System calls of the process; unset while the worker warms up. */
  sys: Syscalls;
  readonly context: RuntimeContext;
  readonly loop: Loop;
  /** The browser's own globals, saved before Node's library replaces them. */
  readonly host: HostGlobals;
  /** Node's `primordials` and private symbols by name. */
  readonly primordials: Record<string, any>;
  readonly privateSymbols: Record<string, symbol>;
  readonly perIsolateSymbols: Record<string, symbol>;
  /** The `process` object. */
  readonly process: any;
  internalBinding(name: string): any;
  /** Node's internal `require`; only after bootstrap. */
  requireBuiltin(id: string): any;
  /**
   * A compiled module of ours by name (`codecs`, `transpile`), instantiated once a worker with its imports, if it has any; loads it
   * synchronously if it is not there yet.
   */
  wasm(name: string, imports?: WebAssembly.Imports): WebAssembly.Exports;
  /** This thread, when it is not its process's first. */
  thread: OwnThread | undefined;
  /** Constants that were read off the real Node at build time: `constants.fs.O_RDONLY`, ... (whole `internalBinding('constants')`), plus errno maps. */
  readonly constants: any;
  /**
   * Calls into JavaScript from "native" code: runs `fn`, reports an exception as uncaught, then lets nextTicks run.
   * Use it for every callback that Node would make by `MakeCallback`, from inside a turn of the loop.
   */
  makeCallback(thisArg: unknown, fn: Function, ...args: unknown[]): unknown;
  /** Raises an exception as the C++ side of Node does for uncaught ones (`process.on('uncaughtException')`, exit code 1 or 7). */
  fatalException(error: unknown): void;

  // --- between the runtime's own files ----------------------------------------------------------------

  /** What the build read off the real Node. */
  readonly data: NodeData;
  readonly loader: BuiltinLoader;
  readonly sources: CompiledSources;
  readonly compiler: ScriptCompiler;
  readonly stacks: StackTraces;
  readonly fatal: FatalExceptions;
  readonly permissions: Permissions;
  /** Options and arguments; the defaults while the worker warms up. */
  readonly commandLine: CommandLine;
  /** When the process began, on the clock of `host.performance.now()`. */
  readonly startTime: number;
  /** What Node's `internal/per_context/*` define. */
  readonly perContext: {
    DOMException: new (message?: string, name?: string) => Error;
    QuotaExceededError?: new (message?: string) => Error;
    emitMessage(this: object, data: unknown, ports: unknown[] | undefined, type: string): void;
  };
  /** Makes an object of the library again out of a message: `messaging.setDeserializerCreateObjectFunction`. */
  createDeserialized: ((info: string) => any) | undefined;
  /** Promises whose settling was seen. */
  readonly promiseStates: PromiseStates;
  /** What `util.types` lends to the legacy names in `internalBinding('util')`. */
  readonly legacyTypes: Record<string, unknown>;
  /** Ends the process at once: nothing of the guest runs any more. */
  exit(code: number): never;
  /** Makes the process another program, which gets the three standard descriptors. Comes back with an error number only. */
  replace(file: string, args: string[], variables: string[]): number;
  /** Runs `callback` when a process begins. */
  onRun(callback: () => void): void;
  /** Runs `callback` if the process turns out to run with the permission model. */
  onPermissions(callback: () => void): void;
  setInternalLoaders(internalBinding: Environment['internalBinding'], requireBuiltin: Environment['requireBuiltin']): void;
  /** Whether a rejection is the runtime's own business ({@link ProcessExit} and the like). */
  isInternalRejection(reason: unknown): boolean;
  /** Line and column (from 1) that the engine knows an error by, if it says. */
  placeOf(error: Error): { line: number; column: number } | undefined;
  /** What is left in a map or set iterator. */
  iteratorPreview(iterator: object): { entries: unknown[]; isKeyValue: boolean };
}

/** Events of a descriptor a handle is interested in (`POLLIN | POLLOUT`). */
export interface Watcher {
  /** Changes the interest; 0 pauses. */
  update(events: number): void;
  /** Removes the watcher. */
  close(): void;
}

/**
 * Node's event loop over one wake word. Every callback given to it runs in a turn of its own: after it nextTicks run, then control goes back to the
 * browser so that microtasks drain, before the next callback.
 */
export interface EventLoop {
  /** Calls `onReady(revents)` in the poll phase whenever `fd` is ready for `events` (level-triggered). Does not keep the loop alive: see `ref`. */
  watch(fd: number, events: number, onReady: (revents: number) => void): Watcher;
  /** Runs `callback` in the poll phase of the next iteration (completed requests such as `fs` ones). Keeps the loop alive until run. */
  enqueue(callback: () => void): void;
  /** Runs `callback` in the close phase (`onclose` of handles). Keeps the loop alive until run. */
  enqueueClose(callback: () => void): void;
  /** Counts one more active, referenced handle or request; the process ends when none is left. */
  ref(): void;
  unref(): void;
  /** Something of the browser's (a promise of fetch, crypto.subtle, ...) is under way: keeps the loop alive, then runs `then`/`fail` in a turn. */
  adopt<T>(promise: Promise<T>, then: (value: T) => void, fail: (error: unknown) => void): void;
  /** Asks for a callback on a caught signal. */
  onSignal(signal: number, callback: (signal: number) => void): { close(): void };
  /** Asks for a callback when the child `pid` has ended. Keeps the loop alive iff the caller `ref`s it. */
  onExit(pid: number, callback: (code: number, signal: number) => void): { close(): void };
  /** Milliseconds since the loop began, updated once an iteration. */
  now(): number;
}

export interface HostGlobals {
  setTimeout: typeof setTimeout;
  clearTimeout: typeof clearTimeout;
  queueMicrotask: typeof queueMicrotask;
  performance: Performance;
  crypto: Crypto;
  fetch: typeof fetch;
  URL: typeof URL;
  TextEncoder: typeof TextEncoder;
  TextDecoder: typeof TextDecoder;
  MessageChannel: typeof MessageChannel;
  MessagePort: typeof MessagePort;
  structuredClone: typeof structuredClone;
  Worker: typeof Worker;
  WebSocket: typeof WebSocket;
  console: Console;
  importScripts(...urls: string[]): void;
  EventTarget: typeof EventTarget;
  Event: typeof Event;
  Blob: typeof Blob;
  BroadcastChannel: typeof BroadcastChannel;
  DOMException: typeof DOMException;
  reportError(error: unknown): void;
  addEventListener(type: string, listener: (event: any) => void): void;
  atob(text: string): string;
  btoa(text: string): string;
  navigator: Navigator;
  URLPattern: unknown;
  XMLHttpRequest: typeof XMLHttpRequest;
  /** Origin of the worker's own URL. */
  origin: string;
  /** URL of the worker's own script. */
  scriptUrl: string;
}
