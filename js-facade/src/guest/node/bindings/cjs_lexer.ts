/** `internalBinding('cjs_lexer')`: the names that a CommonJS module exports, read off its text by Node's own lexer. */

import { parse } from 'cjs-module-lexer';
import type { Environment } from '../environment';

/** A source that the lexer cannot read exports nothing by name; what is wrong with it shows when it is run. */
export function parseExports(source: string): [names: Set<string>, reexports: string[]] {
  try {
    const { exports, reexports } = parse(source);
    return [new Set(exports), reexports];
  } catch {
    return [new Set(), []];
  }
}

export function create(_env: Environment): Record<string, unknown> {
  return { parse: parseExports };
}
