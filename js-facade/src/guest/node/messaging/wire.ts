/**
 * Messages as bytes for a port of the kernel: a table of what is beside the bytes, as JSON; transferred buffers; the bytes. Memory and
 * modules cannot be told in bytes: the table has keys for them, and the host hands them over (see `host/attachments.ts`) unless the
 * receiver has them already.
 */

import type { Environment } from '../environment';
import type { Message, Transferable } from './message';
import { nativeTypeNamed } from './native-objects';
import { PortEnd } from './port-end';
import { cloneFromBytes, cloneToBytes } from './plain-clone';

interface Table {
  /** Lengths of transferred buffers, and the largest length of resizable ones. */
  buffers: (number | [number, number])[];
  shared: string[];
  wasm: string[];
  objects: (
    | { port: number; head?: number }
    | { library: string }
    | { native: string; length: number }
  )[];
}

/** A message that was sent, with what the browser may still have to bring. */
export interface Pending {
  message: Message;
  bytes: Uint8Array<ArrayBuffer>;
  complete(): boolean;
}

/** What this thread has of what cannot be told in bytes, and the way to the host for the rest. */
export class Attachments {
  private readonly keys = new WeakMap<object, string>();
  private readonly known = new Map<string, WeakRef<object>>();
  private serial = 0;

  constructor(private readonly env: Environment) {}

  keyOf(value: object): string {
    let key = this.keys.get(value);
    if (key === undefined) {
      key = `${this.env.sys.threadId}-${++this.serial}`;
      this.remember(key, value);
    }
    return key;
  }

  /** Has the host keep `value` for `count` receivers of a message. */
  give(key: string, value: object, count: number): void {
    if (count > 0) this.env.context.attachments.attach(key, value, count);
  }

  /** Calls `arrived`, at once when the value is here already: answers whether it is. */
  take(key: string, arrived: (value: object) => void): boolean {
    const known = this.known.get(key)?.deref();
    if (known) {
      this.env.context.attachments.release(key);
      arrived(known);
      return true;
    }
    this.env.loop.expectExternal(1);
    this.env.context.attachments.fetch(key, (value) => {
      this.env.loop.expectExternal(-1);
      this.remember(key, value as object);
      arrived(value as object);
      this.env.loop.wake();
    });
    return false;
  }

  private remember(key: string, value: object): void {
    this.keys.set(value, key);
    this.known.set(key, new WeakRef(value));
  }
}

/** `ports` travel along with the bytes; `keys` have to be given to the host once the message was sent. */
export function encode(env: Environment, attachments: Attachments, message: Message): { bytes: Uint8Array; ports: number[]; keys: [string, object][] } {
  const ports: number[] = [];
  const keys: [string, object][] = [];
  const parts: Uint8Array[] = message.buffers.map((buffer) => new Uint8Array(buffer));
  const attach = (value: object): string => {
    const key = attachments.keyOf(value);
    keys.push([key, value]);
    return key;
  };
  const object = (entry: Transferable): Table['objects'][number] => {
    switch (entry.kind) {
      case 'port': {
        const { port, head } = entry.end.release();
        ports.push(port);
        if (!head) return { port };
        parts.push(head);
        return { port, head: head.length };
      }
      case 'library': return { library: entry.info };
      case 'native': {
        const { type, value } = entry.object;
        const bytes = cloneToBytes(type.pack ? type.pack(value) : value);
        parts.push(bytes);
        return { native: type.name, length: bytes.length };
      }
    }
  };
  const table: Table = {
    buffers: message.buffers.map((buffer) => (buffer.resizable ? [buffer.byteLength, buffer.maxByteLength] : buffer.byteLength)),
    shared: message.shared.map(attach),
    wasm: message.wasm.map(attach),
    objects: message.objects.map(object),
  };
  const simple = parts.length === 0 && ports.length === 0 && keys.length === 0 && message.objects.length === 0;
  const head = simple ? new Uint8Array(0) : new env.host.TextEncoder().encode(JSON.stringify(table));
  const bytes = new Uint8Array(4 + head.length + parts.reduce((sum, part) => sum + part.length, 0) + message.bytes.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  let at = 4;
  for (const part of [head, ...parts, message.bytes]) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, ports, keys };
}

/** `arrived` is called when what was missing has come. */
export function decode(env: Environment, attachments: Attachments, bytes: Uint8Array, arrived: () => void): Pending {
  const whole = bytes as Uint8Array<ArrayBuffer>;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  let at = 4 + length;
  const take = (count: number): Uint8Array<ArrayBuffer> => whole.subarray(at, (at += count));
  const table: Table = length === 0
    ? { buffers: [], shared: [], wasm: [], objects: [] }
    : JSON.parse(new env.host.TextDecoder().decode(bytes.slice(4, at)));
  const buffers = table.buffers.map((size) => {
    if (typeof size === 'number') return take(size).slice().buffer;
    const buffer = new ArrayBuffer(size[0], { maxByteLength: size[1] });
    new Uint8Array(buffer).set(take(size[0]));
    return buffer;
  });
  const objects = table.objects.map((entry): Transferable => {
    if ('library' in entry) return { kind: 'library', info: entry.library };
    if ('port' in entry) return { kind: 'port', end: PortEnd.adopt(env, attachments, entry.port, entry.head === undefined ? undefined : take(entry.head).slice()) };
    const type = nativeTypeNamed(env, entry.native);
    const plain = cloneFromBytes(take(entry.length));
    return { kind: 'native', object: { type, value: type.unpack ? type.unpack(plain) : plain } };
  });
  const message: Message = { bytes: whole.subarray(at), buffers, objects, shared: [], wasm: [] };
  let missing = 0;
  const fetch = (keys: string[], list: object[]) => {
    keys.forEach((key, index) => {
      let waited = false;
      const here = attachments.take(key, (value) => {
        list[index] = value;
        if (waited && --missing === 0) arrived();
      });
      if (!here) {
        waited = true;
        missing += 1;
      }
    });
  };
  fetch(table.shared, message.shared);
  fetch(table.wasm, message.wasm);
  return { message, bytes: whole, complete: () => missing === 0 };
}
