/**
 * A context of `node:vm`: an object as the global of scripts.
 *
 * A worker has one realm, so intrinsics are shared between contexts; names are not. What is looked up, declared and assigned where follows
 * the interceptors of Node's `node_contextify.cc`: the *sandbox* (the program's object) comes first, then the context's own *inner*
 * global, which holds the language's globals. How a script comes to see them is in `wosix-core/src/module/sandbox.rs`.
 */

/** Taken before `rememberProxies`: Node has no proxies here, and inspection would look through them. */
const EngineProxy = Proxy;

/** What a fresh context has. */
const INTRINSICS = [
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean', 'String', 'Symbol', 'Date',
  'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
  'JSON', 'Math', 'Intl', 'ArrayBuffer', 'Atomics', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array',
  'BigUint64Array', 'BigInt64Array', 'Uint8ClampedArray', 'Float32Array', 'Float64Array', 'DataView', 'Map', 'BigInt', 'Set', 'Iterator',
  'WeakMap', 'WeakSet', 'Proxy', 'Reflect', 'FinalizationRegistry', 'WeakRef', 'decodeURI', 'decodeURIComponent', 'encodeURI',
  'encodeURIComponent', 'escape', 'unescape', 'isFinite', 'isNaN', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack',
  'Float16Array', 'SharedArrayBuffer', 'WebAssembly',
];

/** A variable of `let`, `const` or `class` at the top level of a script. */
export interface Lexical {
  read(): unknown;
  /** Missing for constants. */
  write?: ((value: unknown) => void) | undefined;
}

/** Top-level lexical variables, which all scripts of a global scope share and which are not properties of it. */
export class LexicalScope {
  readonly variables = new Map<string, Lexical>();
  readonly #functionsAndVariables = new Set<string>();

  /** ECMA-262 GlobalDeclarationInstantiation: throws a SyntaxError for a name that is taken. */
  check(names: Iterable<string>, lexicals: readonly (readonly [string, ...unknown[]])[]): void {
    for (const [name] of lexicals) {
      if (this.variables.has(name) || this.#functionsAndVariables.has(name)) throw new SyntaxError(`Identifier '${name}' has already been declared`);
    }
    for (const name of names) {
      if (this.variables.has(name)) throw new SyntaxError(`Identifier '${name}' has already been declared`);
      this.#functionsAndVariables.add(name);
    }
  }
}

/** What may become code in a context (`codeGeneration`). */
export interface CodeGeneration {
  strings: boolean;
  wasm: boolean;
}

/** Compiles and runs a script of the context, given by its text. */
export type Evaluate = (context: VmContext, source: string) => unknown;

export class VmContext {
  /** The global object as the context's own code sees it. */
  readonly global: object;
  /** What scripts run `with`: claims every name, so that nothing of the worker's global object shows through. */
  readonly scope: object;
  /** The same for `typeof`, which a name that nobody declared does not hurt. */
  readonly lenient: object;
  readonly lexical = new LexicalScope();
  /** The context's indirect `eval`. */
  readonly eval: (code: unknown) => unknown;
  /** While a script starts, its own functions are not looked up here: it hands them out. */
  #starting = false;
  readonly #inner: Record<PropertyKey, unknown> = Object.create(null);

  constructor(readonly sandbox: any, allow: CodeGeneration, evaluate: Evaluate) {
    const generate = (source: string) => {
      if (!allow.strings) throw new EvalError('Code generation from strings disallowed for this context');
      return evaluate(this, source);
    };
    this.eval = Object.defineProperty((code: unknown) => (typeof code === 'string' ? generate(code) : code), 'name', { value: 'eval' });
    this.global = this.#createGlobal();
    this.scope = this.#createScope(allow.strings);
    this.lenient = new EngineProxy(Object.create(null), {
      get: (_target, key) => this.lexical.variables.get(key as string)?.read() ?? this.#get(key),
      set: (_target, key, value) => this.#set(key, value, true),
    });
    for (const name of INTRINSICS) {
      if (name in globalThis) this.#define(name, (globalThis as any)[name]);
    }
    this.#define('globalThis', this.global);
    this.#define('console', mute(console));
    this.#define('eval', this.eval);
    this.#define('Function', contextFunction(generate));
    if (!allow.wasm) this.#define('WebAssembly', withoutCompiling(WebAssembly));
  }

