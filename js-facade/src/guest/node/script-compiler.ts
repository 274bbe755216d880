/** Compiles the guest's scripts and CommonJS modules with the browser's `eval`, under their own names and positions. */

import { SourceSyntaxError } from '../transpile';
import type { Environment } from './environment';
import { transpilerOf } from './bindings/module_wrap';

// An indirect eval: code runs in the global scope.
const globalEval = eval;

const CJS_PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/** `eval`, the compiler and a binding above it. */
const OWN_FRAMES = 5;

/** `import(` cannot be left to the browser, which would fetch a URL. */
const MAY_IMPORT = /\bimport\s*(?:\/[/*][^]*?)?\(/;

/** Sources that need no rewriting are spared it. */
function needsRewriting(source: string): boolean {
  return source.includes('await') || MAY_IMPORT.test(source);
}

export interface CompileOptions {
  file: string;
  parameters?: readonly string[];
  lineOffset?: number;
  columnOffset?: number;
  /** What `import()` in the code belongs to. */
  referrer?: symbol;
}

export class ScriptCompiler {
  constructor(private readonly env: Environment) {}

  /** A function of `parameters` around `source`. Throws a SyntaxError that shows where. */
  function(source: string, options: CompileOptions): Function {
    const { file, parameters = CJS_PARAMETERS, lineOffset = 0, columnOffset = 0 } = options;
    const { code, imports, stretches } = this.rewrite(blankHashbang(source));
    const opening = `${imports ? '(function(ºimport){return ' : ''}(function (${parameters.join(', ')}) {`;
    const closing = `\n})${imports ? '})' : ''}`;
    const name = this.env.sources.add(file, source, opening.length, lineOffset, columnOffset, stretches);
    const compiled = this.eval(opening + code + closing + name, file) as Function;
    return imports ? compiled(this.importer(options)) : compiled;
  }

  /** Throws what a script's compilation would, without running it. */
  check(source: string, options: CompileOptions): void {
    const opening = 'if(0){';
    const { code, stretches } = this.rewrite(blankHashbang(source));
    this.env.sources.add(options.file, source, opening.length, options.lineOffset, options.columnOffset, stretches);
    const before = new Set(Object.getOwnPropertyNames(globalThis));
    this.eval(`${opening}${code}\n}`, options.file);
    // `var` and function declarations are hoisted out of the block, into globals that may be deleted.
    for (const name of Object.getOwnPropertyNames(globalThis)) if (!before.has(name)) Reflect.deleteProperty(globalThis, name);
  }

  /** Runs a script in the global scope; answers its completion value. */
  run(source: string, options: CompileOptions): unknown {
    const { code, imports, stretches } = this.rewrite(blankHashbang(source));
    const name = this.env.sources.add(options.file, source, 0, options.lineOffset, options.columnOffset, stretches);
    if (!imports) return globalEval(code + name);
    // A script has no parameters: the function stands in the global scope while it runs, and callbacks of its own keep finding it.
    (globalThis as any)['ºimport'] ??= this.importer(options);
    Object.defineProperty(globalThis, 'ºimport', { enumerable: false });
    return globalEval(code + name);
  }

  /** For code that only defines: what it throws is a syntax error. */
  private eval(code: string, file: string): unknown {
    const limit = (Error as any).stackTraceLimit;
    // The frames of this file count, but are not shown.
    if (typeof limit === 'number') (Error as any).stackTraceLimit = limit + OWN_FRAMES;
    try {
      return globalEval(code);
    } catch (error) {
      throw this.decorate(error, file);
    } finally {
      (Error as any).stackTraceLimit = limit;
    }
  }

  /** The engine says the place of a syntax error only when it reports the error to the page. */
  private decorate(error: unknown, file: string): unknown {
    const { env } = this;
    if (!(error instanceof SyntaxError)) return error;
    const place = env.placeOf(error);
    if (!place) return error;
    const { line, column } = env.sources.position(file, place.line, place.column);
    const text = env.sources.line(file, line) ?? '';
    const width = tokenWidth(error.message, text.slice(column - 1));
    const arrow = `${file}:${line}\n${text}\n${text.slice(0, column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(width)}\n`;
    (error as any)[env.privateSymbols.arrow_message_private_symbol!] = arrow;
    (error as any)[env.privateSymbols.decorated_private_symbol!] = true;
    const { stack } = error;
    Object.defineProperty(error, 'stack', { configurable: true, enumerable: false, writable: true, value: `${arrow}\n${stack}` });
    return error;
  }

  /** What is compiled in the place of a script's or a function body's source. */
  rewrite(source: string): { code: string; imports: boolean; stretches?: Uint32Array } {
    if (!needsRewriting(source)) return { code: source, imports: false };
    try {
      return transpilerOf(this.env).script(source);
    } catch (error) {
      if (!(error instanceof SourceSyntaxError)) throw error;
      return { code: source, imports: false }; // It does not parse: the engine says why, in its own words.
    }
  }

  private importer({ file, referrer }: CompileOptions): (specifier: unknown, options?: unknown) => Promise<unknown> {
    const symbol = referrer ?? this.env.perIsolateSymbols.vm_dynamic_import_default_internal!;
    return (specifier, options) => this.env.internalBinding('module_wrap').dynamicImport(symbol, file, specifier, options);
  }
}

function blankHashbang(source: string): string {
  return source.startsWith('#!') ? `//${source.slice(2)}` : source;
}

/** How many characters the offending token has, as far as the message or the text tell. */
function tokenWidth(message: string, rest: string): number {
  const quoted = /^Unexpected (?:token|identifier|string|number|strict mode reserved word)? ?'(.+)'/.exec(message)?.[1];
  if (quoted && rest.startsWith(quoted)) return quoted.length;
  if (/^(?:Unexpected string|Invalid or unexpected token)/.test(message)) return /^(["'])(?:\\.|(?!\1).)*\1?/.exec(rest)?.[0].length ?? 1;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(rest)?.[0].length ?? 1;
}
