/** Structured clones of plain data (nothing of Node's, nothing shared) by way of bytes. */

import { DeserializerCore, SerializerCore } from '../serialization';

export function cloneToBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const core = new SerializerCore({
    writeHostObject: (object) => { throw new TypeError(`not plain data: ${object.constructor?.name}`); },
    cannotClone: (message) => new TypeError(message),
  });
  core.writeHeader();
  core.writeValue(value);
  return core.release();
}

export function cloneFromBytes(bytes: Uint8Array): unknown {
  const core = new DeserializerCore(bytes, {
    readHostObject: () => { throw new TypeError('not plain data'); },
  });
  core.readHeader();
  return core.readValue();
}
