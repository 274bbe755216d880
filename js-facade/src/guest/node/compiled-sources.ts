/** Source texts of the guest's code by script name, to show a line of and to know how far its first line is shifted. */

interface CompiledSource {
  file: string;
  source: string;
  /** Characters before the guest's code on the first line of what is compiled; positions on that line are told without them. */
  prefix: number;
  /** Added to a line and, on the first line, to a column (`vm.Script` options). */
  lineOffset: number;
  columnOffset: number;
  /** Where rewritten lines come from: five numbers a stretch, as `transpile.wasm` gives them. */
  stretches: Uint32Array;
}

const UNCHANGED: Uint32Array = new Uint32Array(0);
const STRETCH = 5;

/** Line and column (from 0) in the source of a position in what was compiled. */
function sourcePosition(stretches: Uint32Array, line: number, column: number): { line: number; column: number } {
  let low = 0;
  let high = stretches.length / STRETCH;
  // The last stretch that does not begin behind the position.
  while (low < high) {
    const middle = (low + high) >> 1;
    const stretchLine = stretches[middle * STRETCH]!;
    const after = stretchLine > line || (stretchLine === line && stretches[middle * STRETCH + 1]! > column);
    if (after) high = middle;
    else low = middle + 1;
  }
  const at = (low - 1) * STRETCH;
  if (low === 0 || stretches[at] !== line) return { line, column };
  const running = stretches[at + 4] === 1 ? column - stretches[at + 1]! : 0;
  return { line: stretches[at + 2]!, column: stretches[at + 3]! + running };
}

/** A name as the engine can carry it: `sourceURL` takes neither blanks nor quotes. */
function scriptName(file: string): string {
  return file.replace(/[\s'"]/g, (character) => encodeURIComponent(character).replace("'", '%27'));
}

export class CompiledSources {
  private readonly sources = new Map<string, CompiledSource>();

  /** Remembers a source; answers the comment that gives the code its name, to be put behind it. */
  add(file: string, source: string, prefix: number, lineOffset = 0, columnOffset = 0, stretches = UNCHANGED): string {
    const name = scriptName(file);
    this.sources.set(name, { file, source, prefix, lineOffset, columnOffset, stretches });
    return `\n//# sourceURL=${name}`;
  }

  has(name: string): boolean {
    return this.sources.has(name);
  }

  /** A position (from 1) in the guest's file, of one that the engine gave. */
  position(name: string, line: number, column: number): { file: string; line: number; column: number } {
    const known = this.sources.get(name);
    if (!known) return { file: name, line, column };
    const { file, prefix, lineOffset, columnOffset, stretches } = known;
    const place = sourcePosition(stretches, line - 1, Math.max(0, column - 1 - (line === 1 ? prefix : 0)));
    return { file, line: place.line + 1 + lineOffset, column: place.column + 1 + (place.line === 0 ? columnOffset : 0) };
  }

  /** Text of a line of the guest's file. */
  line(file: string, line: number): string | undefined {
    const known = this.sources.get(scriptName(file));
    if (!known) return undefined;
    const text = known.source;
    let start = 0;
    for (let current = 1 + known.lineOffset; current < line; current++) {
      start = text.indexOf('\n', start) + 1;
      if (start === 0) return undefined;
    }
    const end = text.indexOf('\n', start);
    const result = text.slice(start, end < 0 ? undefined : end);
    return result.endsWith('\r') ? result.slice(0, -1) : result;
  }
}
