/** `internalBinding('blob')`: immutable byte sequences. */

import type { Environment } from '../environment';
import { registerNativeType } from '../messaging/native-objects';
import { UV } from '../uv-errors';

interface Stored {
  handle: BlobHandle;
  length: number;
  type: string;
}

interface PlainFilePart {
  path: string;
  made: { size: number; mtimeMs: number };
  start: number;
  length: number;
}

/** A stretch of a file that has to stay as it was when the blob was made. */
class FilePart {
  readonly #env: Environment;
  readonly #path: string;
  readonly #made: { size: number; mtimeMs: number };
  readonly #start: number;
  readonly length: number;

  /** Throws what `fs.statSync` throws. */
  static whole(env: Environment, path: string): FilePart {
    const { size, mtimeMs } = env.requireBuiltin('fs').statSync(path);
    return new FilePart(env, path, { size, mtimeMs }, 0, size);
  }

  static of(env: Environment, { path, made, start, length }: PlainFilePart): FilePart {
    return new FilePart(env, path, made, start, length);
  }

  get plain(): PlainFilePart {
    return { path: this.#path, made: this.#made, start: this.#start, length: this.length };
  }

  private constructor(env: Environment, path: string, made: { size: number; mtimeMs: number }, start: number, length: number) {
    this.#env = env;
    this.#path = path;
    this.#made = made;
    this.#start = start;
    this.length = length;
  }

  subarray(start: number, end: number): FilePart {
    return new FilePart(this.#env, this.#path, this.#made, this.#start + start, end - start);
  }

  /** `undefined` when the file is not what it was. */
  read(start: number, end: number): Uint8Array<ArrayBuffer> | undefined {
    const fs = this.#env.requireBuiltin('fs');
    try {
      const { size, mtimeMs } = fs.statSync(this.#path);
      if (size !== this.#made.size || mtimeMs !== this.#made.mtimeMs) return undefined;
      const bytes = new Uint8Array(end - start);
      const fd = fs.openSync(this.#path);
      const count = fs.readSync(fd, bytes, 0, bytes.length, this.#start + start);
      fs.closeSync(fd);
      return count === bytes.length ? bytes : undefined;
    } catch {
      return undefined; // The library makes a `NotReadableError` of it.
    }
  }
}

type Part = Uint8Array | FilePart;

/** Bytes of a file that are read at once. */
const CHUNK = 64 * 1024;

/** Bytes of a blob as a list of parts, shared between slices. */
class BlobHandle {
  constructor(readonly parts: readonly Part[]) {}

  slice(start: number, end: number): BlobHandle {
    const parts: Part[] = [];
    let at = 0;
    for (const part of this.parts) {
      const from = Math.max(0, start - at);
      const to = Math.min(part.length, end - at);
      // A file is looked at even when nothing of it is wanted.
      if (from < to || (part instanceof FilePart && part.length === 0)) parts.push(part.subarray(from, to));
      at += part.length;
    }
    return new BlobHandle(parts);
  }

  /** `pull(callback(status, buffer, last))`: status 1 has a chunk, 0 is the end, a negative one is an error. */
  getReader(): { setWakeup(callback: (() => void) | undefined): void; pull(callback: (status: number, buffer?: ArrayBuffer, last?: unknown) => void): void } {
    let index = 0;
    let offset = 0;
    return {
      setWakeup() {}, // The bytes are at hand: no reader ever waits.
      pull: (callback) => {
        for (let part = this.parts[index]; part !== undefined; part = this.parts[index]) {
          const end = part instanceof FilePart ? Math.min(offset + CHUNK, part.length) : part.length;
          const bytes = part instanceof FilePart ? part.read(offset, end) : part.slice();
          if (bytes === undefined) return callback(UV.EBADF);
          offset = end;
          if (end === part.length) {
            index += 1;
            offset = 0;
          }
          // An empty file has been looked at and has nothing to give.
          if (bytes.length > 0) return callback(1, bytes.buffer as ArrayBuffer, undefined);
        }
        callback(0, undefined, undefined);
      },
    };
  }
}

export function create(env: Environment): Record<string, unknown> {
  registerNativeType(env, {
    name: 'blob:Blob',
    is: (object) => object instanceof BlobHandle,
    transferable: false,
    write: (blob) => blob,
    read: (blob) => blob as BlobHandle,
    pack: (blob: BlobHandle) => blob.parts.map((part) => (part instanceof FilePart ? part.plain : part.slice())),
    unpack: (parts: (Uint8Array | PlainFilePart)[]) => new BlobHandle(parts.map((part) => (part instanceof Uint8Array ? part : FilePart.of(env, part)))),
  });
  const urls = new Map<string, Stored>();

  const partsOf = (source: unknown): readonly Part[] => {
    if (source instanceof BlobHandle) return source.parts;
    if (Array.isArray(source)) return source.flatMap(partsOf);
    if (ArrayBuffer.isView(source)) return [new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()];
    return [new Uint8Array(source as ArrayBuffer).slice()];
  };

  return {
    createBlob: (sources: unknown[]) => new BlobHandle(sources.flatMap(partsOf).filter((part) => part.length > 0 || part instanceof FilePart)),
    concat(sources: unknown[]): ArrayBuffer {
      const parts = sources.flatMap(partsOf) as Uint8Array[];
      const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return bytes.buffer;
    },
    /** `undefined` makes the library say that the file cannot be opened. */
    createBlobFromFilePath(path: string) {
      env.permissions.check('FileSystemRead', path);
      try {
        const part = FilePart.whole(env, path);
        return [new BlobHandle([part]), part.length];
      } catch {
        return undefined;
      }
    },
    storeDataObject(id: string, handle: BlobHandle, length: number, type: string) {
      urls.set(id, { handle, length, type });
    },
    getDataObject(id: string) {
      const stored = urls.get(id);
      return stored && [stored.handle, stored.length, stored.type];
    },
    revokeObjectURL(url: string) {
      const id = /^blob:nodedata:(.+)$/.exec(url)?.[1];
      if (id) urls.delete(id);
    },
  };
}
