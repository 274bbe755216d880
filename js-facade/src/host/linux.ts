/** What of Linux the host uses: error numbers, places in results, and error objects as Node makes them from an errno. */

import { uvErrorName, uvErrorText } from '../guest/node/uv-errors';

export * from '../guest/linux';

export const EINTR = 4, EIO = 5, ENOEXEC = 8, ECHILD = 10, EAGAIN = 11, ENOENT = 2, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENOTEMPTY = 39, EINPROGRESS = 115;

/** Kinds of directory entries (`UV_DIRENT_*`). */
export const DIRENT_FILE = 1, DIRENT_DIRECTORY = 2, DIRENT_LINK = 3;

/** Places in the array that `stat` fills. */
export const STAT_MODE = 1, STAT_SIZE = 8, STAT_MTIME_S = 12, STAT_MTIME_NS = 13;

/** An error as Node's `fs` throws it: `ENOENT: no such file or directory, open 'x'`, with `code`, `errno`, `syscall`, `path`, `dest`. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;

  /** `errno` is the positive number; `path` and `dest` are quoted in the text as the caller gave them. */
  constructor(errno: number, readonly syscall: string, readonly path?: string, readonly dest?: string) {
    const code = uvErrorName(-errno);
    const subject = path === undefined ? '' : dest === undefined ? ` '${path}'` : ` '${path}' -> '${dest}'`;
    super(`${code}: ${uvErrorText(-errno)}, ${syscall}${subject}`);
    this.name = 'Error';
    this.code = code;
    this.errno = -errno;
  }
}

/** Throws for a negated errno; answers everything else. */
export function check(result: number, syscall: string, path?: string, dest?: string): number {
  if (result < 0) throw new SystemError(-result, syscall, path, dest);
  return result;
}
