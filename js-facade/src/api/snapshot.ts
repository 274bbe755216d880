/** Binary trees, as `mount` takes them and `export` makes them: JSON `{"d":{name:{"d":{}}|{"f":{"c":text,"b":true?}}|{"f":{"l":target}}}}`, or MessagePack of the same. */

import { decode } from './encoding';
import { MessagePackReader, MessagePackWriter } from './message-pack';
import type { FileSystemTree } from './types';
import { isZip, readZip } from './zip';

type SnapshotFile = { c?: unknown; b?: boolean; l?: string };
type SnapshotNode = { d?: Record<string, SnapshotNode>; f?: SnapshotFile };

/** The tree in `bytes` (one of these, or a zip archive); throws a TypeError that says what they are not. */
export function parseSnapshot(bytes: Uint8Array): FileSystemTree {
  // MessagePack of a map begins with another byte than `{`: 0x80..0x8f, 0xde or 0xdf.
  const first = bytes[0];
  if (first === 0x7b) return tree(JSON.parse(new TextDecoder().decode(bytes)) as SnapshotNode, '');
  if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) return tree(new MessagePackReader(bytes).read() as SnapshotNode, '');
  if (isZip(bytes)) return readZip(bytes);
  throw new TypeError('Invalid snapshot: neither JSON nor MessagePack of a file tree nor a zip archive');
}

/** The JSON form; bytes that are no text become one character each, marked by `b`. */
export function encodeJson(tree: FileSystemTree): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(toNode(tree, (bytes) => ({ c: decode(bytes, 'latin1'), b: true }))));
}

/** The MessagePack form. */
export function encodeMessagePack(tree: FileSystemTree): Uint8Array<ArrayBuffer> {
  const writer = new MessagePackWriter();
  writer.write(toNode(tree, (bytes) => ({ c: bytes })));
  return writer.finish();
}

function toNode(tree: FileSystemTree, binary: (bytes: Uint8Array) => SnapshotFile): SnapshotNode {
  const children: Record<string, SnapshotNode> = Object.create(null);
  for (const [name, node] of Object.entries(tree)) {
    if ('directory' in node) children[name] = toNode(node.directory, binary);
    else if ('symlink' in node.file) children[name] = { f: { l: node.file.symlink } };
    else children[name] = { f: typeof node.file.contents === 'string' ? { c: node.file.contents } : binary(node.file.contents) };
  }
  return { d: children };
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
