/** Stands in for `internal/deps/amaro`, the TypeScript stripper of Node's library, with the one of `transpile.wasm`. */

import { SourceSyntaxError } from '../transpile';
import { transpilerOf } from './bindings/module_wrap';
import type { Environment } from './environment';
import { unavailable } from './node-error';

/** Its id among the builtins. */
export const AMARO = 'internal/deps/amaro/dist/index';

export function createAmaro(env: Environment): { transformSync(source: string, options: { mode: string; filename: string }): { code: string } } {
  return {
    transformSync(source, { mode, filename }) {
      if (mode !== 'strip-only') throw unavailable('--experimental-transform-types');
      try {
        return { code: transpilerOf(env).stripTypes(source) };
      } catch (error) {
        if (!(error instanceof SourceSyntaxError)) throw error;
        const text = source.split('\n')[error.line - 1] ?? '';
        const width = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(text.slice(error.column))?.[0].length ?? 1;
        // The plain object that amaro throws.
        throw {
          code: error.unsupported ? 'UnsupportedSyntax' : 'InvalidSyntax',
          message: error.message,
          filename,
          startLine: error.line,
          startColumn: error.column,
          snippet: `${text}\n${' '.repeat(error.column)}${'^'.repeat(width)}`,
        };
      }
    },
  };
}
