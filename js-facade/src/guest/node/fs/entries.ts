/** Calls that make, remove and change entries by path. */

import { S_IFDIR, S_IFMT, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { encodeUtf8 } from '../stream-base';
import { UV } from '../uv-errors';
import { validFileMode } from './arguments';
import { joinBytes, parentOf, trimSlashes } from './paths';
import type { FileRequest, FileRequests } from './request';

const F_OK = 0;
/** Kinds of directory entries. */
const DIRENT_DIRECTORY = 2, DIRENT_LINK = 3;
const PRIVATE_DIRECTORY = 0o700;
const MKDTEMP_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MKDTEMP_LENGTH = 6;
/** As often as glibc's mkdtemp(3) would have to be very unlucky. */
const MKDTEMP_ATTEMPTS = 100;

export function entryFunctions(fs: FileRequests) {
  const done = (req: FileRequest, result: number, syscall: string, path: Path, dest?: Path) =>
    fs.finish(req, result, undefined, syscall, path, dest);

  /** Makes `path` and its missing parents. Answers the first one made, nothing if all were there, or an error. */
  function makeDirectories(path: string, mode: number): string | undefined | number {
    const result = fs.sys.mkdir(path, mode);
    if (result >= 0) return path;
    if (result === UV.ENOENT) {
      const parent = parentOf(path);
      if (parent === path || parent === '') return result;
      const first = makeDirectories(parent, mode);
      if (typeof first === 'number') return first;
      const again = fs.sys.mkdir(path, mode);
      if (again < 0 && again !== UV.EEXIST) return again;
      return first ?? (again >= 0 ? path : undefined);
    }
    if (result === UV.EEXIST || result === UV.EISDIR) {
      const stat = new Float64Array(STAT_FIELDS);
      const found = fs.sys.stat(path, stat, true);
      // A link that leads nowhere is no folder, and none is made where it leads.
      if (found < 0) return found;
      return (stat[1] & S_IFMT) === S_IFDIR ? undefined : UV.EEXIST;
    }
    return result;
  }

  function leadsToDirectory(path: Uint8Array): boolean {
    const stat = new Float64Array(STAT_FIELDS);
    return fs.sys.stat(path, stat, true) >= 0 && (stat[1] & S_IFMT) === S_IFDIR;
  }

  return {
    access: (path: Path, mode: unknown, req?: FileRequest) => done(req, fs.sys.access(path, validFileMode(mode, F_OK)), 'access', path),

    existsSync: (path: Path): boolean => fs.sys.access(path, 0) >= 0,

    mkdir(path: Path, mode: number, recursive: boolean, req?: FileRequest): unknown {
      if (!recursive) return done(req, fs.sys.mkdir(path, mode), 'mkdir', path);
      const text = typeof path === 'string' ? path : fs.decode(path);
      const first = makeDirectories(trimSlashes(text), mode);
      if (typeof first === 'number') return done(req, first, 'mkdir', path);
      return fs.finish(req, 0, first, 'mkdir', path);
    },

    rmdir: (path: Path, req?: FileRequest) => done(req, fs.sys.rmdir(path), 'rmdir', path),
    unlink: (path: Path, req?: FileRequest) => done(req, fs.sys.unlink(path), 'unlink', path),
    rename: (from: Path, to: Path, req?: FileRequest) => done(req, fs.sys.rename(from, to), 'rename', from, to),
    link: (from: Path, to: Path, req?: FileRequest) => done(req, fs.sys.link(from, to), 'link', from, to),
    symlink: (target: Path, path: Path, _flags: number, req?: FileRequest) =>
      done(req, fs.sys.symlink(target, path), 'symlink', target, path),

    readlink(path: Path, encoding: string, req?: FileRequest): unknown {
      const answer = fs.sys.readlink(path);
      if (typeof answer === 'number') return done(req, answer, 'readlink', path);
      return fs.finish(req, 0, fs.encodeName(answer, encoding), 'readlink', path);
    },

    realpath(path: Path, encoding: string, req?: FileRequest): unknown {
      const answer = fs.sys.realpath(path);
      if (typeof answer === 'number') return done(req, answer, 'realpath', path);
      return fs.finish(req, 0, fs.encodeName(answer, encoding), 'realpath', path);
    },

    /** Names, or with `withTypes` two arrays: names and libuv's entry types. */
    readdir(path: Path, encoding: string, withTypes: boolean, req?: FileRequest): unknown {
      const answer = fs.sys.readdir(path);
      if (typeof answer === 'number') return done(req, answer, 'scandir', path);
      const names = answer.map((entry) => fs.encodeName(entry.name, encoding));
      const value = withTypes ? [names, answer.map((entry) => entry.kind)] : names;
      return fs.finish(req, 0, value, 'scandir', path);
    },

    /**
     * Names below `path` relative to it, directory by directory; links to directories are followed. With `withTypes`: names without their
     * directory, types, how many each directory has, and the directories.
     */
    readdirRecursive(path: Path, encoding: string, withTypes: boolean, req?: FileRequest): unknown {
      const root = typeof path === 'string' ? encodeUtf8(fs.env, path) : path;
      const directories: Uint8Array[] = [new Uint8Array(0)];
      const names: unknown[] = [], types: number[] = [], counts: number[] = [];
      for (const directory of directories) {
        const folder = directory.length === 0 ? root : joinBytes(root, directory);
        const answer = fs.sys.readdir(folder);
        if (typeof answer === 'number') return done(req, answer, 'scandir', folder);
        counts.push(answer.length);
        for (const { name: entry, kind } of answer) {
          const name = entry.slice();
          const relative = directory.length === 0 ? name : joinBytes(directory, name);
          names.push(fs.encodeName(withTypes ? name : relative, encoding));
          types.push(kind);
          if (kind === DIRENT_DIRECTORY || (kind === DIRENT_LINK && leadsToDirectory(joinBytes(root, relative)))) directories.push(relative);
        }
      }
      const value = withTypes ? [names, types, counts, directories.map((directory) => fs.encodeName(directory, encoding))] : names;
      return fs.finish(req, 0, value, 'scandir', path);
    },

    chmod: (path: Path, mode: number, req?: FileRequest) => done(req, fs.sys.chmod(path, mode, true), 'chmod', path),
    chown: (path: Path, uid: number, gid: number, req?: FileRequest) => done(req, fs.sys.chown(path, uid, gid, true), 'chown', path),
    lchown: (path: Path, uid: number, gid: number, req?: FileRequest) => done(req, fs.sys.chown(path, uid, gid, false), 'lchown', path),
    utimes: (path: Path, atime: number, mtime: number, req?: FileRequest) =>
      done(req, fs.sys.utimes(path, atime, mtime, true), 'utime', path),
    lutimes: (path: Path, atime: number, mtime: number, req?: FileRequest) =>
      done(req, fs.sys.utimes(path, atime, mtime, false), 'lutime', path),

    mkdtemp(prefix: Path, encoding: string, req?: FileRequest): unknown {
      const start = typeof prefix === 'string' ? prefix : fs.decode(prefix);
      let result: number = UV.EEXIST;
      let path = '';
      for (let attempt = 0; attempt < MKDTEMP_ATTEMPTS && result === UV.EEXIST; attempt++) {
        path = start + randomSuffix(fs);
        result = fs.sys.mkdir(path, PRIVATE_DIRECTORY);
      }
      if (result < 0) return done(req, result, 'mkdtemp', `${start}XXXXXX`);
      return fs.finish(req, 0, fs.encodeName(encodeUtf8(fs.env, path), encoding), 'mkdtemp', path);
    },
  };
}

function randomSuffix(fs: FileRequests): string {
  let suffix = '';
  for (const byte of fs.env.host.crypto.getRandomValues(new Uint8Array(MKDTEMP_LENGTH))) {
    suffix += MKDTEMP_ALPHABET[byte % MKDTEMP_ALPHABET.length];
  }
  return suffix;
}
