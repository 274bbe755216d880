/** Binary trees, as `mount` takes them: JSON `{"d":{name:{"d":{}}|{"f":{"c":text,"b":true?}}|{"f":{"l":target}}}}`, or MessagePack of the same. */

import type { FileSystemTree } from './types';

type SnapshotFile = { c?: unknown; b?: boolean; l?: string };
type SnapshotNode = { d?: Record<string, SnapshotNode>; f?: SnapshotFile };

/** The tree in `bytes`; throws a TypeError that says what they are not. */
export function parseSnapshot(bytes: Uint8Array): FileSystemTree {
  // MessagePack of a map begins with another byte than `{`: 0x80..0x8f, 0xde or 0xdf.
  const first = bytes[0];
  if (first === 0x7b) return tree(JSON.parse(new TextDecoder().decode(bytes)) as SnapshotNode, '');
  if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) return tree(new MessagePackReader(bytes).read() as SnapshotNode, '');
  throw new TypeError('Invalid snapshot: neither JSON nor MessagePack of a file tree');
}

function tree(node: SnapshotNode, path: string): FileSystemTree {
  if (typeof node?.d !== 'object' || node.d === null) throw new TypeError(`Invalid snapshot: '${path || '/'}' is not a directory`);
  const result: FileSystemTree = Object.create(null);
  for (const [name, child] of Object.entries(node.d)) {
    const full = `${path}/${name}`;
    if (child?.d) result[name] = { directory: tree(child, full) };
    else if (child?.f) result[name] = file(child.f, full);
    else throw new TypeError(`Invalid snapshot: '${full}' is neither a file nor a directory`);
  }
  return result;
}

function file({ c, b, l }: SnapshotFile, path: string): FileSystemTree[string] {
  if (l !== undefined) return { file: { symlink: l } };
  if (c instanceof Uint8Array) return { file: { contents: c } };
  if (typeof c !== 'string') throw new TypeError(`Invalid snapshot: '${path}' has no contents`);
  return { file: { contents: b ? Uint8Array.from(c, (char) => char.charCodeAt(0)) : c } };
}

/** The part of MessagePack that snapshots use: nil, booleans, numbers, strings, binaries, arrays, maps. */
class MessagePackReader {
  private offset = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): unknown {
    const type = this.unsigned(1);
    if (type <= 0x7f) return type;
    if (type <= 0x8f) return this.map(type & 0x0f);
    if (type <= 0x9f) return this.array(type & 0x0f);
    if (type <= 0xbf) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.binary(this.unsigned(1));
      case 0xc5: return this.binary(this.unsigned(2));
      case 0xc6: return this.binary(this.unsigned(4));
      case 0xcc: return this.unsigned(1);
      case 0xcd: return this.unsigned(2);
      case 0xce: return this.unsigned(4);
      case 0xd9: return this.text(this.unsigned(1));
      case 0xda: return this.text(this.unsigned(2));
      case 0xdb: return this.text(this.unsigned(4));
      case 0xdc: return this.array(this.unsigned(2));
      case 0xdd: return this.array(this.unsigned(4));
      case 0xde: return this.map(this.unsigned(2));
      case 0xdf: return this.map(this.unsigned(4));
      default: throw new TypeError(`Invalid snapshot: MessagePack type 0x${type.toString(16)} at ${this.offset - 1}`);
    }
  }

  private unsigned(size: 1 | 2 | 4): number {
    const at = this.take(size);
    return size === 1 ? this.view.getUint8(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  private take(size: number): number {
    const at = this.offset;
    if (at + size > this.bytes.length) throw new TypeError(`Invalid snapshot: it ends in the middle (${this.bytes.length} bytes)`);
    this.offset += size;
    return at;
  }

  private binary(size: number): Uint8Array {
    const at = this.take(size);
    return this.bytes.slice(at, at + size);
  }

  private text(size: number): string {
    return new TextDecoder().decode(this.binary(size));
  }

  private array(size: number): unknown[] {
    return Array.from({ length: size }, () => this.read());
  }

  private map(size: number): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null);
    for (let i = 0; i < size; i++) {
      const key = this.read();
      if (typeof key !== 'string') throw new TypeError('Invalid snapshot: a name is not a string');
      result[key] = this.read();
    }
    return result;
  }
}
