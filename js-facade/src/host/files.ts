/** Whole-file and directory operations on the kernel's file system, for the page. Paths are absolute; errors name the path the caller gave. */

import type { HostCalls } from '../guest/syscalls';
import type { WireDirent } from '../api/protocol';
import {
  DIRENT_DIRECTORY, EAGAIN, EEXIST, EINTR, EISDIR, ENOENT, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, STAT_FIELDS, STAT_MODE, STAT_SIZE, S_IFDIR, S_IFMT,
  SystemError, check,
} from './linux';
import type { LazyFiles } from './lazy-files';

const CHUNK = 1024 * 1024;

/** A path and how to call it in errors. */
export interface Target { path: string; name: string }

export class Files {
  private readonly stats = new Float64Array(STAT_FIELDS);

  constructor(private readonly sys: HostCalls, private readonly lazy: LazyFiles) {}

  /** The whole file; waits for the contents of a lazy one. */
  async read({ path, name }: Target): Promise<Uint8Array<ArrayBuffer>> {
    const fd = check(this.sys.open(path, O_RDONLY, 0), 'open', name);
    try {
      check(this.sys.fstat(fd, this.stats), 'fstat', name);
      if ((this.stats[STAT_MODE] & S_IFMT) === S_IFDIR) throw new SystemError(EISDIR, 'read');
      let buffer = new Uint8Array(this.stats[STAT_SIZE] + 1);
      let length = 0;
      for (;;) {
        // The size may be wrong (devices, /proc, a file that grows): read until end of file.
        if (length === buffer.length) {
          const larger = new Uint8Array(Math.max(CHUNK, buffer.length * 2));
          larger.set(buffer);
          buffer = larger;
        }
        const count = this.sys.read(fd, buffer.subarray(length), -1, true);
        if (count === -EAGAIN && (await this.lazy.progress())) continue;
        if (count === 0) return buffer.slice(0, length);
        else if (count !== -EINTR) length += check(count, 'read', name);
      }
    } finally {
      this.sys.close(fd);
    }
  }

  write({ path, name }: Target, bytes: Uint8Array, mode = 0o666): void {
    const fd = check(this.sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode), 'open', name);
    try {
      for (let offset = 0; offset < bytes.length;) offset += check(this.sys.write(fd, bytes.subarray(offset), -1, true), 'write', name);
    } finally {
      this.sys.close(fd);
    }
  }

  /** Like `fs.mkdir`: with `recursive` it answers the first directory it made, or undefined. */
  mkdir({ path, name }: Target, recursive: boolean): string | undefined {
    if (!recursive) {
      check(this.sys.mkdir(path, 0o777), 'mkdir', name);
      return undefined;
    }
    let first: string | undefined;
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const result = this.sys.mkdir(part, 0o777);
      if (result === 0) first ??= part;
      else if (result !== -EEXIST || (end < 0 && !this.isDirectory(part))) check(result, 'mkdir', name);
      if (end < 0) return first;
    }
  }

  /** Like `fs.rm`. */
  rm({ path, name }: Target, force: boolean, recursive: boolean): void {
    const found = this.sys.stat(path, this.stats, false);
    if (found === -ENOENT && force) return;
    check(found, 'lstat', name);
    if ((this.stats[STAT_MODE] & S_IFMT) !== S_IFDIR) check(this.sys.unlink(path), 'unlink', name);
    else if (recursive) this.removeTree(path, name);
    else throw directoryGiven(name);
  }

  rename(from: Target, to: Target): void {
    check(this.sys.rename(from.path, to.path), 'rename', from.name, to.name);
  }

  /** Entries sorted by name. */
  readdir({ path, name }: Target): WireDirent[] {
    const entries = this.sys.readdir(path);
    if (typeof entries === 'number') throw new SystemError(-entries, 'scandir', name);
    return entries.map((entry) => ({ name: entry.name.slice(), kind: entry.kind })).sort((a, b) => compareBytes(a.name, b.name));
  }

  isDirectory(path: string): boolean {
    return this.sys.stat(path, this.stats, true) === 0 && (this.stats[STAT_MODE] & S_IFMT) === S_IFDIR;
  }

  private removeTree(path: string, name: string): void {
    const decoder = new TextDecoder();
    for (const entry of this.readdir({ path, name })) {
      const child = decoder.decode(entry.name);
      if (entry.kind === DIRENT_DIRECTORY) this.removeTree(`${path}/${child}`, `${name}/${child}`);
      else check(this.sys.unlink(`${path}/${child}`), 'unlink', `${name}/${child}`);
    }
    check(this.sys.rmdir(path), 'rmdir', name);
  }
}

/** `fs.rm` of a directory without `recursive`: the one error here that Node words itself. */
function directoryGiven(name: string): Error {
  const error = new Error(`Path is a directory: rm returned EISDIR (is a directory) ${name}`);
  error.name = 'SystemError';
  return Object.assign(error, { code: 'ERR_FS_EISDIR', errno: EISDIR, syscall: 'rm', path: name });
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
