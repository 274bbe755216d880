/** Whole trees: `rmSync` and the native parts of `cpSync`. Texts and codes are those of Node's `src/node_file.cc`. */

import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { encodeUtf8 } from '../stream-base';
import { codedError, UV, uvErrorName } from '../uv-errors';
import { joinBytes, parentOf, trimSlashes } from './paths';
import type { FileRequests } from './request';

const MODE = 1, DEV = 0, INO = 7;

export function treeFunctions(fs: FileRequests, copy: (source: Path, target: Path, mode: number) => number) {
  /** The stat fields of `path`, or an error. */
  function look(path: Path, followLink: boolean): Float64Array | number {
    const stat = new Float64Array(STAT_FIELDS);
    const result = fs.sys.stat(path, stat, followLink);
    return result < 0 ? result : stat;
  }

  /** Answers 0 or an error and the path it is about. Paths are bytes: a name need not be UTF-8. */
  function removeTree(path: Uint8Array): { error: number; path: Uint8Array } {
    const stat = look(path, false);
    if (typeof stat === 'number') return { error: stat === UV.ENOENT ? 0 : stat, path };
    if ((stat[MODE] & S_IFMT) !== S_IFDIR) return { error: fs.sys.unlink(path), path };
    const entries = fs.sys.readdir(path);
    if (typeof entries === 'number') return { error: entries, path };
    for (const { name } of entries) {
      const result = removeTree(joinBytes(path, name));
      if (result.error < 0) return result;
    }
    return { error: fs.sys.rmdir(path), path };
  }

  function makeParents(path: string): void {
    const result = fs.sys.mkdir(path, 0o777);
    if (result !== UV.ENOENT) return;
    const parent = parentOf(path);
    if (parent === path) return;
    makeParents(parent);
    fs.sys.mkdir(path, 0o777);
  }

  function keepTimes(source: string, target: string): void {
    const stat = look(source, true);
    if (typeof stat === 'number') throw fs.exception(stat, 'stat', source);
    const result = fs.sys.utimes(target, stat[10] + stat[11] / 1e9, stat[12] + stat[13] / 1e9, true);
    if (result < 0) throw fs.exception(result, 'utime', target);
  }

  function copyLink(source: string, target: string, options: CopyOptions): void {
    const link = fs.sys.readlink(source);
    if (typeof link === 'number') throw fs.exception(link, 'readlink', source);
    const { posix } = fs.env.requireBuiltin('path');
    const absolute = (target: string, link: string): string => posix.resolve(parentOf(posix.resolve(link)), target);
    const written = fs.decode(link);
    const destination = options.verbatimSymlinks ? written : absolute(written, source);
    const there = look(target, false);
    if (typeof there !== 'number' && !options.verbatimSymlinks) {
      if ((there[MODE] & S_IFMT) === S_IFREG && (!options.dereference || (!options.force && options.errorOnExist))) {
        throw fs.exception(UV.EEXIST, 'cp', target);
      }
      const before = fs.sys.readlink(target);
      if (typeof before === 'number') throw fs.exception(before, 'cp', target);
      refuseLinks(destination, absolute(fs.decode(before), target), target, options);
      // Links are replaced even without `force`.
      const removed = fs.sys.unlink(target);
      if (removed < 0) throw fs.exception(removed, 'unlink', target);
    }
    const result = fs.sys.symlink(destination, target);
    if (result < 0) throw fs.exception(result, 'symlink', destination, target);
  }

  /** A link to `after` must not replace one to `before` when one directory holds the other. */
  function refuseLinks(after: string, before: string, target: string, options: CopyOptions): void {
    const isDirectory = (path: string) => {
      const stat = look(path, true);
      return typeof stat !== 'number' && (stat[MODE] & S_IFMT) === S_IFDIR;
    };
    if (!options.dereference && isDirectory(after) && isInside(after, before)) {
      throw codedError('ERR_FS_CP_EINVAL', `Cannot copy ${after} to a subdirectory of self ${before}`);
    }
    if (isDirectory(target) && isInside(before, after)) {
      throw codedError('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY', `cannot overwrite ${before} with ${after}`);
    }
  }

  function copyDirectory(source: string, target: string, options: CopyOptions): void {
    const made = fs.sys.mkdir(target, 0o777);
    if (made === UV.ENOENT) makeParents(target);
    else if (made < 0 && made !== UV.EEXIST) throw fs.exception(made, 'cp', target);
    const entries = fs.sys.readdir(source);
    if (typeof entries === 'number') throw fs.exception(entries, 'cp', source, target);
    for (const entry of entries) {
      const name = fs.decode(entry.name);
      const from = join(source, name);
      const to = join(target, name);
      // In Node 24 links inside the tree stay links even with `dereference`.
      const follow = options.dereference && (options.asynchronous || fs.env.data.behaviour.cpSyncFollowsLinks);
      const stat = look(from, follow);
      if (typeof stat === 'number') throw follow ? fs.exception(stat, 'stat', from) : fs.exception(stat, 'cp', from, to);
      switch (stat[MODE] & S_IFMT) {
        case S_IFDIR:
          copyDirectory(from, to, options);
          break;
        case S_IFLNK:
          copyLink(from, to, options);
          break;
        case S_IFSOCK:
        case S_IFIFO:
          if (options.asynchronous) throw new SpecialFile((stat[MODE] & S_IFMT) === S_IFSOCK ? 'socket' : 'fifo', to);
          copyRegular(from, to, options);
          break;
        default:
          copyRegular(from, to, options);
      }
    }
  }

  function copyRegular(source: string, target: string, options: CopyOptions): void {
    if (!options.force && typeof look(target, false) !== 'number') {
      if (options.errorOnExist) throw alreadyExists(target);
      return;
    }
    const result = copy(source, target, options.mode ?? 0);
    if (result < 0) throw fs.exception(result, options.asynchronous ? 'copyfile' : 'cp', source, target);
    if (options.preserveTimestamps) keepTimes(source, target);
  }

  return {
    copyDirectory,

    binding: {
      /** Removes `path`; nothing there is not an error. Retries are of no use: nothing in our file system is busy for a while only. */
      rmSync(path: Path, _maxRetries: number, recursive: boolean, _retryDelay: number): void {
        const text = typeof path === 'string' ? path : fs.decode(path);
        const stat = look(text, false);
        if (typeof stat !== 'number' && (stat[MODE] & S_IFMT) === S_IFDIR && !recursive) {
          throw codedError('ERR_FS_EISDIR', `Path is a directory: ${text}`);
        }
        const trimmed = trimSlashes(text);
        const result = removeTree(trimmed === text && typeof path !== 'string' ? path : encodeUtf8(fs.env, trimmed));
        if (result.error < 0) throw removalError(result.error, fs.decode(result.path));
      },

      /** Refuses what `cp` cannot do and makes the parents of `dest`. */
      cpSyncCheckPaths(src: string, dest: string, dereference: boolean, recursive: boolean): void {
        const source = look(src, dereference);
        if (typeof source === 'number') throw fs.exception(source, dereference ? 'stat' : 'lstat', src);
        const type = source[MODE] & S_IFMT;
        const isDirectory = type === S_IFDIR;
        const target = look(dest, dereference);
        if (typeof target !== 'number') {
          if (isSame(source, target)) throw codedError('ERR_FS_CP_EINVAL', `src and dest cannot be the same ${dest}`);
          const targetIsDirectory = (target[MODE] & S_IFMT) === S_IFDIR;
          if (isDirectory && !targetIsDirectory) {
            throw codedError('ERR_FS_CP_DIR_TO_NON_DIR', `Cannot overwrite non-directory ${dest} with directory ${src}`);
          }
          if (!isDirectory && targetIsDirectory) {
            throw codedError('ERR_FS_CP_NON_DIR_TO_DIR', `Cannot overwrite directory ${dest} with non-directory ${src}`);
          }
        }
        const prefix = src.endsWith('/') ? src : `${src}/`;
        const intoItself = () => codedError('ERR_FS_CP_EINVAL', `Cannot copy ${prefix} to a subdirectory of self ${dest}`);
        if (isDirectory && dest.startsWith(prefix)) throw intoItself();
        if (isDirectory) {
          const { posix } = fs.env.requireBuiltin('path');
          for (let parent: string = parentOf(posix.resolve(dest)); parent !== '/'; parent = parentOf(parent)) {
            const stat = look(parent, true);
            if (typeof stat !== 'number' && isSame(source, stat)) throw intoItself();
          }
        }
        if (isDirectory && !recursive) {
          throw codedError('ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: ${prefix}`);
        }
        if (type === S_IFSOCK) throw codedError('ERR_FS_CP_SOCKET', `Cannot copy a socket file: ${dest}`);
        if (type === S_IFIFO) throw codedError('ERR_FS_CP_FIFO_PIPE', `Cannot copy a FIFO pipe: ${dest}`);
        if (typeof target === 'number') {
          const parent = parentOf(dest);
          if (parent !== dest) makeParents(parent);
        }
      },

      cpSyncOverrideFile(src: string, dest: string, mode: number, preserveTimestamps: boolean): void {
        // What is there may be a link, which must not lead the copy elsewhere.
        const removed = fs.sys.unlink(dest);
        if (removed < 0) throw fs.exception(removed, 'unlink', dest);
        const result = copy(src, dest, mode);
        if (result < 0) throw fs.exception(result, 'cp', src, dest);
        if (preserveTimestamps) keepTimes(src, dest);
      },

      cpSyncCopyDir(
        src: string, dest: string, force: boolean, dereference: boolean, errorOnExist: boolean, verbatimSymlinks: boolean,
        preserveTimestamps: boolean,
      ): void {
        copyDirectory(src, dest, { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps });
      },
    },
  };
}

/** A file that has no contents to copy. `path` is where they would have gone. */
export class SpecialFile extends Error {
  constructor(readonly kind: 'socket' | 'fifo', readonly path: string) {
    super(`cannot copy ${kind}`);
  }
}

/** Copies what is in one directory into another. Throws what Node's `cp` does, and (with `asynchronous`) {@link SpecialFile}. */
export type CopyDirectory = (source: string, target: string, options: CopyOptions) => void;

export interface CopyOptions {
  force: boolean;
  dereference: boolean;
  errorOnExist: boolean;
  verbatimSymlinks: boolean;
  preserveTimestamps: boolean;
  /** Flags of `copyFile`. */
  mode?: number;
  /** For `cp`, not `cpSync`. */
  asynchronous?: boolean;
}

function join(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** Whether `path` is `directory` or in it; both are absolute. */
function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a[DEV] === b[DEV] && a[INO] === b[INO];
}

function alreadyExists(path: string): Error {
  return codedError('ERR_FS_CP_EEXIST', `[ERR_FS_CP_EEXIST]: Target already exists: cp returned EEXIST (${path} already exists)`);
}

/** `rmSync` words its errors differently from all other calls, and its `errno` is positive. */
function removalError(error: number, path: string): Error {
  const code = uvErrorName(error);
  const texts: Record<string, string> = {
    EPERM: 'Operation not permitted',
    ENOTEMPTY: 'Directory not empty',
    EACCES: 'Permission denied',
    EBUSY: 'Device or resource busy',
  };
  const text = `${texts[code] ?? 'Unknown error'}: ${path}`;
  return Object.assign(new Error(`${code}, ${text} '${path}'`), { errno: -error, code, path, syscall: 'rm' });
}
