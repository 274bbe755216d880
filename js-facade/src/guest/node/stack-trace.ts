/**
 * Stack traces as Node makes them: `node:` names for its own library, real paths and columns for guest code, none of this worker's frames.
 *
 * Chromium has V8's `Error.prepareStackTrace`; in Firefox the engine's text is parsed into the same call sites when `stack` is first read.
 */

import type { BuiltinLoader } from './builtin-loader';
import { CallSite, type Frame } from './call-site';
import type { CompiledSources } from './compiled-sources';

/** Unlike `instanceof`, asks nothing of a proxy. */
const isError: (value: unknown) => value is Error = (Error as any).isError;

/** As many frames as `util.getCallSites` may ask for. */
const MOST_FRAMES = 200;

/** Classes from `Error` down to an error's own. */
const MOST_CONSTRUCTORS = 6;

type Prepare = (error: unknown, trace: unknown[]) => unknown;
/** Node's own callback: `(globalThis, error, trace) → stack`. */
type PrepareCallback = (realm: { Error: { prepareStackTrace: Prepare } }, error: unknown, trace: unknown[]) => unknown;

export class StackTraces {
  /** Whether the engine reports where something was thrown; SpiderMonkey reports where the error was made, constructors and all. */
  readonly reportsThrows = isV8();
  /** Set by `internalBinding('errors').setPrepareStackTraceCallback`. */
  callback: PrepareCallback | undefined;
  private override: unknown;
  /** Whether a trace is being formatted. */
  private formatting = false;
  private default: Prepare | undefined;
  private readonly hooks = new WeakMap<object, Prepare>();
  private readonly originals = new WeakMap<Prepare, unknown>();
  /** Traces that already went through {@link translate}. */
  private readonly translated = new WeakSet<object>();

  constructor(
    private readonly loader: BuiltinLoader,
    private readonly sources: CompiledSources,
    /** URL of this worker's own script. */
    private readonly ownScript: string,
  ) {}

  /**
   * Firefox's own `Error.captureStackTrace` writes the engine's text. Call this before the library takes the function aside; until
   * {@link install} it does what the engine does.
   */
  replaceCapture(): void {
    if (this.reportsThrows) return;
    const engineStack = Object.getOwnPropertyDescriptor(Error.prototype, 'stack')?.get;
    if (!engineStack) return;
    const self = this;
    (Error as any).stackTraceLimit = 10;
    (Error as any).captureStackTrace = function captureStackTrace(target: object, above?: Function) {
      // The engine's limit counts the frames that go; `captured` keeps to it.
      const limit = (Error as any).stackTraceLimit;
      Reflect.set(Error, 'stackTraceLimit', Infinity);
      const text = engineStack.call(new Error()) as string;
      Reflect.set(Error, 'stackTraceLimit', limit);
      Object.defineProperty(target, 'stack', { configurable: true, enumerable: false, writable: true, value: self.default ? self.captured(target, text, above) : text });
    };
  }

  private captured(target: object, text: string, above: Function | undefined): unknown {
    const limit: unknown = (Error as any).stackTraceLimit;
    let sites = this.parse(text);
    if (above?.name) {
      const index = sites.findIndex((site) => site.getFunctionName()?.split('.').pop() === above.name);
      if (index >= 0) sites = sites.slice(index + 1);
    }
    return this.format(target, sites.slice(0, typeof limit === 'number' ? limit : 0));
  }

  /** Puts the interception in place; call it once Node's library has set `Error.prepareStackTrace`. */
  install(): void {
    this.default = (Error as any).prepareStackTrace as Prepare;
    this.override = this.default;
    const hookOf = (value: unknown): unknown => {
      if (typeof value !== 'function') return value;
      let hook = this.hooks.get(value);
      if (!hook) {
        const prepare = value as Prepare;
        hook = function prepareStackTrace(error: unknown, trace: unknown[]) {
          return self.prepare(prepare, error, trace);
        };
        this.hooks.set(value, hook);
        this.originals.set(hook, value);
      }
      return hook;
    };
    const self = this;
    Object.defineProperty(Error, 'prepareStackTrace', {
      configurable: true,
      enumerable: false,
      // The engine reads this property too, so it has to lead through the translation whoever set it. Without any, Node's default runs.
      get: () => hookOf(typeof this.override === 'function' ? this.override : this.default),
      set: (value: unknown) => {
        this.override = typeof value === 'function' ? (this.originals.get(value as Prepare) ?? value) : value;
      },
    });
    if (!this.reportsThrows) this.installParsedStacks();
  }

