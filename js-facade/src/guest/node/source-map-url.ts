/** The URL of a source map that a source names. */

const MAGIC_COMMENT = /\/\/[#@][ \t]sourceMappingURL=([^\s'"`]*)[ \t]*$/gm;

/** Of the last magic comment, wherever it stands, as V8 takes it. One with quotes is none: it may be in a string. */
export function sourceMapUrl(source: string): string | undefined {
  if (!source.includes('sourceMappingURL=')) return undefined;
  return [...source.matchAll(MAGIC_COMMENT)].at(-1)?.[1] || undefined;
}
