/** `internalBinding('module_wrap')`: ES modules. Linking and evaluation are in `esm/module-record.ts`. */

import { SourceSyntaxError, Transpiler } from '../../transpile';
import { ignoreRejection } from '../engine-promise';
import type { Environment } from '../environment';
import { LinkError, type ModuleRecord, NotLinked, SourceNotDefined, SourceTextRecord, Status, SyntheticRecord } from '../esm/module-record';
import { compileExpression, importAttributes, lineAt } from '../esm/source';
import { moduleSyntaxError } from '../esm/syntax-error';
import { kFulfilled, kRejected } from '../promise-states';
import { setPathHelpers } from './modules';
import { sourceMapUrl } from '../source-map-url';
import { codedError } from '../uv-errors';
import { createCache, fitsCache } from '../vm/code-cache';
import { contextsOf } from '../vm/scripts';
import { Interruption } from '../vm/watchdog';

type DynamicImport = (referrer: symbol, specifier: string, phase: number, attributes: object, referrerName: string) => Promise<unknown>;
type InitializeImportMeta = (referrer: symbol, meta: object, wrap: unknown) => void;

export function create(env: Environment): Record<string, unknown> {
  let importModuleDynamically: DynamicImport | undefined;
  let initializeImportMeta: InitializeImportMeta | undefined;
  let makeImportMetaResolve: ((url: string) => Function) | undefined;
  const { kSourcePhase, kDeferPhase, kEvaluationPhase } = env.data.bindings.module_wrap;
  // Node 26 leaves `import.meta` of ordinary modules to native code.
  const ownImportMeta = !env.loader.has('internal/modules/esm/initialize_import_meta');
  const hostDefinedOption = env.privateSymbols.host_defined_option_symbol;
  const records = new WeakMap<object, ModuleRecord>();

  /** `import(specifier, options)` from the code that `referrer` names. */
  async function dynamicImport(referrer: symbol, referrerName: string, specifier: unknown, options: unknown, source = false): Promise<unknown> {
    const text = `${specifier}`;
    return importModuleDynamically!(referrer, text, source ? kSourcePhase : kEvaluationPhase, importAttributes(options), referrerName);
  }

  /** `import.meta` of a module from a file or URL (`ModuleWrap::HostInitializeImportMetaObjectCallback`), in the order of its keys. */
  function fillImportMeta(meta: any, { url, isMain }: { url: string; isMain?: boolean }): void {
    if (url.startsWith('file:')) setPathHelpers(env, meta, url);
    meta.main = Boolean(isMain);
    if (makeImportMetaResolve) meta.resolve = makeImportMetaResolve(url);
    meta.url = url;
  }

  class ModuleWrap {
    readonly url: string;
    sourceMapURL: string | undefined;
    sourceURL: string | undefined;
    #requests: readonly object[] = [];

    /**
     * `(url, context, source, lineOffset, columnOffset, idSymbol | cachedData)` or
     * `(url, context, exportNames, evaluationSteps, cjsModule)`.
     */
    constructor(url: string, sandbox: object | undefined, source: string | string[], steps: number | (() => void), column?: unknown, id?: unknown) {
      this.url = url;
      // The library's own loader gives a symbol; `vm.SourceTextModule` a cache.
      const symbol = typeof id === 'symbol' ? id : Symbol(url);
      Object.defineProperty(this, hostDefinedOption, { value: symbol, configurable: true, writable: true });
      if (typeof source !== 'string') {
        const run = steps as () => void;
        records.set(this, new SyntheticRecord(url, source, () => run.call(this)));
        // The CommonJS module whose exports these are, if it is one.
        if (column !== undefined) (this as any)[env.perIsolateSymbols.imported_cjs_symbol!] = column;
        return;
      }
      if (ArrayBuffer.isView(id) && !fitsCache(id, source)) {
        throw codedError('ERR_VM_MODULE_CACHED_DATA_REJECTED', 'cachedData buffer was rejected');
      }
      const transpiler = transpilerOf(env);
      let description;
      try {
        description = transpiler.module(source);
      } catch (error) {
        if (error instanceof SourceSyntaxError) throw moduleSyntaxError(env, error, url, source);
        throw error;
      }
      this.sourceMapURL = sourceMapUrl(source);
      env.sources.add(url, source, 0, 0, 0, description.stretches);
      const wrap = this;
      records.set(this, new SourceTextRecord(url, source, description, {
        compile(code, name) {
          if (typeof id === 'symbol') return compileExpression(env, code, name);
          // A `vm.SourceTextModule`: it may have a context, and its evaluation a time limit.
          const contexts = contextsOf(env);
          return contexts.compile(sandbox && contexts.of(sandbox), `${code}\n//# sourceURL=${name}`, { file: url }, [], true);
        },
        importMeta() {
          const meta = Object.create(null);
          if (ownImportMeta && symbol === env.perIsolateSymbols.source_text_module_default_hdo) fillImportMeta(meta, wrap);
          else initializeImportMeta!(symbol, meta, wrap);
          return meta;
        },
        importDynamically: (specifier, options, source) => dynamicImport(symbol, url, specifier, options, source),
      }));
      this.#requests = Object.freeze(description.requests.map(({ specifier, attributes, source: isSource }) => Object.freeze({
        __proto__: null,
        specifier,
        attributes: Object.freeze(Object.assign(Object.create(null), attributes)),
        phase: isSource ? kSourcePhase : kEvaluationPhase,
      })));
    }

    get #record(): ModuleRecord {
      return records.get(this)!;
    }

    get hasTopLevelAwait(): boolean {
      const record = this.#record;
      return record instanceof SourceTextRecord && record.description.async;
    }

    /** Only when linked. */
    get hasAsyncGraph(): boolean {
      return this.#record.isGraphAsync();
    }

    getModuleRequests(): readonly object[] {
      return this.#requests;
    }

    /** `modules`, an array or something like one, are in the order of the requests. */
    link(modules: ArrayLike<ModuleWrap>): void {
      const record = this.#record;
      if (!(record instanceof SourceTextRecord)) return;
      if (modules.length !== this.#requests.length) {
        throw codedError('ERR_VM_MODULE_LINK_FAILURE', `linking error, expected ${this.#requests.length} modules, got ${modules.length}`);
      }
      const requested = Array.from(modules, (module) => records.get(module)!);
      // The phase does not count: a module and its source belong together.
      const firstOf = new Map<string, number>();
      for (const [index, { specifier, attributes }] of record.description.requests.entries()) {
        const key = JSON.stringify([specifier, attributes]);
        const first = firstOf.get(key);
        if (first === undefined) {
          firstOf.set(key, index);
        } else if (requested[first] !== requested[index]) {
          const message = `Module request '${specifier}' at index ${index} must be linked to the same module requested at index ${first}`;
          throw codedError('ERR_MODULE_LINK_MISMATCH', message, TypeError);
        }
      }
      record.requested = requested;
    }

    instantiate(): void {
      try {
        this.#record.link();
      } catch (error) {
        if (error instanceof NotLinked) throw codedError('ERR_VM_MODULE_LINK_FAILURE', error.message);
        if (error instanceof SourceNotDefined) throw codedError('ERR_SOURCE_PHASE_NOT_DEFINED', error.message, SyntaxError);
        if (!(error instanceof LinkError)) throw error;
        throw this.#decorateLinkError(error);
      }
    }

    /** Puts the arrow and the place in front of the stack, as V8 does for errors at instantiation. */
    #decorateLinkError(error: LinkError): Error {
      const { record, offset } = error;
      const plain = new SyntaxError(error.message);
      const { line, text, column } = lineAt(record.text, offset);
      const length = /^[\w$]+|^\*/.exec(text.slice(column))?.[0].length ?? 1;
      const arrow = `${record.url}:${line}\n${text}\n${' '.repeat(column)}${'^'.repeat(length)}`;
      plain.stack = `${arrow}\n${plain.stack}`;
      Object.defineProperty(plain, env.privateSymbols.arrow_message_private_symbol, { value: arrow, configurable: true, writable: true });
      Object.defineProperty(plain, env.privateSymbols.decorated_private_symbol, { value: true, configurable: true, writable: true });
      return plain;
    }

    evaluate(timeout: number, _breakOnSigint: boolean): Promise<unknown> {
      const record = this.#record;
      const promise = timeout >= 0 ? env.compiler.watchdog.watch(timeout, () => record.evaluate()) as Promise<unknown> : record.evaluate();
      if (record.error instanceof Interruption) {
        ignoreRejection(promise);
        throw codedError('ERR_SCRIPT_EXECUTION_TIMEOUT', `Script execution timed out after ${timeout}ms`);
      }
      if (record.status === Status.Errored) env.promiseStates.set(promise, [kRejected, record.error]);
      else if (!record.isGraphAsync()) env.promiseStates.set(promise, [kFulfilled, undefined]);
      return promise;
    }

    /** For `require(esm)`: the graph must be synchronous. */
    evaluateSync(): object {
      const record = this.#record;
      if (record.isGraphAsync()) {
        const { ERR_REQUIRE_ASYNC_MODULE } = env.requireBuiltin('internal/errors').codes;
        throw new ERR_REQUIRE_ASYNC_MODULE();
      }
      const promise = record.evaluate();
      if ((record.status as Status) === Status.Errored) {
        // The same error is thrown here: nobody else looks at the promise.
        ignoreRejection(promise);
        throw record.error;
      }
      return record.namespace;
    }

    setExport(name: string, value: unknown): void {
      (this.#record as SyntheticRecord).setExport(name, value);
    }

    getNamespace(): object {
      const record = this.#record;
      if (record.status < Status.Linked) throw new Error('cannot get namespace, module has not been instantiated');
      return record.namespace;
    }

    getStatus(): number {
      return this.#record.status;
    }

    getError(): unknown {
      return this.#record.error;
    }

    setModuleSourceObject(source: unknown): void {
      this.#record.source = source;
    }

    getModuleSourceObject(): unknown {
      const { source, url } = this.#record;
      if (source === undefined) throw codedError('ERR_SOURCE_PHASE_NOT_DEFINED', new SourceNotDefined(url).message, SyntaxError);
      return this.#record.source;
    }

    createCachedData(): Uint8Array {
      const record = this.#record;
      return createCache(env, record instanceof SourceTextRecord ? record.text : '');
    }
  }

  /** A namespace with `__esModule: true` over `wrap`'s exports, for `require(esm)`. */
  function createRequiredModuleFacade(wrap: object): object {
    const original = records.get(wrap)!;
    const marker = new SyntheticRecord('', ['__esModule'], () => marker.setExport('__esModule', true));
    const facade = new SourceTextRecord('node:internal/require_module_default_facade', '', {
      code: '(function*(ºm,ºi){yield})',
      requests: [],
      imports: [],
      locals: [],
      indirect: [
        { exported: 'default', request: 0, name: 'default', offset: 0 },
        { exported: '__esModule', request: 1, name: '__esModule', offset: 0 },
      ],
      stars: [0],
      async: false,
      stretches: new Uint32Array(0),
    }, {
      compile: (code, name) => compileExpression(env, code, name),
      importMeta: () => Object.create(null),
      importDynamically: () => Promise.reject(new TypeError('the facade imports nothing')),
    });
    facade.requested = [original, marker];
    facade.link();
    // Synchronous: the original is evaluated already.
    ignoreRejection(facade.evaluate());
    return facade.namespace;
  }

  return {
    ModuleWrap,
    kUninstantiated: Status.Unlinked,
    kInstantiating: Status.Linking,
    kInstantiated: Status.Linked,
    kEvaluating: Status.Evaluating,
    kEvaluated: Status.Evaluated,
    kErrored: Status.Errored,
    kSourcePhase,
    kEvaluationPhase,
    ...(kDeferPhase === undefined ? {} : { kDeferPhase }),
    setImportModuleDynamicallyCallback(callback: DynamicImport) {
      importModuleDynamically = callback;
    },
    setInitializeImportMetaObjectCallback(callback: InitializeImportMeta) {
      initializeImportMeta = callback;
    },
    setImportMetaResolveInitializer(make: (url: string) => Function) {
      makeImportMetaResolve = make;
    },
    createRequiredModuleFacade,
    /** A promise's state cannot be seen from here: an error shows where the promise is awaited. */
    throwIfPromiseRejected() {},
    /** For `contextify`: `import()` in scripts and CommonJS modules. Not part of Node's binding. */
    dynamicImport,
  };
}

const transpilers = new WeakMap<Environment, Transpiler>();

/** The transpiler of this worker; its module is loaded at the first use. */
export function transpilerOf(env: Environment): Transpiler {
  let transpiler = transpilers.get(env);
  if (transpiler === undefined) {
    transpiler = new Transpiler(env.wasm('transpile'), new env.host.TextEncoder(), new env.host.TextDecoder());
    transpilers.set(env, transpiler);
  }
  return transpiler;
}