  /** Frames of the caller, for `util.getCallSites` and the like. */
  capture(skip: Function): CallSite[] {
    const { override: previous, formatting } = this;
    let sites: CallSite[] = [];
    this.formatting = false;
    this.override = (_error: unknown, trace: CallSite[]) => {
      sites = trace;
      return '';
    };
    // The program's limit is for its errors.
    const limit = Error.stackTraceLimit;
    Reflect.set(Error, 'stackTraceLimit', MOST_FRAMES);
    try {
      const holder: { stack?: unknown } = {};
      Error.captureStackTrace(holder, skip);
      void holder.stack;
    } finally {
      Reflect.set(Error, 'stackTraceLimit', limit);
      this.override = previous;
      this.formatting = formatting;
    }
    return sites;
  }

  /** A position that the engine gave, in Node's terms. `undefined` when it is in this worker's own code. */
  position(file: string, line: number, column: number): { file: string; line: number; column: number } | undefined {
    if (file === this.ownScript) return undefined;
    const builtin = this.loader.locate(file, line);
    if (builtin) return { file: `node:${builtin.id}`, line: builtin.line, column };
    return this.sources.position(file, line, column);
  }

  private prepare(prepare: Prepare, error: unknown, trace: unknown[]): unknown {
    if (!Array.isArray(trace) || this.translated.has(trace)) return prepare(error, trace);
    const sites = this.translate(trace as any[]);
    return this.callback ? this.callback({ Error: { prepareStackTrace: prepare } }, error, sites) : prepare(error, sites);
  }

  private translate(trace: NodeJS.CallSite[]): CallSite[] {
    const sites: CallSite[] = [];
    for (const raw of trace) {
      const frame = this.frameOf(raw);
      if (frame) sites.push(new CallSite(frame));
    }
    this.translated.add(sites);
    return sites;
  }

  private frameOf(raw: any): Frame | undefined {
    let file: string | null = raw.getFileName() ?? raw.getScriptNameOrSourceURL() ?? null;
    let line: number | null = raw.getLineNumber();
    let column: number | null = raw.getColumnNumber();
    let functionName: string | null = raw.getFunctionName();
    let isEval: boolean = raw.isEval();
    let typeName: string | null = raw.getTypeName();
    let isToplevel: boolean = raw.isToplevel();
    if (file === this.ownScript) return undefined;
    // Steps of those generators, and the `eval` that compiles guest code.
    if (file === null && (functionName === 'next' || functionName === 'eval')) return undefined;
    if (file !== null && line !== null) {
      const builtin = this.loader.locate(file, line);
      if (builtin) {
        file = `node:${builtin.id}`;
        line = builtin.line;
        // The wrapper that the build put around it has the builtin's id for its name.
        if (functionName === builtin.id) {
          functionName = null;
          isToplevel = true;
        }
        // Code out of Node's snapshot has lost the names that V8 infers for `a.b = function () {}`.
        const method: string | null = raw.getMethodName();
        if (functionName?.includes('.') && (!method || functionName.endsWith(`.${method}`))) functionName = null;
        // The build made generators of these, which the loop steps (scripts/node-lib/edits.mjs).
        if (functionName === 'processTicksAndRejections' || functionName === 'processTimers' || functionName === 'processImmediate') {
          isToplevel = false;
          typeName = 'process';
        }
      } else if (this.sources.has(file)) {
        ({ file, line, column } = this.sources.position(file, line, column ?? 1));
        // All guest code is compiled by `eval`, which is what V8 calls an anonymous function in it.
        if (functionName === 'eval') functionName = null;
        isEval = false;
      }
      // Node's V8 leaves the receiver of a private method out.
      if (functionName?.startsWith('#')) typeName = null;
    }
    // As that of an accessor.
    if (functionName !== null && /^[gs]et /.test(functionName)) typeName = null;
    return {
      functionName,
      typeName,
      methodName: raw.getMethodName(),
      file,
      line,
      column,
      isConstructor: raw.isConstructor(),
      isAsync: raw.isAsync(),
      isToplevel,
      isNative: raw.isNative(),
      isEval,
      evalOrigin: raw.getEvalOrigin(),
      isPromiseAll: raw.isPromiseAll(),
      promiseIndex: raw.getPromiseIndex(),
      getThis: () => undefined,
      getFunction: () => raw.getFunction(),
    };
  }

  /** Where `stack` is inherited, gives an error one of its own, by which Node's library tells errors. */
  materialize(error: unknown): void {
    if (!isError(error) || Object.hasOwn(error, 'stack')) return;
    Object.defineProperty(error, 'stack', { configurable: true, enumerable: false, writable: true, value: error.stack });
  }

