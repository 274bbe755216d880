/**
 * `internalBinding('ipc_serdes')`: messages between processes with `serialization: 'advanced'`, each with its length in front (a big endian
 * uint32). Both ends of a channel are ours; the format is that of `v8.serialize`, views included.
 */

import type { Environment } from '../environment';
import { DeserializerCore, SerializerCore } from '../serialization';
import { bytesOf } from '../stream-base';

const LENGTH_SIZE = 4;

/** What a view is, by its index; `lib/v8.js` numbers them so. */
const VIEW_TYPES: readonly string[] = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'DataView',
  'Buffer', 'BigInt64Array', 'BigUint64Array', 'Float16Array',
];
const BUFFER = VIEW_TYPES.indexOf('Buffer');

type ViewConstructor = { new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView; BYTES_PER_ELEMENT?: number };

export function create(env: Environment): Record<string, unknown> {
  const typeOf = (view: ArrayBufferView, Buffer: Function) =>
    view.constructor === Buffer ? BUFFER : VIEW_TYPES.indexOf(Object.prototype.toString.call(view).slice('[object '.length, -1));

  const constructorOf = (index: number): ViewConstructor => {
    const name = VIEW_TYPES[index];
    if (name === undefined) throw new Error('Unable to deserialize cloned data.');
    return index === BUFFER ? env.requireBuiltin('internal/buffer').FastBuffer : (globalThis as any)[name];
  };

  return {
    /** `message` with its length in front. `Buffer` is the library's own, which a program cannot have changed. */
    serialize(message: unknown, Buffer: Function): Uint8Array {
      const cannotClone = (value: unknown) => {
        const text = typeof value === 'object' ? `#<${value?.constructor?.name ?? 'Object'}>` : String(value);
        return new Error(`${text} could not be cloned.`);
      };
      const core: SerializerCore = new SerializerCore({
        cannotClone,
        writeHostObject(object) {
          const view = object as ArrayBufferView;
          const type = typeOf(view, Buffer);
          if (type < 0) throw cannotClone(view);
          core.writeVarint(type);
          core.writeVarint(view.byteLength);
          core.writeBytes(bytesOf(view));
        },
      });
      // A view's own bytes only: Buffers share their memory with others.
      core.viewsAreHostObjects = true;
      core.writeBytes(new Uint8Array(LENGTH_SIZE));
      core.writeHeader();
      core.writeValue(message);
      const bytes = core.release();
      new DataView(bytes.buffer).setUint32(0, bytes.length - LENGTH_SIZE);
      const { FastBuffer } = env.requireBuiltin('internal/buffer');
      return new FastBuffer(bytes.buffer, 0, bytes.length);
    },

    /** The message in `bytes`, which come without their length. */
    deserialize(bytes: Uint8Array): unknown {
      const core: DeserializerCore = new DeserializerCore(bytes, {
        readHostObject() {
          const type = constructorOf(core.readVarint());
          const length = core.readVarint();
          const start = core.skip(length);
          // A copy: the message is a part of what was read at once, and not aligned.
          const copy = bytes.slice(start, start + length);
          return new type(copy.buffer, copy.byteOffset, length / (type.BYTES_PER_ELEMENT ?? 1));
        },
      });
      core.readHeader();
      return core.readValue();
    },
  };
}
