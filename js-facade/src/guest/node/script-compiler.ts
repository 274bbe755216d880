/** Compiles the guest's scripts and CommonJS modules with the browser's `eval`, under their own names and positions. */

import { SourceSyntaxError } from '../transpile';
import type { Environment } from './environment';
import { transpilerOf } from './bindings/module_wrap';
import { LexicalScope, type VmContext } from './vm/context';
import { Watchdog } from './vm/watchdog';

// An indirect eval: code runs in the global scope.
const globalEval = eval;

const CJS_PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/** `eval`, the compiler and a binding above it. */
const OWN_FRAMES = 5;

/** `import(` cannot be left to the browser, which would fetch a URL. */
const MAY_IMPORT = /\bimport\s*(?:\/[/*][^]*?)?[(.]/;

/** An indirect `eval` keeps what these declare to itself; scripts share it. */
const MAY_DECLARE = /\b(?:let|const|class)\b/;

/** The script of `-e`, after which no other comes that could look for its variables: it is spared the rewriting. */
const ONLY_SCRIPT = '[eval]';

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
  /** Ends scripts that were given a time limit. */
  readonly watchdog: Watchdog;
  /** `let`, `const` and `class` of all scripts of the global scope. */
  readonly #lexical = new LexicalScope();
  /** Names that `import()` of a script in the global scope goes by, by what it belongs to. */
  readonly #importers = new Map<symbol | undefined, string>();

  constructor(private readonly env: Environment) {
    this.watchdog = new Watchdog(() => env.host.performance.now());
  }

  /** Gives texts of `eval` and `Function` an `import()`, where the code around has none of its own: that of the working directory. */
  defineImport(): void {
    this.#hide('ºimport', this.importer({ file: undefined }));
  }

  /**
   * A function of `parameters` around `source`. Throws a SyntaxError that shows where. `within` may compile the expression elsewhere than
   * in the global scope, once it is known to be right.
   */
  function(source: string, options: CompileOptions, within?: (expression: string) => Function | undefined): Function {
    const { file, parameters = CJS_PARAMETERS, lineOffset = 0, columnOffset = 0 } = options;
    const text = blankHashbang(source);
    const { code, imports, stretches } = this.rewrite(text);
    const head = `(function (${parameters.join(', ')}) {`;
    const opening = `${imports ? '(function(ºimport){return ' : ''}${head}`;
    const closing = `\n})${imports ? '})' : ''}`;
    const name = this.env.sources.add(file, source, opening.length, lineOffset, columnOffset, stretches);
    const compiled = this.eval(opening + code + closing + name, file) as Function;
    const elsewhere = within?.(`${head}${text}\n})${name}`);
    if (elsewhere !== undefined) return elsewhere;
    return imports ? compiled(this.importer(options)) : compiled;
  }

  /**
   * What is wrong with `text` as the body of an async function, which has no parameters of a CommonJS module; nothing if it is right. `source`
   * is what is shown of it.
   */
  asyncBodyError(text: string, { strict = false, file = '', source = text } = {}): Error | undefined {
    const opening = `(async function() {${strict ? '"use strict";' : ''}`;
    const { code, stretches } = this.rewrite(blankHashbang(text));
    if (file !== '') this.env.sources.add(file, source, opening.length, 0, 0, stretches);
    try {
      this.eval(`${opening}${code}\n})`, file);
      return undefined;
    } catch (error) {
      return error as Error;
    }
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

  /** Runs a script in the global scope; answers its completion value. `interruptible` code ends when the watchdog says so. */
  run(source: string, options: CompileOptions, interruptible = false): unknown {
    const text = blankHashbang(source);
    const shares = options.file !== ONLY_SCRIPT && MAY_DECLARE.test(text);
    const { code, stretches } = shares || interruptible ? this.#share(text, interruptible) : this.rewrite(text);
    const bound = code === text ? code : this.#bind(code, options);
    const name = this.env.sources.add(options.file, source, 0, options.lineOffset, options.columnOffset, stretches);
    return globalEval(bound + name);
  }

  #share(source: string, interruptible: boolean): { code: string; stretches?: Uint32Array } {
    try {
      return transpilerOf(this.env).sandbox(source, 'engine', interruptible);
    } catch (error) {
      if (!(error instanceof SourceSyntaxError)) throw error;
      return { code: source }; // The engine says what is wrong, in its own words.
    }
  }

  /** A script has no parameters: what its text calls stands in the global scope, and functions of its own keep finding it. */
  #bind(code: string, options: CompileOptions): string {
    this.#hide('ºdeclare', this.#declare);
    this.#hide('ºtick', this.watchdog.tick);
    if (!code.includes('ºimport')) return code;
    let name = this.#importers.get(options.referrer);
    if (name === undefined) {
      name = `ºimport${this.#importers.size}`;
      this.#importers.set(options.referrer, name);
    }
    this.#hide(name, this.importer(options));
    return code.replaceAll('ºimport', name);
  }

  #hide(name: string, value: unknown): void {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }

  /** No script can declare a variable for others by `eval`: an accessor of the global object leads to it. */
  readonly #declare: VmContext['declare'] = (variables, functions, lexicals) => {
    this.#lexical.check([...variables, ...functions.map(([name]) => name)], lexicals);
    for (const [name, read, write] of lexicals) {
      this.#lexical.variables.set(name, { read, write });
      const constant = () => { throw new TypeError('Assignment to constant variable.'); };
      Object.defineProperty(globalThis, name, { get: read, set: write ?? constant, enumerable: false, configurable: true });
    }
  };

  /** For code that only defines: what it throws is a syntax error. */
  private eval(code: string, file: string): unknown {
    const limit = (Error as any).stackTraceLimit;
    // The frames of this file count, but are not shown. The limit may be frozen.
    if (typeof limit === 'number') Reflect.set(Error, 'stackTraceLimit', limit + OWN_FRAMES);
    try {
      return globalEval(code);
    } catch (error) {
      throw file === '' ? error : this.decorate(error, file);
    } finally {
      Reflect.set(Error, 'stackTraceLimit', limit);
    }
  }

  /** The engine says the place of a syntax error only when it reports the error to the page. */
  private decorate(error: unknown, file: string): unknown {
    const { env } = this;
    if (!(error instanceof SyntaxError)) return error;
    const place = env.placeOf(error);
    if (!place) return error;
    let { line, column } = env.sources.position(file, place.line, place.column);
    let text = env.sources.line(file, line);
    let width = 0;
    if (text === undefined) {
      // What is missing would stand where our own closing does.
      const { message } = error;
      error.message = 'Unexpected end of input';
      error.stack = error.stack?.replace(message, error.message);
      line -= 1;
      text = env.sources.line(file, line) ?? '';
      column = text.length + 1;
    } else {
      width = tokenWidth(error.message, text.slice(column - 1));
    }
    showPlace(env, error, `${file}:${line}\n${text}\n${text.slice(0, column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(width)}\n`);
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

  /** What `import()` means in a text that the guest's code compiles by calling `above`: as in the file of that code. */
  importerOfCaller(above: Function): Function {
    const file = this.env.stacks.capture(above).map((site) => site.getFileName()).find((name) => typeof name === 'string');
    return this.importer({ file: file ?? undefined });
  }

  /** What `import()` in a script calls. */
  importer({ file, referrer }: { file: string | undefined; referrer?: symbol | undefined }): (specifier: unknown, options?: unknown) => Promise<unknown> {
    const symbol = referrer ?? this.env.perIsolateSymbols.vm_dynamic_import_default_internal!;
    const binding = () => this.env.internalBinding('module_wrap');
    return Object.assign(
      (specifier: unknown, options: unknown) => binding().dynamicImport(symbol, file, specifier, options),
      { source: (specifier: unknown) => binding().dynamicImport(symbol, file, specifier, undefined, true) },
    );
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

/** Puts `arrow`, the lines that show where, in front of an error's stack, and marks it as shown. */
export function showPlace({ privateSymbols }: Environment, error: Error, arrow: string): void {
  for (const [name, value] of [['arrow_message_private_symbol', arrow], ['decorated_private_symbol', true]] as const) {
    Object.defineProperty(error, privateSymbols[name]!, { value, configurable: true, writable: true });
  }
  Object.defineProperty(error, 'stack', { configurable: true, enumerable: false, writable: true, value: `${arrow}\n${error.stack}` });
}