  // --- engines without structured traces --------------------------------------------------------------

  private installParsedStacks(): void {
    const engineStack = Object.getOwnPropertyDescriptor(Error.prototype, 'stack')?.get;
    if (!engineStack) return;
    const self = this;
    const known = new WeakMap<object, unknown>();
    const stackOf = function (this: object): unknown {
      if (!(this instanceof Error)) return undefined;
      if (known.has(this)) return known.get(this);
      const text = engineStack.call(this);
      const value = typeof text === 'string' ? self.format(this, withoutConstructors(this, self.parse(text))) : text;
      known.set(this, value);
      return value;
    };
    Object.defineProperty(Error.prototype, 'stack', {
      configurable: true,
      enumerable: false,
      get: stackOf,
      set(this: object, value: unknown) {
        Object.defineProperty(this, 'stack', { configurable: true, enumerable: false, writable: true, value });
      },
    });
  }

  private format(error: object, sites: CallSite[]): unknown {
    this.translated.add(sites);
    // V8 asks no program's callback for traces of errors that are made in that callback.
    const prepare = typeof this.override === 'function' && !this.formatting ? (this.override as Prepare) : this.default!;
    const nested = this.formatting;
    this.formatting = true;
    try {
      return this.prepare(prepare, error, sites) ?? this.callback?.({ Error: { prepareStackTrace: prepare } }, error, sites);
    } finally {
      this.formatting = nested;
    }
  }

  /** SpiderMonkey's `name@file:line:column` lines; `async*` marks what an `await` continued, `/<` an inner function. */
  private parse(text: string): CallSite[] {
    const sites: CallSite[] = [];
    for (const row of text.split('\n')) {
      const match = /^(.*?)@(.*?)(?: line \d+ > (?:eval|Function))*(?::(\d+):(\d+))$/.exec(row);
      if (!match) continue;
      const [, rawName, rawFile, rawLine, rawColumn] = match as unknown as [string, string, string, string, string];
      const position = this.position(rawFile, Number(rawLine), Number(rawColumn));
      if (!position) continue;
      const isAsync = /^(?:async|promise callback)\*/.test(rawName);
      const named = rawName.replace(/^(?:async|promise callback|setTimeout handler)\*/, '').replace(/(?:\/|<)+$/, '').split('/').pop() || null;
      const name = named && (METHOD_NAMES[named] ?? named);
      let functionName = name?.replace('.prototype.', '.') ?? null;
      if (position.file.startsWith('node:') && position.file.endsWith(`/${name}`)) functionName = null;
      sites.push(new CallSite({
        functionName,
        typeName: null,
        methodName: null,
        ...position,
        isConstructor: false,
        isAsync,
        isToplevel: true,
        isNative: false,
        isEval: false,
        evalOrigin: undefined,
        isPromiseAll: false,
        promiseIndex: null,
        getThis: () => undefined,
        getFunction: () => undefined,
      }));
    }
    return sites;
  }
}

/** A trace begins where the error was made, not in the constructors of its class: V8 leaves out all up to the function of `new`. */
function withoutConstructors(error: Error, sites: CallSite[]): CallSite[] {
  const made: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(error) ?? {}, 'constructor')?.value;
  const name = typeof made === 'function' ? made.name : '';
  // The library's errors pass for those of the class below.
  const isConstructor = (site: CallSite) =>
    site.getFunctionName() === (site.getFileName() === 'node:internal/errors' ? 'NodeError' : name || undefined);
  // Only names are told: further down one of the same name is somebody else's.
  return sites.slice(sites.slice(0, MOST_CONSTRUCTORS).findIndex(isConstructor) + 1);
}

/** Names that SpiderMonkey gives to functions of the library that are under most traces, and V8's for them. */
const METHOD_NAMES: Record<string, string> = {
  'Module._extensions[".js"]': 'Object..js',
  'Module._extensions[".json"]': 'Object..json',
  executeUserEntryPoint: 'Module.executeUserEntryPoint [as runMain]',
  processTicksAndRejections: 'process.processTicksAndRejections',
};

/** Whether the engine offers structured stack traces. */
function isV8(): boolean {
  const previous = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  let structured = false;
  Object.defineProperty(Error, 'prepareStackTrace', {
    configurable: true,
    value: () => {
      structured = true;
      return '';
    },
  });
  void new Error().stack;
  if (previous) Object.defineProperty(Error, 'prepareStackTrace', previous);
  return structured;
}
