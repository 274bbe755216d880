/** Stands in for `internal/deps/amaro`, the TypeScript compiler of Node's library, with `transpile.wasm` and, for more than types, `transform.wasm`. */

import { SourceSyntaxError, Transpiler } from '../transpile';
import { transpilerOf } from './bindings/module_wrap';
import type { Environment } from './environment';

/** Its id among the builtins. */
export const AMARO = 'internal/deps/amaro/dist/index';

interface Options {
  mode: 'strip-only' | 'transform';
  filename: string;
  sourceMap?: boolean;
}

export function createAmaro(env: Environment): { transformSync(source: string, options: Options): { code: string; map?: string } } {
  let transformer: Transpiler | undefined;

  return {
    transformSync(source, { mode, filename, sourceMap }) {
      try {
        if (mode === 'strip-only') return { code: transpilerOf(env).stripTypes(source) };
        transformer ??= new Transpiler(env.wasm('transform'), new env.host.TextEncoder(), new env.host.TextDecoder());
        // Without a name no map is made.
        return transformer.transformTypes(source, sourceMap ? filename : undefined);
      } catch (error) {
        if (!(error instanceof SourceSyntaxError)) throw error;
        const text = source.split('\n')[error.line - 1] ?? '';
        // A word, or the keyword `module` with the name behind it.
        const width = /^(?:module\s+)?[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(text.slice(error.column))?.[0].length ?? 1;
        // The plain object that amaro throws.
        throw {
          code: error.unsupported ? 'UnsupportedSyntax' : 'InvalidSyntax',
          message: error.message,
          filename,
          startLine: error.line,
          startColumn: error.column,
          snippet: `${text}\n${' '.repeat(error.column)}${'^'.repeat(width)}\n`,
        };
      }
    },
  };
}
