/**
 * Caches of compiled code (`cachedData`). A page cannot have what its engine compiled, so a cache holds nothing; but whether it was made of
 * a source can be told as V8 tells it, which is by the source's length.
 */

import type { Environment } from '../environment';

const contents = (source: string) => `wosix ${source.length}`;

/** A Buffer, as Node's are. */
export function createCache(env: Environment, source: string): Uint8Array {
  return env.requireBuiltin('buffer').Buffer.from(contents(source));
}

export function fitsCache(cache: ArrayBufferView, source: string): boolean {
  return String.fromCharCode(...new Uint8Array(cache.buffer, cache.byteOffset, Math.min(cache.byteLength, 64))) === contents(source);
}
