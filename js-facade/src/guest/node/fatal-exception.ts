/** What happens to an exception that nobody caught: Node's `TriggerUncaughtException` and what it prints. */

import { ABORT_ON_UNCAUGHT } from './command-line';
import type { Environment } from './environment';
import type { CompiledSources } from './compiled-sources';
import type { BuiltinLoader } from './builtin-loader';
import type { Thrown } from './guarded-call';
import type { StackTraces } from './stack-trace';
import { KernelPanic, ProcessExit } from '../syscalls';

/** Exit codes of Node's documentation. */
export const EXIT_CODES = { userError: 1, monkeyPatched: 6, inHandler: 7, invalidArgument: 9 } as const;

export interface StackEnhancers {
  beforeInspector(error: unknown): unknown;
  afterInspector(error: unknown): unknown;
}

export class FatalExceptions {
  /** Set by `internalBinding('errors').setEnhanceStackForFatalException`. */
  enhancers: StackEnhancers | undefined;
  private handling = false;

  constructor(
    private readonly env: Environment,
    private readonly stacks: StackTraces,
    private readonly sources: CompiledSources,
    private readonly loader: BuiltinLoader,
    private readonly exit: (code: number) => never,
  ) {}

  /** Offers the exception to the process; prints it and ends the process when it was not taken. */
  trigger({ error, location }: Thrown, fromPromise = false): void {
    if (error instanceof ProcessExit || error instanceof KernelPanic) throw error;
    const located = this.stacks.reportsThrows || !(error instanceof Error);
    const arrow = fromPromise || !located ? undefined : this.arrow(location);
    if (this.env.commandLine.values[ABORT_ON_UNCAUGHT] && this.env.internalBinding('util').shouldAbortOnUncaughtToggle[0] !== 0) {
      // V8 does not ask listeners of `uncaughtException`.
      this.print(error, arrow);
      this.env.process.abort();
    }
    if (this.handling) this.fail(error, arrow, EXIT_CODES.inHandler);
    const handler = this.env.process._fatalException;
    if (typeof handler !== 'function') this.fail(error, arrow, EXIT_CODES.monkeyPatched);
    this.handling = true;
    let handled: unknown;
    try {
      handled = handler.call(this.env.process, error, fromPromise);
    } catch (nested) {
      this.fail(nested, this.arrowOfStack(nested), EXIT_CODES.inHandler);
    } finally {
      this.handling = false;
    }
    if (handled === false) this.fail(error, arrow ?? this.arrowOfStack(error, !fromPromise), EXIT_CODES.userError);
  }

  /** Three lines that show where: `file:line`, the text of the line, and a caret. */
  arrow(location: Thrown['location'], width = 1): string | undefined {
    if (!location) return undefined;
    const position = this.stacks.position(location.file, location.line, location.column);
    if (!position) return undefined;
    const text = this.lineOf(position.file, position.line);
    if (text === undefined) return undefined;
    return this.show(position.file, text, this.throwPlace(position.file, position.line, position.column - 1), width);
  }

  /** The same from the top frame of an error's stack, for errors of which nothing else is known. */
  private arrowOfStack(error: unknown, atThrow = true): string | undefined {
    const stack = (error as { stack?: unknown } | null)?.stack;
    const frame = typeof stack === 'string' ? /^ {4}at (?:.*\()?(.+):(\d+):(\d+)\)?$/m.exec(stack) : null;
    if (!frame) return undefined;
    const [, file, line, column] = frame as unknown as [string, string, string, string];
    const text = this.lineOf(file, Number(line));
    if (text === undefined) return undefined;
    const made = { line: Number(line), column: Number(column) - 1 };
    return this.show(file, text, atThrow ? this.throwPlace(file, made.line, made.column) : made, 1);
  }

  /**
   * Puts the lines that show where in front of the stack of an error out of the script `file`, once, as Node does for `displayErrors`. An
   * error whose top frame is elsewhere is not the script's own.
   */
  decorate(error: unknown, file: string): void {
    if (!(error instanceof Error)) return;
    const { arrow_message_private_symbol: arrowSymbol, decorated_private_symbol: decoratedSymbol } = this.env.privateSymbols;
    if ((error as any)[decoratedSymbol!]) return;
    const { stack } = error;
    const arrow = this.arrowOfStack(error);
    if (typeof stack !== 'string' || !arrow?.startsWith(`${file}:`)) return;
    for (const [symbol, value] of [[arrowSymbol!, arrow], [decoratedSymbol!, true]] as const) {
      Object.defineProperty(error, symbol, { value, configurable: true, writable: true });
    }
    Object.defineProperty(error, 'stack', { configurable: true, enumerable: false, writable: true, value: `${arrow}\n${stack}` });
  }

