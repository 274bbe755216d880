/** `internalBinding('module_wrap')`: ES modules. Linking and evaluation are in `esm/module-record.ts`. */

import { SourceSyntaxError, Transpiler } from '../../transpile';
import { ignoreRejection } from '../engine-promise';
import type { Environment } from '../environment';
import { LinkError, type ModuleRecord, SourceTextRecord, Status, SyntheticRecord } from '../esm/module-record';
import { compileExpression, decorateSyntaxError, importAttributes, lineAt } from '../esm/source';

const kSourcePhase = 1;
const kEvaluationPhase = 2;

type DynamicImport = (referrer: symbol, specifier: string, phase: number, attributes: object, referrerName: string) => Promise<unknown>;
type InitializeImportMeta = (referrer: symbol, meta: object, wrap: unknown) => void;

export function create(env: Environment): Record<string, unknown> {
  let importModuleDynamically: DynamicImport | undefined;
  let initializeImportMeta: InitializeImportMeta | undefined;
  const hostDefinedOption = env.privateSymbols.host_defined_option_symbol;
  const records = new WeakMap<object, ModuleRecord>();

  /** `import(specifier, options)` from the code that `referrer` names. */
  async function dynamicImport(referrer: symbol, referrerName: string, specifier: unknown, options: unknown): Promise<unknown> {
    const text = `${specifier}`;
    return importModuleDynamically!(referrer, text, kEvaluationPhase, importAttributes(options), referrerName);
  }

  class ModuleWrap {
    readonly url: string;
    sourceMapURL: string | undefined;
    sourceURL: string | undefined;
    #requests: readonly object[] = [];
    #sourceObject: unknown;
    #linked = false;

    /**
     * `(url, context, source, lineOffset, columnOffset, idSymbol | cachedData)` or
     * `(url, context, exportNames, evaluationSteps)`.
     */
    constructor(url: string, _context: object | undefined, source: string | string[], steps: number | (() => void), _column?: number, id?: unknown) {
      this.url = url;
      const symbol = typeof id === 'symbol' ? id : Symbol(url);
      Object.defineProperty(this, hostDefinedOption, { value: symbol, configurable: true, writable: true });
      if (typeof source !== 'string') {
        const run = steps as () => void;
        records.set(this, new SyntheticRecord(url, source, () => run.call(this)));
        return;
      }
      const transpiler = transpilerOf(env);
      let description;
      try {
        description = transpiler.module(source);
      } catch (error) {
        if (error instanceof SourceSyntaxError) throw decorateSyntaxError(env, error, url, source);
        throw error;
      }
      this.sourceMapURL = /\n\/\/[#@] sourceMappingURL=(\S+)\s*$/.exec(source)?.[1];
      env.sources.add(url, source, 0, 0, 0, description.stretches);
      const wrap = this;
      records.set(this, new SourceTextRecord(url, source, description, {
        compile: (code, name) => compileExpression(env, code, name),
        importMeta() {
          const meta = Object.create(null);
          initializeImportMeta!(symbol, meta, wrap);
          return meta;
        },
        importDynamically: (specifier, options) => dynamicImport(symbol, url, specifier, options),
      }));
      this.#requests = Object.freeze(description.requests.map(({ specifier, attributes }) => Object.freeze({
        __proto__: null,
        specifier,
        attributes: Object.freeze(Object.assign(Object.create(null), attributes)),
        phase: kEvaluationPhase,
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

    /** `modules` are in the order of the requests. */
    link(modules: ModuleWrap[]): void {
      const record = this.#record;
      if (!(record instanceof SourceTextRecord)) return;
      if (modules.length !== this.#requests.length) {
        const { ERR_VM_MODULE_LINK_FAILURE } = env.requireBuiltin('internal/errors').codes;
        throw new ERR_VM_MODULE_LINK_FAILURE(`linking error, expected ${this.#requests.length} modules, got ${modules.length}`);
      }
      record.requested = modules.map((module) => records.get(module)!);
      this.#linked = true;
    }

    instantiate(): void {
      const record = this.#record;
      if (record instanceof SourceTextRecord && !this.#linked && this.#requests.length > 0) {
        const { ERR_VM_MODULE_LINK_FAILURE } = env.requireBuiltin('internal/errors').codes;
        const specifier = (this.#requests[0] as { specifier: string }).specifier;
        throw new ERR_VM_MODULE_LINK_FAILURE(`request for '${specifier}' is from a module not been linked`);
      }
      try {
        record.link();
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        throw this.#decorateLinkError(error);
      }
    }

    /** Puts the arrow and the place in front of the stack, as V8 does for errors at instantiation. */
    #decorateLinkError(error: LinkError): Error {
      const { record, offset } = error;
      const plain = new SyntaxError(error.message);
      const { line, text, column } = lineAt(record.source, offset);
      const length = /^[\w$]+|^\*/.exec(text.slice(column))?.[0].length ?? 1;
      const arrow = `${record.url}:${line}\n${text}\n${' '.repeat(column)}${'^'.repeat(length)}`;
      plain.stack = `${arrow}\n${plain.stack}`;
      Object.defineProperty(plain, env.privateSymbols.arrow_message_private_symbol, { value: arrow, configurable: true, writable: true });
      Object.defineProperty(plain, env.privateSymbols.decorated_private_symbol, { value: true, configurable: true, writable: true });
      return plain;
    }

    evaluate(_timeout: number, _breakOnSigint: boolean): Promise<unknown> {
      return this.#record.evaluate();
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
      this.#sourceObject = source;
    }

    getModuleSourceObject(): unknown {
      return this.#sourceObject;
    }

    /** There is no compiled code that could be kept: an empty cache is a valid one. */
    createCachedData(): Uint8Array {
      return env.requireBuiltin('buffer').Buffer.alloc(0);
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
    setImportModuleDynamicallyCallback(callback: DynamicImport) {
      importModuleDynamically = callback;
    },
    setInitializeImportMetaObjectCallback(callback: InitializeImportMeta) {
      initializeImportMeta = callback;
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
