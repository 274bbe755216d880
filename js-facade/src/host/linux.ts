/** Numbers of Linux (x86-64) that the host uses, and error objects as Node makes them from an errno. */

export const O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0o100, O_EXCL = 0o200, O_TRUNC = 0o1000;
export const EINTR = 4, EIO = 5, ENOEXEC = 8, ECHILD = 10, EAGAIN = 11, ENOENT = 2, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENOTEMPTY = 39, EINPROGRESS = 115;
export const SIGHUP = 1, SIGINT = 2, SIGABRT = 6, SIGKILL = 9, SIGTERM = 15;

/** Kinds of directory entries (`UV_DIRENT_*`). */
export const DIRENT_FILE = 1, DIRENT_DIRECTORY = 2, DIRENT_LINK = 3;

/** Places in the array that `stat` fills. */
export const STAT_MODE = 1, STAT_SIZE = 8, STAT_MTIME_S = 12, STAT_MTIME_NS = 13;
export const STAT_FIELDS = 18;
export const S_IFMT = 0o170000, S_IFDIR = 0o040000, S_IFREG = 0o100000, S_IFLNK = 0o120000;

/** errno → code and text, as libuv words them. */
const ERRORS: Record<number, [code: string, text: string]> = {
  1: ['EPERM', 'operation not permitted'],
  2: ['ENOENT', 'no such file or directory'],
  3: ['ESRCH', 'no such process'],
  4: ['EINTR', 'interrupted system call'],
  5: ['EIO', 'i/o error'],
  7: ['E2BIG', 'argument list too long'],
  8: ['ENOEXEC', 'exec format error'],
  9: ['EBADF', 'bad file descriptor'],
  10: ['ECHILD', 'no child processes'],
  11: ['EAGAIN', 'resource temporarily unavailable'],
  12: ['ENOMEM', 'not enough memory'],
  13: ['EACCES', 'permission denied'],
  14: ['EFAULT', 'bad address in system call argument'],
  16: ['EBUSY', 'resource busy or locked'],
  17: ['EEXIST', 'file already exists'],
  18: ['EXDEV', 'cross-device link not permitted'],
  20: ['ENOTDIR', 'not a directory'],
  21: ['EISDIR', 'illegal operation on a directory'],
  22: ['EINVAL', 'invalid argument'],
  23: ['ENFILE', 'file table overflow'],
  24: ['EMFILE', 'too many open files'],
  25: ['ENOTTY', 'inappropriate ioctl for device'],
  26: ['ETXTBSY', 'text file is busy'],
  27: ['EFBIG', 'file too large'],
  28: ['ENOSPC', 'no space left on device'],
  29: ['ESPIPE', 'invalid seek'],
  30: ['EROFS', 'read-only file system'],
  31: ['EMLINK', 'too many links'],
  32: ['EPIPE', 'broken pipe'],
  36: ['ENAMETOOLONG', 'name too long'],
  38: ['ENOSYS', 'function not implemented'],
  39: ['ENOTEMPTY', 'directory not empty'],
  40: ['ELOOP', 'too many symbolic links encountered'],
  95: ['ENOTSUP', 'operation not supported on socket'],
  98: ['EADDRINUSE', 'address already in use'],
  101: ['ENETUNREACH', 'network is unreachable'],
  104: ['ECONNRESET', 'connection reset by peer'],
  107: ['ENOTCONN', 'socket is not connected'],
  110: ['ETIMEDOUT', 'connection timed out'],
  111: ['ECONNREFUSED', 'connection refused'],
  115: ['EINPROGRESS', 'operation now in progress'],
};

/** An error as Node's `fs` throws it: `ENOENT: no such file or directory, open 'x'`, with `code`, `errno`, `syscall`, `path`, `dest`. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;

  /** `errno` is the positive number; `path` and `dest` are quoted in the text as the caller gave them. */
  constructor(errno: number, readonly syscall: string, readonly path?: string, readonly dest?: string) {
    const [code, text] = ERRORS[errno] ?? [`UNKNOWN`, `unknown error ${errno}`];
    const subject = path === undefined ? '' : dest === undefined ? ` '${path}'` : ` '${path}' -> '${dest}'`;
    super(`${code}: ${text}, ${syscall}${subject}`);
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
