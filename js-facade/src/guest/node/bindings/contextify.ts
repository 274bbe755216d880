/** `internalBinding('contextify')`: compiling and running source text (`vm`, CommonJS modules, `-e`). */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';
import { codedError } from '../uv-errors';
import { sourceMapUrl } from '../source-map-url';
import { createCache, fitsCache } from '../vm/code-cache';
import { contextsOf } from '../vm/scripts';
import { TIMED_OUT } from '../vm/watchdog';

/** What engines say of ES module syntax in a script. */
const ESM_SYNTAX = /^(?:Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta' outside a module|import declarations may only appear at top level of a module|export declarations may only appear at top level of a module|import\.meta may only appear in a module)/;
/** What may be right in an ES module: names that CommonJS has taken, and `await` read as a name (`f(await x)`). */
const MAYBE_ESM = /^(?:await is only valid in async functions|Identifier '(?:__filename|__dirname|module|exports|require)' has already been declared|redeclaration of|missing \) after argument list|Unexpected |unexpected token|await is a reserved identifier)/;

export function create(env: Environment): Record<string, unknown> {
  const { compiler } = env;
  const contexts = contextsOf(env);
  /** What `import()` belongs to where the program gave no callback of its own. */
  const shared = Object.values(env.perIsolateSymbols);

  const referrerSymbol = env.privateSymbols.host_defined_option_symbol!;


  /** Node's `ShouldRetryAsESM`. */
  function isModuleSyntaxError(error: unknown, source: string): boolean {
    if (!(error instanceof SyntaxError)) return false;
    if (ESM_SYNTAX.test(error.message)) return true;
    if (!MAYBE_ESM.test(error.message)) return false;
    const wrong = compiler.asyncBodyError(source);
    return wrong === undefined || ESM_SYNTAX.test(wrong.message);
  }

  /** `undefined` when there was none. */
  const rejects = (cache: Uint8Array | undefined, source: string) => (cache === undefined ? undefined : !fitsCache(cache, source));

  class ContextifyScript {
    declare cachedDataRejected: boolean | undefined;
    declare cachedDataProduced: boolean | undefined;
    declare cachedData: Uint8Array | undefined;
    declare sourceMapURL: string | undefined;
    readonly #source: string;
    readonly #options: { file: string; lineOffset: number; columnOffset: number; referrer: symbol | undefined };

    constructor(source: string, file: string, lineOffset = 0, columnOffset = 0, cached?: Uint8Array, produce?: boolean, _context?: object, referrer?: symbol) {
      this.#source = source;
      this.#options = { file, lineOffset, columnOffset, referrer };
      (this as any)[referrerSymbol] = referrer;
      compiler.check(source, this.#options);
      if (cached !== undefined) this.cachedDataRejected = rejects(cached, source)!;
      if (produce) {
        this.cachedDataProduced = true;
        this.cachedData = createCache(env, source);
      }
      this.sourceMapURL = sourceMapUrl(source);
    }

    // Every frame between the program's and the script's takes one from its stack traces: there are few.
    runInContext(sandbox: object | null, timeout: number, displayErrors: boolean, _breakOnSigint: boolean): unknown {
      // The program itself (`-e`, standard input): nobody else catches what it throws, and catching it here would lose the place.
      if (this.#options.file.startsWith('[')) return compiler.run(this.#source, this.#options);
      try {
        if (timeout >= 0) return this.#runLimited(sandbox, timeout);
        return sandbox === null ? compiler.run(this.#source, this.#options) : contexts.run(contexts.of(sandbox), this.#source, this.#options);
      } catch (error) {
        if (displayErrors) env.fatal.decorate(error, this.#options.file);
        throw error;
      }
    }

    #runLimited(sandbox: object | null, timeout: number): unknown {
      const result = compiler.watchdog.watch(timeout, () => (sandbox === null
        ? compiler.run(this.#source, this.#options, true)
        : contexts.run(contexts.of(sandbox), this.#source, this.#options, true)));
      if (result === TIMED_OUT) throw codedError('ERR_SCRIPT_EXECUTION_TIMEOUT', `Script execution timed out after ${timeout}ms`);
      return result;
    }

    createCachedData(): Uint8Array {
      return createCache(env, this.#source);
    }
  }

  return {
    ContextifyScript,
    constants: env.data.bindings.contextify.constants,
    /** In the place of V8's private symbol on contexts (scripts/node-lib/edits.mjs). */
    isContext: (object: object) => contexts.has(object),
    makeContext(
      contextObject: object | symbol, _name: string, _origin: string | undefined, strings: boolean, wasm: boolean, _ownQueue: boolean, referrer: symbol,
    ) {
      const sandbox = typeof contextObject === 'symbol' ? {} : contextObject;
      const context = contexts.create(sandbox, { strings, wasm });
      // Only where the library looks for it: the symbol shows.
      if (!shared.includes(referrer)) Object.defineProperty(sandbox, referrerSymbol, { value: referrer, configurable: true });
      return typeof contextObject === 'symbol' ? context.global : sandbox;
    },
    compileFunction(
      source: string, file: string, lineOffset: number, columnOffset: number, cached: Uint8Array | undefined, produce: boolean,
      sandbox: object | undefined, extensions: object[] | undefined, parameters: string[] | undefined, referrer: symbol,
    ) {
      const options = { file, lineOffset, columnOffset, parameters: parameters ?? [], referrer };
      const compiled = compiler.function(source, options, (expression) => (
        sandbox === undefined && !extensions?.length ? undefined : contexts.compile(sandbox && contexts.of(sandbox), expression, options, extensions)
      ));
      (compiled as any)[referrerSymbol] = referrer;
      return {
        function: compiled,
        sourceMapURL: sourceMapUrl(source),
        sourceURL: undefined,
        cachedDataRejected: rejects(cached, source),
        ...(produce && { cachedDataProduced: true, cachedData: createCache(env, source) }),
      };
    },
    compileFunctionForCJSLoader(source: string, file: string, _isSeaMain: boolean, shouldDetectModule: boolean) {
      const result: { cachedDataRejected: boolean; sourceMapURL?: string; sourceURL?: string; canParseAsESM: boolean; function?: Function } = {
        cachedDataRejected: false,
        sourceMapURL: sourceMapUrl(source),
        sourceURL: undefined,
        canParseAsESM: false,
        function: undefined,
      };
      try {
        result.function = compiler.function(source, { file });
      } catch (error) {
        result.canParseAsESM = isModuleSyntaxError(error, source);
        if (!result.canParseAsESM) throw error;
        if (!shouldDetectModule) {
          env.internalBinding('process_methods').emitWarningSync(`Failed to load the ES module: ${file}. Make sure to set "type": "module" in the nearest package.json file or use the .mjs extension.`);
          throw error;
        }
      }
      return result;
    },
    containsModuleSyntax(source: string, file: string) {
      try {
        compiler.function(source, { file: file ?? '[eval]' });
        return false;
      } catch (error) {
        return isModuleSyntaxError(error, source);
      }
    },
    // ^C is an event of the loop here: nothing interrupts running code, and no signal is ever held back.
    startSigintWatchdog: () => true,
    stopSigintWatchdog: () => false,
    watchdogHasPendingSigint: () => false,
    measureMemory() {
      throw unavailable('vm.measureMemory()');
    },
  };
}
