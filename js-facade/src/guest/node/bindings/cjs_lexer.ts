/**
 * `internalBinding('cjs_lexer')`: names that a CommonJS module exports, guessed from its text by the patterns that cjs-module-lexer knows
 * (compilers' output and plain assignments).
 */

import type { Environment } from '../environment';

const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*`;
const EXPORTS = String.raw`(?:\bmodule\s*\.\s*exports|(?<![.\w$])exports)`;
const ASSIGNED = new RegExp(String.raw`${EXPORTS}\s*(?:\.\s*(${NAME})|\[\s*(['"])((?:\\.|(?!\2).)*)\2\s*\])\s*=(?!=)`, 'gu');
const DEFINED = new RegExp(String.raw`\bObject\s*\.\s*defineProperty\s*\(\s*${EXPORTS}\s*,\s*(['"])((?:\\.|(?!\1).)*)\1\s*,\s*\{\s*(?:enumerable\s*:\s*(?:true|!0)\s*,\s*)?(?:value\s*:|get\b)`, 'gu');
const WHOLE = /\bmodule\s*\.\s*exports\s*=\s*(?:require\s*\(\s*(['"])((?:\\.|(?!\1).)*)\1\s*\)|\{)/gu;
const STAR = /\b(?:__exportStar|__export|_export_star|tslib\w*\s*\.\s*__exportStar|__reExport)\s*\(\s*(?:\w+\s*,\s*)?(?:\w+\s*\(\s*)?require\s*\(\s*(['"])((?:\\.|(?!\1).)*)\1\s*\)/gu;
/** Babel's loop over the keys of what it re-exports. */
const KEYS_LOOP = /\bvar\s+(\w+)\s*=\s*(?:\w+\s*\(\s*)?require\s*\(\s*(['"])((?:\\.|(?!\2).)*)\2\s*\)\s*\)?\s*;\s*(?:\/\/[^\n]*\n|\s)*Object\s*\.\s*keys\s*\(\s*\1\s*\)\s*\.\s*forEach/gu;
const MEMBER = new RegExp(String.raw`\s*(?:\.\.\.\s*require\s*\(\s*(['"])((?:\\.|(?!\1).)*)\1\s*\)|(?:get\s+)?(${NAME})|(['"])((?:\\.|(?!\4).)*)\4)\s*`, 'uy');

export function parseExports(source: string): [names: Set<string>, reexports: string[]] {
  const names = new Set<string>();
  const reexports = new Set<string>();
  const text = withoutComments(source);
  for (const [, name, , quoted] of text.matchAll(ASSIGNED)) names.add(name ?? quoted!);
  for (const [, , name] of text.matchAll(DEFINED)) names.add(name!);
  for (const match of text.matchAll(WHOLE)) {
    // The last whole assignment is what counts for re-exports.
    if (match[2] !== undefined) {
      reexports.clear();
      reexports.add(match[2]);
    } else {
      literalMembers(text, match.index + match[0].length, names, reexports);
    }
  }
  for (const [, , specifier] of text.matchAll(STAR)) reexports.add(specifier!);
  for (const [, , , specifier] of text.matchAll(KEYS_LOOP)) reexports.add(specifier!);
  return [names, [...reexports]];
}

/** Members of `module.exports = {`, as far as they are plain: identifiers, `a: b`, strings, spreads of `require`. */
function literalMembers(text: string, start: number, names: Set<string>, reexports: Set<string>): void {
  MEMBER.lastIndex = start;
  for (let match = MEMBER.exec(text); match; match = MEMBER.exec(text)) {
    const [, , spread, identifier, , quoted] = match;
    if (spread !== undefined) reexports.add(spread);
    else names.add(identifier ?? quoted!);
    let at = MEMBER.lastIndex;
    if (text[at] === ':') {
      // Only an identifier may follow; anything more ends what a lexer can know.
      const value = /^:\s*[\p{ID_Start}$_][\p{ID_Continue}$.]*\s*/u.exec(text.slice(at, at + 200));
      if (!value) return;
      at += value[0].length;
    }
    if (text[at] !== ',') return;
    MEMBER.lastIndex = at + 1;
  }
}

/** Comments become blanks; strings, templates and regular expressions are left as they are, as far as a scan can tell them. */
function withoutComments(source: string): string {
  return source.replace(/(["'`])(?:\\[^]|(?!\1)[^\\])*\1|\/\*[^]*?\*\/|(?<![:\\])\/\/[^\n]*/g, (part) => (part[0] === '/' ? ' ' : part));
}

export function create(_env: Environment): Record<string, unknown> {
  return { parse: parseExports };
}
