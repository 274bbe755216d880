/** Calls that move whole files: `readFileSync` and `writeFileSync` of text, `copyFile`. */

import { O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, S_IFDIR, S_IFMT, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { encodeUtf8 } from '../stream-base';
import { UV } from '../uv-errors';
import { validFileMode } from './arguments';
import type { FileRequest, FileRequests } from './request';

const COPYFILE_EXCL = 1, COPYFILE_FICLONE_FORCE = 4;

/** Most source files fit, so that reading one takes two calls and no allocation but the string. */
const scratch = new Uint8Array(64 * 1024);
const COPY_CHUNK = 1024 * 1024;

export function wholeFileFunctions(fs: FileRequests) {
  /** Everything from the descriptor's offset to the end, or an error. The answer may be a view of {@link scratch}. */
  function readAll(fd: number): Uint8Array | number {
    const chunks: Uint8Array[] = [];
    let buffer = scratch;
    let used = 0;
    let total = 0;
    for (;;) {
      const nread = fs.sys.read(fd, buffer.subarray(used), -1);
      if (nread < 0) return nread;
      if (nread === 0) break;
      used += nread;
      total += nread;
      if (used === buffer.length) {
        chunks.push(buffer);
        buffer = new Uint8Array(Math.min(Math.max(total, scratch.length), 16 * COPY_CHUNK));
        used = 0;
      }
    }
    const last = buffer.subarray(0, used);
    if (chunks.length === 0) return last;
    const whole = new Uint8Array(total);
    let offset = 0;
    for (const chunk of [...chunks, last]) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  }

  /** Answers 0 or an error. What was begun at `to` is removed when it fails. */
  function copyContents(from: number, to: number): number {
    const buffer = new Uint8Array(COPY_CHUNK);
    for (;;) {
      const nread = fs.sys.read(from, buffer, -1);
      if (nread <= 0) return nread;
      for (let done = 0; done < nread; ) {
        const written = fs.sys.write(to, buffer.subarray(done, nread), -1);
        if (written < 0) return written;
        done += written;
      }
    }
  }

  /** `uv_fs_copyfile`. Answers 0 or an error. */
  function copy(source: Path, target: Path, mode: number): number {
    // Sharing of blocks cannot be forced on a file system that does not tell about it.
    if ((mode & COPYFILE_FICLONE_FORCE) !== 0) return UV.ENOTSUP;
    const from = fs.sys.open(source, O_RDONLY | O_CLOEXEC, 0);
    if (from < 0) return from;
    const stat = new Float64Array(STAT_FIELDS);
    let result = fs.sys.fstat(from, stat);
    if (result >= 0 && (stat[1] & S_IFMT) === S_IFDIR) result = UV.EISDIR;
    if (result >= 0) {
      const exclusive = (mode & COPYFILE_EXCL) !== 0 ? O_EXCL : 0;
      const permissions = stat[1] & 0o777;
      const to = fs.sys.open(target, O_WRONLY | O_CREAT | exclusive | O_CLOEXEC, permissions);
      result = to;
      if (to >= 0) {
        const there = new Float64Array(STAT_FIELDS);
        result = fs.sys.fstat(to, there);
        const same = result >= 0 && there[0] === stat[0] && there[7] === stat[7];
        if (result >= 0 && !same) {
          result = fs.sys.ftruncate(to, 0);
          if (result >= 0) result = fs.sys.fchmod(to, permissions);
          if (result >= 0) result = copyContents(from, to);
          if (result < 0) fs.sys.unlink(target);
        }
        fs.sys.close(to);
      }
    }
    fs.sys.close(from);
    return Math.min(result, 0);
  }

  return {
    copy,

    binding: {
      /** The file as text; `path` may be a descriptor. */
      readFileUtf8(path: Path | number, flags: number): string {
        const opened = typeof path !== 'number';
        const fd = opened ? fs.sys.open(path, flags | O_CLOEXEC, 0o666) : path;
        if (fd < 0) throw fs.exception(fd, 'open', path as Path);
        const bytes = readAll(fd);
        if (opened) fs.sys.close(fd);
        if (typeof bytes === 'number') throw fs.exception(bytes, 'read');
        return fs.decode(bytes);
      },

      writeFileUtf8(path: Path | number, data: string, flags: number, mode: number): void {
        const opened = typeof path !== 'number';
        const fd = opened ? fs.sys.open(path, flags | O_CLOEXEC, mode) : path;
        if (fd < 0) throw fs.exception(fd, 'open', path as Path);
        const bytes = encodeUtf8(fs.env, data);
        let result = 0;
        for (let done = 0; done < bytes.length && result >= 0; done += result) {
          result = fs.sys.write(fd, done === 0 ? bytes : bytes.subarray(done), -1);
        }
        if (opened) fs.sys.close(fd);
        if (result < 0) throw fs.exception(result, 'write', opened ? (path as Path) : undefined);
      },

      copyFile: (source: Path, target: Path, mode: unknown, req?: FileRequest) =>
        fs.finish(req, copy(source, target, validFileMode(mode, 0)), undefined, 'copyfile', source, target),
    },
  };
}

