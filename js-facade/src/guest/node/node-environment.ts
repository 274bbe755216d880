/** The {@link Environment} of a worker: everything that one Node process shares. */

import { KernelPanic, ProcessExit, type Syscalls } from '../syscalls';
import { SIGPIPE } from '../linux';
import type { RuntimeContext } from '../worker';
import { AsyncWrap } from './async-wrap';
import { bindings } from './bindings/index';
import { resetTerminal } from './bindings/tty_wrap';
import { types } from './bindings/types';
import { BuiltinLoader } from './builtin-loader';
import { parseCommandLine, type CommandLine } from './command-line';
import { CompiledSources } from './compiled-sources';
import { continuationFrame, setContinuationFrame } from './continuation-frame';
import type { Environment, HostGlobals } from './environment';
import { Loop } from './event-loop';
import { FatalExceptions } from './fatal-exception';
import { GuardedCaller, type Thrown } from './guarded-call';
import type { Drain } from './microtasks';
import type { NodeData } from './node-data';
import { Permissions } from './permission';
import type { PromiseStates } from './promise-states';
import { createPrivateSymbols, PRIVATE_SYMBOLS, SYMBOLS } from './private-symbols';
import { ScriptCompiler } from './script-compiler';
import { StackTraces } from './stack-trace';
import type { OwnThread } from './threads';
import { AMARO, createAmaro } from './typescript';
import { previewIterator } from './iterator-preview';

const LEGACY_TYPES = [
  'isArrayBuffer', 'isAsyncFunction', 'isDate', 'isExternal', 'isMap', 'isMapIterator', 'isNativeError', 'isPromise', 'isRegExp', 'isSet',
  'isSetIterator', 'isAnyArrayBuffer',
];

export class NodeEnvironment implements Environment {
  sys!: Syscalls;
  thread: OwnThread | undefined;
  commandLine: CommandLine;
  startTime: number;
  createDeserialized: ((info: string) => any) | undefined;
  readonly primordials: Record<string, any> = {};
  readonly perContext = {} as Environment['perContext'];
  readonly privateSymbols = createPrivateSymbols(PRIVATE_SYMBOLS);
  readonly perIsolateSymbols: Record<string, symbol> = Object.fromEntries(SYMBOLS.map((name) => [name, Symbol(name)]));
  readonly process: any;
  readonly loop: Loop;
  readonly loader: BuiltinLoader;
  readonly sources = new CompiledSources();
  readonly compiler: ScriptCompiler;
  readonly stacks: StackTraces;
  readonly fatal: FatalExceptions;
  readonly permissions = new Permissions(this);
  readonly constants: any;
  readonly promiseStates: PromiseStates = new WeakMap();
  readonly legacyTypes: Record<string, unknown>;
  readonly guard: GuardedCaller;
  private readonly runCallbacks: (() => void)[] = [];
  private readonly permissionCallbacks: (() => void)[] = [];
  private readonly created = new Map<string, any>();
  private readonly instances = new Map<string, WebAssembly.Exports>();
  private libraryBinding: ((name: string) => any) | undefined;
  private libraryRequire: ((id: string) => any) | undefined;
  private placing: ((place: { line: number; column: number }) => void) | undefined;

