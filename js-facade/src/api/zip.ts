/** File trees as zip archives, with symbolic links as Unix tools store them. */

import { Zip, ZipDeflate, ZipPassThrough, unzipSync } from 'fflate';
import type { FileSystemTree } from './types';

/** Upper half of the external attributes: the Unix mode. */
const FILE = 0o100644, DIRECTORY = 0o40755, LINK = 0o120777, TYPE = 0o170000;
/** "Made by" in an entry whose external attributes hold a Unix mode. */
const UNIX = 3;
/** How long the page's thread may be busy before others get a turn, in milliseconds. */
const SLICE = 8;

const END_OF_DIRECTORY = 0x06054b50, DIRECTORY_ENTRY = 0x02014b50;

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));
}

/** The archive of a tree; directories are entries too, so that empty ones are kept. */
export async function writeZip(tree: FileSystemTree): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let failed: Error | null = null;
  const zip = new Zip((error, part) => {
    if (error) failed ??= error;
    else parts.push(part);
  });
  const encoder = new TextEncoder();
  let since = performance.now();
  const add = async (name: string, mode: number, contents: Uint8Array) => {
    const entry = mode === FILE ? new ZipDeflate(name) : new ZipPassThrough(name);
    Object.assign(entry, { os: UNIX, attrs: (mode << 16) >>> 0 });
    zip.add(entry);
    entry.push(contents, true);
    if (failed) throw failed;
    if (performance.now() - since < SLICE) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  };
  const walk = async (folder: FileSystemTree, prefix: string) => {
    for (const [name, node] of Object.entries(folder)) {
      if ('directory' in node) {
        await add(`${prefix}${name}/`, DIRECTORY, new Uint8Array(0));
        await walk(node.directory, `${prefix}${name}/`);
      } else if ('symlink' in node.file) {
        await add(`${prefix}${name}`, LINK, encoder.encode(node.file.symlink));
      } else {
        const { contents } = node.file;
        await add(`${prefix}${name}`, FILE, typeof contents === 'string' ? encoder.encode(contents) : contents);
      }
    }
  };
  await walk(tree, '');
  zip.end();
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** The tree in an archive. */
export function readZip(bytes: Uint8Array): FileSystemTree {
  const links = findLinks(bytes);
  const root: FileSystemTree = Object.create(null);
  for (const [name, contents] of Object.entries(unzipSync(bytes))) {
    const parts = name.replace(/\/$/, '').split('/');
    const file = name.endsWith('/') ? null : parts.pop()!;
    let folder = root;
    for (const part of parts) {
      const node = (folder[part] ??= { directory: Object.create(null) as FileSystemTree });
      if (!('directory' in node)) throw new TypeError(`Invalid snapshot: '${name}' lies in a file`);
      folder = node.directory;
    }
    if (file === null) continue;
    folder[file] = links.has(name) ? { file: { symlink: new TextDecoder().decode(contents) } } : { file: { contents } };
  }
  return root;
}

/** Names of the entries that are symbolic links: the library does not tell. */
function findLinks(bytes: Uint8Array): Set<string> {
  const links = new Set<string>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The record at the end is 22 bytes and a comment of up to 64 KiB.
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new TypeError('Invalid snapshot: the zip archive has no directory');
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= end && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    const nameLength = view.getUint16(at + 28, true);
    const madeBy = view.getUint8(at + 5);
    const mode = view.getUint16(at + 40, true);
    if (madeBy === UNIX && (mode & TYPE) === (LINK & TYPE)) links.add(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return links;
}
