/** Source texts: compiling them under a name, and places in them. */

import type { SourceSyntaxError } from '../../transpile';
import type { Environment } from '../environment';

/** Evaluates an expression in the global scope, as code of the file `name` in stack traces. */
export function compileExpression(_env: Environment, code: string, name: string): Function {
  // Indirect, so that it sees globals only.
  return (0, eval)(`${code}\n//# sourceURL=${name}`);
}

/** The second argument of `import()` as Node's loader wants it: a null-prototype object of attributes. */
export function importAttributes(options: unknown): object {
  const attributes = Object.create(null);
  if (options === undefined) return attributes;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('The second argument of import() must be an object');
  }
  const given = (options as { with?: unknown }).with;
  if (given === undefined) return attributes;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError("The 'options' argument of import() must be an object");
  }
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw new TypeError('Import attribute value must be a string');
    attributes[key] = value;
  }
  return attributes;
}

/** Line (from 1), its text, and the column (from 0) in it of a byte offset. */
export function lineAt(source: string, byteOffset: number): { line: number; text: string; column: number } {
  const before = decodePrefix(source, byteOffset);
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', before.length);
  return {
    line: before.split('\n').length,
    text: source.slice(start, end < 0 ? undefined : end),
    column: before.length - start,
  };
}

/** The part of `source` that takes `bytes` bytes in UTF-8. */
function decodePrefix(source: string, bytes: number): string {
  let taken = 0;
  let index = 0;
  while (taken < bytes && index < source.length) {
    const point = source.codePointAt(index)!;
    taken += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += point > 0xffff ? 2 : 1;
  }
  return source.slice(0, index);
}

/** A SyntaxError as Node shows it: `file:line`, the line, a caret, then the message. */
export function decorateSyntaxError(env: Environment, error: SourceSyntaxError, url: string, source: string): SyntaxError {
  const text = source.split('\n')[error.line - 1] ?? '';
  const plain = new SyntaxError(engineMessage(source) ?? tokenMessage(error.message, source, error.line, error.column));
  const arrow = `${url}:${error.line}\n${text}\n${' '.repeat(error.column)}^\n`;
  plain.stack = `${arrow}\n${plain.stack}`;
  for (const [name, value] of [['arrow_message_private_symbol', arrow], ['decorated_private_symbol', true]] as const) {
    Object.defineProperty(plain, env.privateSymbols[name], { value, configurable: true, writable: true });
  }
  return plain;
}

/** The engine's own words for what is wrong, where the same source is wrong as the body of an async function too. */
function engineMessage(source: string): string | undefined {
  if (/^\s*(?:import|export)\b/m.test(source)) return undefined;
  try {
    new Function(`"use strict";return async()=>{${source}\n}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** V8's words for "Unexpected token", which name the token. */
function tokenMessage(message: string, source: string, line: number, column: number): string {
  if (message !== 'Unexpected token') return message;
  const lines = source.split('\n');
  const rest = [(lines[line - 1] ?? '').slice(column), ...lines.slice(line)].join('\n').trimStart();
  if (rest === '') return 'Unexpected end of input';
  if (/^["']/.test(rest)) return 'Unexpected string';
  if (rest.startsWith('`')) return 'Unexpected template string';
  if (/^\.?\d/.test(rest)) return 'Unexpected number';
  const word = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(rest)?.[0];
  if (word !== undefined) return KEYWORD.test(word) ? `${message} '${word}'` : `Unexpected identifier '${word}'`;
  return `${message} '${PUNCTUATOR.exec(rest)?.[0] ?? rest[0]}'`;
}

const KEYWORD = /^(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with)$/;
const PUNCTUATOR = /^(?:>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*)/;
