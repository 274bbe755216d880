/** `internalBinding('serdes')`: V8's serialization format, version 15 (`v8::ValueSerializer`). */

import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { DeserializerCore, SerializerCore } from '../serialization';
import { types } from './types';
import { codedError } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const toBuffer = (bytes: Uint8Array) => env.requireBuiltin('buffer').Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

  class Serializer {
    readonly #core = new SerializerCore({
      isHostObject: (object) => object instanceof AsyncWrap,
      writeHostObject: (object) => {
        const own = this as unknown as { _writeHostObject?(object: object): void };
        if (typeof own._writeHostObject !== 'function') throw this.#cannotClone(`#<${object.constructor?.name ?? 'Object'}> could not be cloned.`);
        own._writeHostObject(object);
      },
      sharedBufferId: (buffer) => {
        const own = this as unknown as { _getSharedArrayBufferId?(buffer: SharedArrayBuffer): number };
        if (typeof own._getSharedArrayBufferId !== 'function') throw this.#cannotClone('#<SharedArrayBuffer> could not be cloned.');
        return own._getSharedArrayBufferId(buffer) >>> 0;
      },
      cannotClone: (message) => this.#cannotClone(message),
    });

    #cannotClone(message: string): Error {
      const own = this as unknown as { _getDataCloneError?: new (message: string) => Error };
      return new (own._getDataCloneError ?? Error)(message);
    }

    writeHeader() { this.#core.writeHeader(); }
    writeValue(value: unknown) { this.#core.writeValue(value); return true; }
    releaseBuffer() { return toBuffer(this.#core.release()); }
    transferArrayBuffer(id: number, buffer: ArrayBuffer) { this.#core.transfers.set(buffer, id); }
    writeUint32(value: number) { this.#core.writeVarint(value >>> 0); }
    writeUint64(high: number, low: number) { this.#core.writeVarint64((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)); }
    writeDouble(value: number) { this.#core.writeDouble(value); }
    writeRawBytes(view: ArrayBufferView) { this.#core.writeBytes(bytesOf(view)); }
    _setTreatArrayBufferViewsAsHostObjects(on: boolean) { this.#core.viewsAreHostObjects = on; }
  }

  class Deserializer {
    readonly buffer: ArrayBufferView;
    readonly #core: DeserializerCore;

    constructor(view: ArrayBufferView) {
      if (!ArrayBuffer.isView(view)) throw codedError('ERR_INVALID_ARG_TYPE', 'buffer must be a TypedArray or a DataView', TypeError);
      this.buffer = view;
      this.#core = new DeserializerCore(bytesOf(view), {
        readHostObject: () => {
          const own = this as unknown as { _readHostObject?(): object };
          if (typeof own._readHostObject !== 'function') throw new Error('Unable to deserialize cloned data.');
          return own._readHostObject();
        },
        sharedBuffer: (id) => {
          const own = this as unknown as { _getSharedArrayBufferFromId?(id: number): SharedArrayBuffer };
          if (typeof own._getSharedArrayBufferFromId === 'function') return own._getSharedArrayBufferFromId(id);
          const known = this.#core.transferred.get(id);
          if (!types.isSharedArrayBuffer!(known)) throw new Error('Unable to deserialize cloned data.');
          return known as SharedArrayBuffer;
        },
      });
    }

    readHeader() { this.#core.readHeader(); return true; }
    readValue() { return this.#core.readValue(); }
    getWireFormatVersion() { return this.#core.version; }
    transferArrayBuffer(id: number, buffer: ArrayBuffer | SharedArrayBuffer) { this.#core.transferred.set(id, buffer); }
    readUint32() { return this.#core.readVarint(); }
    readUint64() {
      const value = this.#core.readVarint64();
      return [Number(value >> 32n), Number(value & 0xffffffffn)];
    }
    readDouble() { return this.#core.readDouble(); }
    /** Offset of the bytes in `buffer`. */
    _readRawBytes(length: number) { return this.#core.skip(length); }
  }

  return { Serializer, Deserializer };
}