  constructor(readonly context: RuntimeContext, readonly host: HostGlobals, readonly data: NodeData, drain: Drain, folder: string, ownScript: string) {
    // Before the guard's own listener, which would take what is only to be placed for an exception.
    host.addEventListener('error', (event: ErrorEvent) => {
      if (!this.placing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.placing({ line: event.lineno, column: event.colno });
    });
    this.startTime = host.performance.now();
    this.constants = data.bindings.constants;
    this.commandLine = parseCommandLine(data, [], {});
    this.loader = new BuiltinLoader(folder, data, host.importScripts);
    this.loader.substitute(AMARO, () => createAmaro(this));
    // `require('inspector')` throws in a Node without one. Tools load it only to ask whether someone debugs them, so it loads, and what it cannot do throws.
    this.loader.showBindings('inspector', (name, binding) => (name === 'config' ? { ...binding, hasInspector: true } : binding));
    this.stacks = new StackTraces(this.loader, this.sources, ownScript);
    this.compiler = new ScriptCompiler(this);
    this.process = createProcessObject(data, this.privateSymbols.exit_info_private_symbol!);
    this.guard = new GuardedCaller(host);
    this.fatal = new FatalExceptions(this, this.stacks, this.sources, this.loader, (code) => this.exit(code));
    this.loop = new Loop(host, () => this.sys, this.guard, drain, (thrown: Thrown) => this.fatal.trigger(thrown));
    this.legacyTypes = Object.fromEntries(LEGACY_TYPES.map((name) => [name, types[name]]));
  }

  internalBinding(name: string): any {
    return this.libraryBinding ? this.libraryBinding(name) : this.createBinding(name);
  }

  requireBuiltin(id: string): any {
    return this.libraryRequire!(id);
  }

  setInternalLoaders(internalBinding: (name: string) => any, requireBuiltin: (id: string) => any): void {
    this.libraryBinding = internalBinding;
    this.libraryRequire = requireBuiltin;
  }

  /** What Node's realm script asks for; it remembers the answers. */
  createBinding(name: string): any {
    let binding = this.created.get(name);
    if (!binding) {
      const factory = bindings[name];
      if (!factory) throw Object.assign(new Error(`No such binding: ${name}`), { code: 'ERR_INVALID_MODULE' });
      binding = factory(this);
      this.created.set(name, binding);
    }
    return binding;
  }

  wasm(name: string, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
    let exports = this.instances.get(name);
    if (!exports) {
      const module = this.context.modules[name] ?? this.loadModule(name);
      exports = new WebAssembly.Instance(module, imports).exports;
      this.instances.set(name, exports);
    }
    return exports;
  }

  /** Synchronously, in the middle of guest code: a worker may do that. */
  private loadModule(name: string): WebAssembly.Module {
    const request = new this.host.XMLHttpRequest();
    request.open('GET', `${this.context.assets}${name}.wasm`, false);
    request.responseType = 'arraybuffer';
    request.send();
    if (request.status !== 200) throw new Error(`${name}.wasm could not be loaded: HTTP ${request.status}`);
    // The browser has no other word for it.
    if (request.response === null) throw new RangeError(`${name}.wasm could not be loaded: out of memory`);
    const module = new WebAssembly.Module(request.response as ArrayBuffer);
    this.context.compiled(name, module);
    return module;
  }

  makeCallback(thisArg: unknown, fn: Function, ...args: unknown[]): unknown {
    let result: unknown;
    const outer = continuationFrame();
    const thrown = this.guard.call(() => {
      const call = () => Reflect.apply(fn, thisArg, args);
      result = thisArg instanceof AsyncWrap ? thisArg.runInScope(call) : call();
    });
    if (thrown) {
      // The handlers still run in the scope of the callback; the library empties the stack of async ids when they took the exception.
      this.fatal.trigger(thrown);
      setContinuationFrame(outer);
    }
    return result;
  }

  fatalException(error: unknown): void {
    this.fatal.trigger({ error });
  }

  exit(code: number): never {
    if (this.sys.threadId === 0) resetTerminal(this.sys);
    // Thrown through guest frames: a `finally` there may run, but the kernel does not let the process in any more. Blocking here instead
    // would keep the worker alive for two seconds in Chromium, which does not terminate one that sleeps any sooner.
    return this.sys.exit(this.sys.threadId === 0 ? code & 0xff : code);
  }

  replace(file: string, args: string[], variables: string[]): number {
    // libuv opens everything so that it is closed here; only what the process was given stays.
    for (const { fd } of this.loop.resources.handles as Iterable<{ fd?: number }>) if (fd !== undefined && fd > 2) this.sys.cloexec(fd, true);
    for (let fd = 0; fd <= 2; fd++) this.sys.cloexec(fd, false);
    // Node ignores SIGPIPE; its successor must not inherit that.
    this.sys.sigaction(SIGPIPE, 0);
    resetTerminal(this.sys);
    return this.sys.exec(file, args, variables);
  }

  onRun(callback: () => void): void {
    this.runCallbacks.push(callback);
  }

  onPermissions(callback: () => void): void {
    if (this.permissions.enabled) callback();
    else this.permissionCallbacks.push(callback);
  }

  /** The command line is known. */
  beginPermissions(): void {
    this.permissions.begin();
    if (this.permissions.enabled) for (const callback of this.permissionCallbacks) callback();
  }

  /** The worker becomes a process. */
  begin(sys: Syscalls): void {
    this.sys = sys;
    this.startTime = this.host.performance.now();
    // Timers of the main script count from here, not from when the worker was warmed up.
    this.loop.updateTime();
    for (const callback of this.runCallbacks) callback();
  }

  isInternalRejection(reason: unknown): boolean {
    return reason instanceof ProcessExit || reason instanceof KernelPanic;
  }

  placeOf(error: Error): { line: number; column: number } | undefined {
    let place: { line: number; column: number } | undefined;
    const { lineNumber, columnNumber } = error as { lineNumber?: number; columnNumber?: number };
    if (typeof lineNumber === 'number' && typeof columnNumber === 'number') return { line: lineNumber, column: columnNumber };
    this.placing = (found) => {
      place = found;
    };
    try {
      this.host.reportError(error);
    } finally {
      this.placing = undefined;
    }
    return place && place.line > 0 ? place : undefined;
  }

  iteratorPreview(iterator: object): { entries: unknown[]; isKeyValue: boolean } {
    return previewIterator(iterator);
  }
}

/** An object whose prototype's constructor is named `process`, as inspection shows it. */
function createProcessObject(data: NodeData, exitInfo: symbol): any {
  // Made from text: a bundler would give the function another name, which V8 shows.
  const process = new (new Function('return function process() {}')())();
  const readOnly = (name: string, value: unknown) => Object.defineProperty(process, name, { enumerable: true, configurable: true, writable: false, value });
  const versions: Record<string, string> = { ...data.versions, webcontainer: `wosix ${WOSIX_VERSION}` };
  readOnly('version', data.version);
  // Programs add to it (Electron's own `electron`); what is there stays.
  for (const name of Object.keys(versions)) Object.defineProperty(versions, name, { writable: false });
  readOnly('versions', versions);
  readOnly('arch', 'x64');
  readOnly('platform', 'linux');
  readOnly('release', data.release);
  process[exitInfo] = new Int32Array(3);
  process.env = {};
  process.argv = ['node'];
  process.execArgv = [];
  process.execPath = '/usr/local/bin/node';
  process.pid = 0;
  process.title = 'node';
  process.debugPort = 9229;
  return process;
}
