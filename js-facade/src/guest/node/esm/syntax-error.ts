/** Syntax errors of ES modules, in the engine's words where it can be asked. */

import type { SourceSyntaxError } from '../../transpile';
import type { Environment } from '../environment';
import { showPlace } from '../script-compiler';

/** A SyntaxError as Node shows it: `file:line`, the line, a caret, then the message. `error` is what the parser of `transpile.wasm` found. */
export function moduleSyntaxError(env: Environment, error: SourceSyntaxError, url: string, source: string): Error {
  // Some are worded as engines do already: what is blanked below would take their place away.
  if (!error.message.startsWith("Unexpected identifier '")) {
    const known = env.compiler.asyncBodyError(withoutModuleSyntax(source), { strict: true, file: url, source });
    // SpiderMonkey's errors, which have this property, are worded unlike Node's.
    if (known instanceof SyntaxError && !('lineNumber' in known)) return known;
  }
  const { line, column } = tokenAt(error, source);
  const text = source.split('\n')[line - 1] ?? '';
  const plain = new SyntaxError(wording(error.message, source, line, column));
  showPlace(env, plain, `${url}:${line}\n${text}\n${' '.repeat(column)}^\n`);
  return plain;
}

/** Whole imports and exports of other modules, and the words before other exports: without them the source is the body of a function. */
const MODULE_SYNTAX = [
  /^[ \t]*import\b(?!\s*[.(])(?:[\s\w$*{},]|(['"])[^'"\n]*\1(?=\s*(?:,|\}|as\b)))*?(['"])[^'"\n]*\2(?:\s*with\s*\{[^}]*\})?/gmu,
  /^[ \t]*export\s*(?:\*|\{[^}]*\})(?:\s*as\s+[^\s;]+)?(?:\s*from\s*(['"])[^'"\n]*\1)?/gm,
  /^[ \t]*export\s+default\s+(?=(?:async\s+)?function\s*[*\s]\s*[\w$]|class\s+(?!extends)[\w$])/gm,
  /^[ \t]*export\s+(?=(?:async\s+)?function|class|const|let|var)/gm,
  /\bimport\.meta\b/g,
];

function withoutModuleSyntax(source: string): string {
  let text = source;
  for (const pattern of MODULE_SYNTAX) {
    text = text.replace(pattern, (found) => (found === 'import.meta' ? 'Symbol.meta' : found.replace(/[^\n]/g, ' ')));
  }
  // An assignment to a name that is not used: the expression's place stays.
  return text.replace(/^([ \t]*)export\s+default\b/gm, (found, indent: string) => `${indent}return ${' '.repeat(found.length - indent.length - 'return '.length)}`);
}

/** The parser tells where something is missing; engines name what stands there instead. */
function tokenAt({ message, line, column }: SourceSyntaxError, source: string): { line: number; column: number } {
  if (!message.startsWith('Expected')) return { line, column };
  const lines = source.split('\n');
  let at = column + /^\s*/.exec((lines[line - 1] ?? '').slice(column))![0].length;
  let row = line;
  while (row < lines.length && at >= lines[row - 1]!.length) at = /^\s*/.exec(lines[row++]!)![0].length;
  return { line: row, column: at };
}

/** V8's words: "Unexpected token" names the token, and names stand in single quotes. */
function wording(message: string, source: string, line: number, column: number): string {
  if (!/^(?:Unexpected token$|Expected )/.test(message)) return message.replaceAll('`', "'");
  const lines = source.split('\n');
  const rest = [(lines[line - 1] ?? '').slice(column), ...lines.slice(line)].join('\n').trimStart();
  if (rest === '') return 'Unexpected end of input';
  if (/^["']/.test(rest)) return 'Unexpected string';
  if (rest.startsWith('`')) return 'Unexpected template string';
  if (/^\.?\d/.test(rest)) return 'Unexpected number';
  const word = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(rest)?.[0];
  if (word !== undefined) return KEYWORD.test(word) ? `Unexpected token '${word}'` : `Unexpected identifier '${word}'`;
  return `Unexpected token '${PUNCTUATOR.exec(rest)?.[0] ?? rest[0]}'`;
}

const KEYWORD = /^(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with)$/;
const PUNCTUATOR = /^(?:>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*)/;
