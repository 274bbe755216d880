/** Source texts: compiling them under a name, and places in them. */

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
