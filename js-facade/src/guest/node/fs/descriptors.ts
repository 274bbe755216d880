/** Calls on open descriptors, and opening them. */

import { O_CLOEXEC } from '../../linux';
import { POLLIN, POLLOUT, type Path } from '../../syscalls';
import { bytesOf, chunksAfter } from '../stream-base';
import { UV } from '../uv-errors';
import { validDescriptor } from './arguments';
import { createFileHandle } from './file-handle';
import type { FileRequest, FileRequests } from './request';

/** How the library says "at the descriptor's own offset": `null`, `undefined` or -1. */
type Position = number | bigint | null | undefined;

export function descriptorFunctions(fs: FileRequests) {
  const FileHandle = createFileHandle(fs);
  const valid = (fd: unknown) => validDescriptor(fs.env, fd);

  /** Reads without blocking the loop: at once if there is something to read, else when the descriptor is ready. */
  function readLater(req: Exclude<FileRequest, undefined>, fd: number, buffers: Uint8Array[], position: number): unknown {
    const result = readInto(fd, buffers, position, true);
    if (result !== UV.EAGAIN) return fs.finish(req, result, result, 'read');
    if (fs.sys.handleType(fd) === 'FILE') {
      const waited = readInto(fd, buffers, position, false);
      return fs.finish(req, waited, waited, 'read');
    }
    return fs.whenReady(req, fd, POLLIN, 'read', () => readInto(fd, buffers, position, true));
  }

  /** Fills `buffers` in order up to the first short read. Answers the number of bytes or an error. */
  function readInto(fd: number, buffers: Uint8Array[], position: number, nonblock: boolean): number {
    let total = 0;
    for (const buffer of buffers) {
      const nread = fs.sys.read(fd, buffer, position < 0 ? -1 : position + total, nonblock || total > 0);
      if (nread < 0) return total > 0 ? total : nread;
      total += nread;
      if (nread < buffer.length) break;
    }
    return total;
  }

  /** Writes as much of `chunks` as the descriptor takes. Answers the number of bytes or an error. */
  function writeFrom(fd: number, chunks: Uint8Array[], position: number, nonblock: boolean): number {
    let total = 0;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      const written = fs.sys.write(fd, chunk, position < 0 ? -1 : position + total, nonblock);
      if (written < 0) return total > 0 ? total : written;
      total += written;
      if (written < chunk.length) break;
    }
    return total;
  }

  /** Writes everything without blocking the loop, as a blocking write(2) on libuv's thread pool would. */
  function writeLater(req: Exclude<FileRequest, undefined>, fd: number, chunks: Uint8Array[], position: number): unknown {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const first = writeFrom(fd, chunks, position, true);
    if ((first < 0 && first !== UV.EAGAIN) || first === size) return fs.finish(req, first, first, 'write');
    let total = Math.max(first, 0);
    if (fs.sys.handleType(fd) === 'FILE') return fs.finish(req, first, total, 'write');
    let rest = chunksAfter(chunks, total);
    return fs.whenReady(req, fd, POLLOUT, 'write', () => {
      const written = writeFrom(fd, rest, -1, true);
      if (written < 0) return written === UV.EAGAIN || total === 0 ? written : total;
      total += written;
      rest = chunksAfter(rest, written);
      return rest.length === 0 ? total : UV.EAGAIN;
    });
  }

  /**
   * One write, in the ways of `fs.write` and `fs.writeSync`: the latter passes a `context` that takes the error, because the
   * library makes the exception itself.
   */
  function write(fd: number, chunks: Uint8Array[], position: number, req: FileRequest, context?: ErrorContext): unknown {
    if (req !== undefined) return writeLater(req, fd, chunks, position);
    const result = writeFrom(fd, chunks, position, false);
    if (result < 0 && context !== undefined) {
      context.errno = result;
      context.syscall = 'write';
      return undefined;
    }
    return fs.finish(req, result, result, 'write');
  }

  return {
    FileHandle,

    open(path: Path, flags: number, mode: number, req?: FileRequest): unknown {
      // As libuv does: children inherit nothing that they are not given.
      const fd = fs.sys.open(path, flags | O_CLOEXEC, mode);
      return fs.finish(req, fd, fd, 'open', path);
    },

    openFileHandle(path: Path, flags: number, mode: number, req?: FileRequest): unknown {
      const fd = fs.sys.open(path, flags | O_CLOEXEC, mode);
      return fs.finish(req, fd, fd < 0 ? undefined : new FileHandle(fd), 'open', path);
    },

    close: (fd: unknown, req?: FileRequest) => fs.finish(req, fs.sys.close(valid(fd)), undefined, 'close'),

    read(fd: unknown, buffer: ArrayBufferView, offset: number, length: number, position: Position, req?: FileRequest): unknown {
      const target = bytesOf(buffer).subarray(offset, offset + length);
      if (req !== undefined) return readLater(req, valid(fd), [target], positionOf(position));
      const nread = fs.sys.read(valid(fd), target, positionOf(position));
      return fs.finish(req, nread, nread, 'read');
    },

    readBuffers(fd: unknown, buffers: ArrayBufferView[], position: Position, req?: FileRequest): unknown {
      const targets = buffers.map(bytesOf);
      if (req !== undefined) return readLater(req, valid(fd), targets, positionOf(position));
      const nread = readInto(valid(fd), targets, positionOf(position), false);
      return fs.finish(req, nread, nread, 'read');
    },

    writeBuffer(
      fd: unknown, buffer: ArrayBufferView, offset: number, length: number, position: Position, req?: FileRequest, context?: ErrorContext,
    ): unknown {
      return write(valid(fd), [bytesOf(buffer).subarray(offset, offset + length)], positionOf(position), req, context);
    },

    writeBuffers(fd: unknown, buffers: ArrayBufferView[], position: Position, req?: FileRequest): unknown {
      return write(valid(fd), buffers.map(bytesOf), positionOf(position), req);
    },

    writeString(fd: unknown, text: string, position: Position, encoding: string, req?: FileRequest, context?: ErrorContext): unknown {
      const bytes: Uint8Array = fs.env.requireBuiltin('buffer').Buffer.from(text, encoding);
      return write(valid(fd), [bytes], positionOf(position), req, context);
    },

    ftruncate: (fd: unknown, length: number, req?: FileRequest) => fs.finish(req, fs.sys.ftruncate(valid(fd), length), undefined, 'ftruncate'),
    fsync: (fd: unknown, req?: FileRequest) => fs.finish(req, fs.sys.fsync(valid(fd)), undefined, 'fsync'),
    fdatasync: (fd: unknown, req?: FileRequest) => fs.finish(req, fs.sys.fsync(valid(fd)), undefined, 'fdatasync'),
    fchmod: (fd: unknown, mode: number, req?: FileRequest) => fs.finish(req, fs.sys.fchmod(valid(fd), mode), undefined, 'fchmod'),
    fchown: (fd: unknown, uid: number, gid: number, req?: FileRequest) =>
      fs.finish(req, fs.sys.fchown(valid(fd), uid, gid), undefined, 'fchown'),
    futimes: (fd: unknown, atime: number, mtime: number, req?: FileRequest) =>
      fs.finish(req, fs.sys.futimes(valid(fd), atime, mtime), undefined, 'futime'),
  };
}

/** Where the library's `writeSync` wants an error. */
interface ErrorContext {
  errno?: number;
  syscall?: string;
}

/** What is no whole number stands for the descriptor's own offset, as in Node. */
function positionOf(position: Position): number {
  const number = typeof position === 'number' || typeof position === 'bigint' ? Number(position) : -1;
  return Number.isSafeInteger(number) ? number : -1;
}
