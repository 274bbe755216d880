/** `internalBinding('blob')`: immutable byte sequences. */

import type { Environment } from '../environment';

interface Stored {
  handle: BlobHandle;
  length: number;
  type: string;
}

/** Bytes of a blob as a list of parts, shared between slices. */
class BlobHandle {
  constructor(readonly parts: readonly Uint8Array[]) {}

  get length(): number {
    return this.parts.reduce((sum, part) => sum + part.length, 0);
  }

  slice(start: number, end: number): BlobHandle {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const part of this.parts) {
      const from = Math.max(0, start - at);
      const to = Math.min(part.length, end - at);
      if (from < to) parts.push(part.subarray(from, to));
      at += part.length;
    }
    return new BlobHandle(parts);
  }

  /** `pull(callback(status, buffer, last))`: status 1 has a chunk, 0 is the end. */
  getReader(): { setWakeup(callback: (() => void) | undefined): void; pull(callback: (status: number, buffer?: ArrayBuffer, last?: unknown) => void): void } {
    let index = 0;
    return {
      setWakeup() {}, // The bytes are in memory: no reader ever waits.
      pull: (callback) => {
        const part = this.parts[index++];
        if (part === undefined) callback(0, undefined, undefined);
        else callback(1, part.slice().buffer as ArrayBuffer, undefined);
      },
    };
  }
}

export function create(env: Environment): Record<string, unknown> {
  const urls = new Map<string, Stored>();

  const partsOf = (source: unknown): readonly Uint8Array[] => {
    if (source instanceof BlobHandle) return source.parts;
    if (Array.isArray(source)) return source.flatMap(partsOf);
    if (ArrayBuffer.isView(source)) return [new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()];
    return [new Uint8Array(source as ArrayBuffer).slice()];
  };

  return {
    createBlob: (sources: unknown[]) => new BlobHandle(sources.flatMap(partsOf).filter((part) => part.length > 0)),
    concat(sources: unknown[]): ArrayBuffer {
      const parts = sources.flatMap(partsOf);
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
      const fs = env.requireBuiltin('fs');
      if (!fs.existsSync(path)) return undefined;
      const bytes = fs.readFileSync(path) as Uint8Array;
      return [new BlobHandle([bytes]), bytes.length];
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
