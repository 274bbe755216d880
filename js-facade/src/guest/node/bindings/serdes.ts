/** `internalBinding('serdes')`: V8's serialization format, version 15 (`v8::ValueSerializer`). */

import type { Environment } from '../environment';
import { DeserializerCore, SerializerCore } from '../serialization';
import { codedError } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const toBuffer = (bytes: Uint8Array) => env.requireBuiltin('buffer').Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

  class Serializer {
    readonly #core = new SerializerCore({
      writeHostObject: (object) => {
        const own = this as unknown as { _writeHostObject?(object: object): void };
        if (typeof own._writeHostObject !== 'function') throw this.#cannotClone(object);
        own._writeHostObject(object);
      },
      cannotClone: (value) => this.#cannotClone(value),
    });

    #cannotClone(value: unknown): Error {
      const text = typeof value === 'function' ? Function.prototype.toString.call(value) : `#<${(value as object)?.constructor?.name ?? 'Object'}>`;
      const message = `${typeof value === 'symbol' ? String(value) : text} could not be cloned.`;
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