  private show(file: string, text: string, place: { line: number; column: number }, width: number): string | undefined {
    const shown = this.lineOf(file, place.line) ?? text;
    // The library marks those of its own places that tell nothing about an error (`src/node_errors.cc`).
    if (shown.includes('node-do-not-add-exception-line')) return undefined;
    return `${file}:${place.line}\n${shown}\n${shown.slice(0, place.column).replace(/[^\t]/g, ' ')}${'^'.repeat(width)}\n`;
  }

  /**
   * Engines tell where an error was made; Node's caret stands where it was thrown. That is at the `throw` before it, or, when the error went
   * into a variable, at the `throw` of that variable further down.
   */
  private throwPlace(file: string, line: number, column: number): { line: number; column: number } {
    const text = this.lineOf(file, line) ?? '';
    const before = /\bthrow\s+[^;{}]*$/.exec(text.slice(0, column));
    if (before) return { line, column: before.index };
    const variable = /\b(?:const|let|var)\s+([\w$]+)\s*=\s*$/.exec(text.slice(0, column))?.[1];
    if (variable === undefined) return { line, column };
    const thrown = new RegExp(`\\bthrow\\s+(?:[\\w$]+\\()?${variable.replaceAll('$', '\\$')}\\b`);
    for (let ahead = 0; ahead < 20; ahead++) {
      const candidate = this.lineOf(file, line + ahead);
      if (candidate === undefined) break;
      const from = ahead === 0 ? column : 0;
      const match = thrown.exec(candidate.slice(from));
      if (match) return { line: line + ahead, column: from + match.index };
    }
    return { line, column };
  }

  /** For the library's own messages (`assert`): the place of an error's top frame. */
  sourcePositions(error: unknown): { sourceLine: string; scriptResourceName?: string; lineNumber?: number; startColumn: number } {
    const stack = (error as { stack?: unknown } | null)?.stack;
    const frame = typeof stack === 'string' ? /^ {4}at (?:.*\()?(.+):(\d+):(\d+)\)?$/m.exec(stack) : null;
    if (!frame) return { sourceLine: '', startColumn: 0 };
    const [, file, line, column] = frame as unknown as [string, string, string, string];
    return { sourceLine: this.lineOf(file, Number(line)) ?? '', scriptResourceName: file, lineNumber: Number(line), startColumn: Number(column) - 1 };
  }

  private lineOf(file: string, line: number): string | undefined {
    if (file.startsWith('node:')) {
      try {
        return this.loader.compile(file.slice('node:'.length)).toString().split('\n')[line];
      } catch {
        return undefined; // Not one of the library's modules after all: there is nothing to show.
      }
    }
    return this.sources.line(file, line);
  }

  /** Node's `ReportFatalException`, then the end. */
  private fail(error: unknown, arrow: string | undefined, code: number): never {
    this.env.process.emit === undefined || this.print(error, arrow);
    const fields = this.env.process[this.env.privateSymbols.exit_info_private_symbol!] as Int32Array;
    const ownCode = code === EXIT_CODES.userError && fields[2] ? fields[1]! : code;
    return this.exit(ownCode);
  }

  private print(error: unknown, arrow: string | undefined): void {
    const { arrow_message_private_symbol: arrowSymbol, decorated_private_symbol: decoratedSymbol } = this.env.privateSymbols;
    let text: string;
    const object = (typeof error === 'object' && error !== null) || typeof error === 'function' ? (error as any) : undefined;
    let trace: unknown;
    if (object !== undefined) {
      try {
        this.enhancers?.beforeInspector(object);
        trace = this.enhancers ? this.enhancers.afterInspector(object) : object.stack;
      } catch {
        trace = object.stack;
      }
    }
    const shown: string | undefined = object?.[arrowSymbol!] ?? arrow;
    const decorated = object?.[decoratedSymbol!] === true;
    if (typeof trace === 'string' && trace.length > 0) {
      if (shown === undefined || decorated) text = `${trace}\n`;
      else text = object instanceof Error ? `${shown}\n${trace}\n` : `\n${shown}${trace}\n`;
    } else {
      text = `${shown === undefined ? 'Uncaught:\n' : `\n${shown}`}${typeof error === 'symbol' ? '' : String(error)}\n`;
      text += '(Use `node --trace-uncaught ...` to show where the exception was thrown)\n';
    }
    this.write(`${text}\nNode.js ${this.env.process.version}\n`);
  }

  /** Straight to descriptor 2: the process's streams may be what is broken. */
  write(text: string): void {
    const bytes = new this.env.host.TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; ) {
      const written = this.env.sys.write(2, bytes.subarray(at), -1);
      if (written <= 0) return;
      at += written;
    }
  }
}
