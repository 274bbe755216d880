/** What a binding gets to work with, and the conventions all of them keep. */

import type { Syscalls } from '../syscalls';
import type { RuntimeContext } from '../worker';

/**
 * A binding is one file in `bindings/`, named as Node names it, that exports `create`. It is called once, lazily, at the first
 * `internalBinding(name)`; `env.sys` is set only once a process runs, so bindings read it inside functions, never at creation.
 */
export type BindingFactory = (env: Environment) => Record<string, unknown>;

export interface Environment {
  /** System calls of the process; unset while the worker warms up. */
  sys: Syscalls;
  readonly context: RuntimeContext;
  readonly loop: EventLoop;
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
  /** A compiled module of ours by name (`codecs`, `transpile`), instantiated once a worker; loads it synchronously if it is not there yet. */
  wasm(name: string): WebAssembly.Exports;
  /** Constants that were read off the real Node at build time: `constants.fs.O_RDONLY`, ... (whole `internalBinding('constants')`), plus errno maps. */
  readonly constants: any;
  /**
   * Calls into JavaScript from "native" code: runs `fn`, reports an exception as uncaught, then lets nextTicks run.
   * Use it for every callback that Node would make by `MakeCallback`, from inside a turn of the loop.
   */
  makeCallback(thisArg: unknown, fn: Function, ...args: unknown[]): unknown;
  /** Raises an exception as the C++ side of Node does for uncaught ones (`process.on('uncaughtException')`, exit code 1 or 7). */
  fatalException(error: unknown): void;
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
}
