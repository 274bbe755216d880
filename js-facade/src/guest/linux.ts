/** Numbers of Linux (x86-64) that system calls take and answer. */

/** Flags of `open`. */
export const O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0o100, O_EXCL = 0o200, O_TRUNC = 0o1000, O_CLOEXEC = 0o2000000;
/** Signals. */
export const SIGABRT = 6, SIGKILL = 9, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGSTOP = 19;
/** The type in a mode. */
export const S_IFMT = 0o170000, S_IFDIR = 0o040000, S_IFREG = 0o100000, S_IFLNK = 0o120000, S_IFIFO = 0o010000, S_IFSOCK = 0o140000;
/** Numbers that `stat` answers: dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, then seconds and nanoseconds of atime, mtime, ctime, birthtime. */
export const STAT_FIELDS = 18;