  /** What a script calls first: `ºdeclare`. */
  readonly declare = (
    variables: readonly string[],
    functions: readonly (readonly [string, Function])[],
    lexicals: readonly (readonly [string, () => unknown, ((value: unknown) => void)?])[],
  ): void => {
    this.#starting = false;
    this.lexical.check([...variables, ...functions.map(([name]) => name)], lexicals);
    for (const [name, read, write] of lexicals) this.lexical.variables.set(name, { read, write });
    for (const name of variables) {
      if (!this.#has(name)) Object.defineProperty(this.#inner, name, { value: undefined, writable: true, enumerable: true, configurable: true });
    }
    for (const [name, value] of functions) this.#set(name, value, true);
  };

  /** Runs `start`, which evaluates a script's text within {@link scope}; until it calls {@link started} or `ºdeclare`, `eval` is the engine's. */
  run<T>(start: () => T): T {
    this.#starting = true;
    try {
      return start();
    } finally {
      this.#starting = false;
    }
  }

  readonly started = (declares: boolean): void => {
    this.#starting = declares;
  };

  /** `this` in a sloppy function: the engine gives the worker's global object where Node gives the context's. */
  readonly thisOf = (value: unknown): unknown => (value === globalThis || value === this.scope ? this.global : value);

  /** An assignment in strict code. */
  readonly checkAssignment = (name: string, value: unknown): unknown => {
    if (findDescriptor(this.sandbox, name)?.writable === false) {
      throw new TypeError(`Cannot assign to read only property '${name}' of object '#<Object>'`);
    }
    if (!this.lexical.variables.has(name) && !this.#has(name)) throw new ReferenceError(`${name} is not defined`);
    return value;
  };

  #define(name: string, value: unknown): void {
    Object.defineProperty(this.#inner, name, { value, writable: true, enumerable: false, configurable: true });
  }

  #has(key: PropertyKey): boolean {
    return key in this.sandbox || key in this.#inner;
  }

  #get(key: PropertyKey): unknown {
    if (!(key in this.sandbox)) return this.#inner[key];
    const value = this.sandbox[key];
    return value === this.sandbox ? this.global : value;
  }

  /** `PropertySetter`; `contextual` tells `x = 1` from `globalThis.x = 1`. */
  #set(key: PropertyKey, value: unknown, contextual: boolean): boolean {
    const declared = findDescriptor(this.sandbox, key) ?? findDescriptor(this.#inner, key);
    // As in Node, a read-only property is left alone; only strict code outside a `with` hears of it.
    if (declared !== undefined && 'value' in declared && declared.writable === false) return contextual;
    return Reflect.set(this.sandbox, key, value);
  }

  #createScope(allowStrings: boolean): object {
    return new EngineProxy(Object.create(null), {
      has: (_target, key) => {
        if (typeof key !== 'string' || key.startsWith('º') || this.#starting) return false;
        // A direct `eval` must be the engine's.
        return key !== 'eval' || !allowStrings;
      },
      get: (_target, key) => {
        if (key === Symbol.unscopables) return undefined;
        const lexical = this.lexical.variables.get(key as string);
        if (lexical !== undefined) return lexical.read();
        if (!this.#has(key)) throw new ReferenceError(`${String(key)} is not defined`);
        return this.#get(key);
      },
      set: (_target, key, value) => {
        const lexical = this.lexical.variables.get(key as string);
        if (lexical === undefined) return this.#set(key, value, true);
        if (lexical.write === undefined) throw new TypeError('Assignment to constant variable.');
        lexical.write(value);
        return true;
      },
      deleteProperty: (_target, key) => !this.lexical.variables.has(key as string) && Reflect.deleteProperty(this.global, key),
    });
  }

  /** The target is the sandbox, so that the proxy's invariants hold for what is fixed there. */
  #createGlobal(): object {
    const inner = this.#inner;
    return new EngineProxy(this.sandbox as object, {
      has: (_target, key) => this.#has(key),
      get: (_target, key) => this.#get(key),
      set: (_target, key, value) => this.#set(key, value, false),
      getOwnPropertyDescriptor(target, key) {
        const own = Reflect.getOwnPropertyDescriptor(target, key);
        return own ?? (Reflect.isExtensible(target) ? Reflect.getOwnPropertyDescriptor(inner, key) : undefined);
      },
      deleteProperty: (target, key) => Reflect.deleteProperty(target, key) && Reflect.deleteProperty(inner, key),
      ownKeys(target) {
        const keys = Reflect.ownKeys(target);
        return Reflect.isExtensible(target) ? [...new Set([...keys, ...Reflect.ownKeys(inner)])] : keys;
      },
    });
  }
}

/** A property's descriptor, own or inherited. */
function findDescriptor(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let level: object | null = object; level !== null; level = Object.getPrototypeOf(level)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(level, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

/** `Function` for code of a context: what it makes sees the context's globals. */
function contextFunction(generate: (source: string) => unknown): Function {
  const make = (parameters: unknown[]) => {
    const body = parameters.length > 0 ? `${parameters.at(-1)}` : '';
    return generate(`(function anonymous(${parameters.slice(0, -1).join(',')}\n) {\n${body}\n})`) as Function;
  };
  return new EngineProxy(Function, {
    apply: (_target, _this, parameters) => make(parameters),
    construct: (_target, parameters) => make(parameters),
  });
}

/** The console of a context: V8's own, which writes to an inspector only. */
function mute(full: Console): object {
  const methods = Object.keys(full).filter((name) => typeof (full as any)[name] === 'function');
  return Object.defineProperty(Object.fromEntries(methods.map((name) => [name, { [name]() {} }[name]])), Symbol.toStringTag, { value: 'console', configurable: true });
}

/** `WebAssembly` that compiles nothing. */
function withoutCompiling(api: typeof WebAssembly): object {
  const refuse = (what: string) => {
    throw new api.CompileError(`WebAssembly.${what}: Wasm code generation disallowed by embedder`);
  };
  const limited = Object.create(api, { Module: { value: function Module() { refuse('Module()'); }, writable: true, configurable: true } });
  for (const name of ['compile', 'instantiate'] as const) {
    Object.defineProperty(limited, name, { value: async (...parameters: unknown[]) => (
      name === 'instantiate' && parameters[0] instanceof api.Module ? (api.instantiate as Function)(...parameters) : refuse(`${name}()`)
    ), writable: true, configurable: true });
  }
  return limited;
}
