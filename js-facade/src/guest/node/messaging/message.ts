/**
 * A message of `postMessage` or `structuredClone`: bytes in V8's format, and beside them what bytes cannot tell. It follows Node's
 * `Message::Serialize` and `Message::Deserialize`, whose errors these are.
 */

import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { DeserializerCore, SerializerCore } from '../serialization';
import { nativeTypeOf, type NativeObject } from './native-objects';
import type { PortEnd } from './port-end';

const kTransferable = 1;
const kCloneable = 2;

/** An object of Node's own in a message. */
export type Transferable =
  | { kind: 'port'; end: PortEnd }
  /** One of the library's classes (`module:Class`), whose data follows the message in the bytes. */
  | { kind: 'library'; info: string }
  /** One of a binding's. */
  | { kind: 'native'; object: NativeObject };

export interface Message {
  bytes: Uint8Array<ArrayBuffer>;
  /** Transferred: the sender's are detached. */
  buffers: ArrayBuffer[];
  shared: SharedArrayBuffer[];
  /** Compiled modules and shared memories. */
  wasm: object[];
  objects: Transferable[];
}

/** What serialization must know of message ports; `message-port.ts` provides it. */
export interface PortKind {
  is(value: object): boolean;
  isDetached(port: object): boolean;
  /** Takes what is behind a port, which is closed by that. */
  detach(port: object): PortEnd;
  create(end: PortEnd): object;
}

export function dataCloneError(env: Environment, message: string): Error {
  return new env.perContext.DOMException(message, 'DataCloneError');
}

/** The real thing behind an entry of a transfer list: the library wraps some objects. */
interface Listed {
  object: object;
  transferred: boolean;
}

