/** `internalBinding('contextify')`: compiling and running source text (`vm`, CommonJS modules, `-e`). */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';
import { runInSandbox } from '../sandbox';
import { transpilerOf } from './module_wrap';

/** What engines say of ES module syntax in a script. */
const ESM_SYNTAX = /^(?:Cannot use import statement outside a module|Unexpected token 'export'|Cannot use 'import\.meta' outside a module|import declarations may only appear at top level of a module|export declarations may only appear at top level of a module|import\.meta may only appear in a module)/;
/** What would be right in an ES module, but is wrong in a script for more than one reason. */
const MAYBE_ESM = /^(?:await is only valid in async functions|Identifier '(?:__filename|__dirname|module|exports|require)' has already been declared|redeclaration of|Unexpected reserved word|await is a reserved identifier)/;
const SOURCE_MAP = /\n\/\/[#@] sourceMappingURL=(\S+)\s*$/;

export function create(env: Environment): Record<string, unknown> {
  const { compiler } = env;
  const contextSymbol = env.privateSymbols.contextify_context_private_symbol!;

  const referrerSymbol = env.privateSymbols.host_defined_option_symbol!;

  const sourceMapOf = (source: string) => (source.includes('sourceMappingURL=') ? SOURCE_MAP.exec(source)?.[1] : undefined);

  function isModuleSyntaxError(error: unknown, source: string): boolean {
    if (!(error instanceof SyntaxError)) return false;
    if (!ESM_SYNTAX.test(error.message) && !MAYBE_ESM.test(error.message)) return false;
    return transpilerOf(env).containsModuleSyntax(source);
  }

  class ContextifyScript {
    declare cachedDataRejected: boolean | undefined;
    declare sourceMapURL: string | undefined;
    readonly #source: string;
    readonly #options: { file: string; lineOffset: number; columnOffset: number; referrer: symbol | undefined };

    constructor(source: string, file: string, lineOffset = 0, columnOffset = 0, cachedData?: unknown, _produce?: boolean, _context?: object, referrer?: symbol) {
      this.#source = source;
      this.#options = { file, lineOffset, columnOffset, referrer };
      (this as any)[referrerSymbol] = referrer;
      compiler.check(source, this.#options);
      if (cachedData !== undefined) this.cachedDataRejected = false;
      this.sourceMapURL = sourceMapOf(source);
    }

    runInContext(sandbox: object | null, _timeout: number, _displayErrors: boolean, _breakOnSigint: boolean): unknown {
      return sandbox === null ? compiler.run(this.#source, this.#options) : runInSandbox(env, sandbox, this.#source, this.#options);
    }

    /** There is no compiled code that could be kept. */
    createCachedData(): Uint8Array {
      return env.requireBuiltin('buffer').Buffer.alloc(0);
    }
  }

  return {
    ContextifyScript,
    constants: env.data.bindings.contextify.constants,
    makeContext(contextObject: object | symbol, name: string) {
      const sandbox = typeof contextObject === 'symbol' ? {} : contextObject;
      (sandbox as any)[contextSymbol] = { name };
      return sandbox;
    },
    compileFunction(
      source: string, file: string, lineOffset: number, columnOffset: number, _cachedData: unknown, _produce: boolean,
      _context: object | undefined, _extensions: object[] | undefined, parameters: string[] | undefined, referrer: symbol,
    ) {
      const compiled = compiler.function(source, { file, lineOffset, columnOffset, parameters: parameters ?? [], referrer });
      (compiled as any)[referrerSymbol] = referrer;
      return { function: compiled, sourceMapURL: sourceMapOf(source), sourceURL: undefined, cachedDataRejected: undefined };
    },
    compileFunctionForCJSLoader(source: string, file: string, _isSeaMain: boolean, shouldDetectModule: boolean) {
      const result: { cachedDataRejected: boolean; sourceMapURL?: string; sourceURL?: string; canParseAsESM: boolean; function?: Function } = {
        cachedDataRejected: false,
        sourceMapURL: sourceMapOf(source),
        sourceURL: undefined,
        canParseAsESM: false,
        function: undefined,
      };
      try {
        result.function = compiler.function(source, { file });
      } catch (error) {
        result.canParseAsESM = isModuleSyntaxError(error, source);
        if (!(result.canParseAsESM && shouldDetectModule)) throw error;
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
