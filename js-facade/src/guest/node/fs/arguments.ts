/** Arguments that Node's native side checks, with its errors. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

/** `fd`, if it can be one: an int32 that is not negative. Throws as the library's own check does. */
export function validDescriptor(env: Environment, fd: unknown): number {
  if (typeof fd === 'number' && fd >= 0 && (fd | 0) === fd) return fd;
  return env.requireBuiltin('internal/fs/utils').getValidatedFd(fd);
}

/** `mode` of `access` and `copyFile`, which both are three bits; `fallback` for none. */
export function validFileMode(mode: unknown, fallback: number): number {
  if (mode === null || mode === undefined) return fallback;
  if (typeof mode !== 'number') throw codedError('ERR_INVALID_ARG_TYPE', 'mode must be int32 or null/undefined', TypeError);
  if (!Number.isFinite(mode)) throw codedError('ERR_OUT_OF_RANGE', 'mode is out of range', RangeError);
  if (mode < 0 || mode > 7) throw codedError('ERR_OUT_OF_RANGE', 'mode is out of range: >= 0 && <= 7', RangeError);
  return mode;
}