/** `source` is the port that is to send the message. Throws `DataCloneError`s, and whatever getters throw. */
export function serialize(env: Environment, ports: PortKind, value: unknown, transfer: readonly unknown[], source?: object): Message {
  const symbols = env.perIsolateSymbols;
  const { transfer_mode_private_symbol: modeSymbol, untransferable_object_private_symbol: untransferable } = env.privateSymbols;
  const message: Message = { bytes: new Uint8Array(0), buffers: [], shared: [], wasm: [], objects: [] };
  const listed: Listed[] = [];
  const modeOf = (object: object): number => {
    if (ports.is(object)) return ports.isDetached(object) ? 0 : kTransferable;
    const native = nativeTypeOf(env, object);
    return native ? (native.transferable ? kTransferable : kCloneable) : ((object as any)[modeSymbol!] ?? 0);
  };
  const isHostObject = (object: object, plain = false): boolean =>
    (object as any)[modeSymbol!] !== undefined || (!plain && (object instanceof AsyncWrap || ports.is(object) || nativeTypeOf(env, object) !== undefined));

  const core = new SerializerCore({
    isHostObject,
    writeHostObject(object) {
      const index = listed.findIndex((entry) => entry.object === object);
      if (index >= 0) return core.writeVarint(index);
      const mode = modeOf(object);
      if (!(mode & kCloneable)) {
        throw dataCloneError(env, mode & kTransferable ? 'Object that needs transfer was found in message but not listed in transferList' : 'Cannot clone object of unsupported type.');
      }
      core.writeVarint(listed.push({ object, transferred: false }) - 1);
    },
    sharedBufferId: (buffer) => indexIn(message.shared, buffer),
    wasmId: (object) => indexIn(message.wasm, object),
    cannotClone: (text) => dataCloneError(env, text),
  });

  const buffers: ArrayBuffer[] = [];
  for (const entry of transfer) {
    if (typeof entry !== 'object' || entry === null) throw dataCloneError(env, 'Found invalid value in transferList.');
    const marked = (entry as any)[untransferable!] === true;
    if (marked) throw dataCloneError(env, 'Cannot transfer object of unsupported type.');
    if (isBuffer(entry)) {
      if (entry.detached) throw dataCloneError(env, 'Cannot transfer object of unsupported type.');
      if (buffers.includes(entry)) throw dataCloneError(env, 'Transfer list contains duplicate ArrayBuffer');
      core.transfers.set(entry, buffers.push(entry) - 1);
      continue;
    }
    if (entry === source) throw dataCloneError(env, 'Transfer list contains source port');
    if (ports.is(entry) && ports.isDetached(entry)) throw dataCloneError(env, 'MessagePort in transfer list is already detached');
    if (listed.some(({ object }) => object === entry)) throw dataCloneError(env, `Transfer list contains duplicate ${entry.constructor.name}`);
    if (!isHostObject(entry)) throw dataCloneError(env, 'Found invalid value in transferList.');
    if (!(modeOf(entry) & kTransferable)) throw dataCloneError(env, 'Cannot transfer object of unsupported type.');
    listed.push({ object: entry, transferred: true });
  }
  // What a wrapper of the library holds goes along.
  for (let index = 0; index < listed.length; index++) {
    const nested = (listed[index]!.object as any)[symbols.messaging_transfer_list_symbol!];
    if (typeof nested !== 'function') continue;
    for (const object of nested.call(listed[index]!.object) as object[]) {
      if (listed.some((entry) => entry.object === object)) continue;
      if (modeOf(object) !== 0) listed.push({ object, transferred: true });
    }
  }

  core.writeHeader();
  core.writeValue(value);
  message.buffers = buffers.map((buffer) => buffer.transfer());
  for (let index = 0; index < listed.length; index++) {
    const { object, transferred } = listed[index]!;
    const native = nativeTypeOf(env, object);
    if (ports.is(object)) message.objects.push({ kind: 'port', end: ports.detach(object) });
    else if (native) message.objects.push({ kind: 'native', object: { type: native, value: native.write(object) } });
    else {
      const symbol = transferred && modeOf(object) & kTransferable ? symbols.messaging_transfer_symbol! : symbols.messaging_clone_symbol!;
      const { data, deserializeInfo } = (object as any)[symbol]() as { data: unknown; deserializeInfo: string };
      message.objects.push({ kind: 'library', info: deserializeInfo });
      core.writeValue(data);
    }
  }
  message.bytes = core.release();
  return message;
}

/** Makes the value again. Ports in the message are put into `received`. */
export function deserialize(env: Environment, ports: PortKind, message: Message, received: object[]): unknown {
  const { shared, wasm, buffers } = message;
  const objects = message.objects.map((entry) => {
    switch (entry.kind) {
      case 'port': {
        const port = ports.create(entry.end);
        received.push(port);
        return port;
      }
      case 'library': return env.createDeserialized!(entry.info) as object;
      case 'native': return entry.object.type.read(entry.object.value);
    }
  });
  const core = new DeserializerCore(message.bytes, {
    readHostObject: () => objects[core.readVarint()]!,
    sharedBuffer: (id) => shared[id]!,
    wasm: (id) => wasm[id]!,
  });
  buffers.forEach((buffer, id) => core.transferred.set(id, buffer));
  core.readHeader();
  const value = core.readValue();
  message.objects.forEach((entry, index) => {
    if (entry.kind === 'library') (objects[index] as any)[env.perIsolateSymbols.messaging_deserialize_symbol!](core.readValue());
  });
  return value;
}

/** Gives up what travels in a message that nobody will read. */
export function discard(message: Message): void {
  for (const entry of message.objects) {
    if (entry.kind === 'port') entry.end.close();
    else if (entry.kind === 'native') entry.object.type.drop?.(entry.object.value);
  }
}

function indexIn(list: object[], item: object): number {
  const known = list.indexOf(item);
  return known >= 0 ? known : list.push(item) - 1;
}

function isBuffer(value: object): value is ArrayBuffer {
  return value instanceof ArrayBuffer;
}
