/** Checking trees before they are mounted, so that a bad one changes nothing and the error names the place. */

import type { FileSystemTree } from './types';

/** Throws a TypeError (`code` `ERR_INVALID_TREE`, `path`) for anything that is no {@link FileSystemTree}. */
export function checkTree(tree: unknown): asserts tree is FileSystemTree {
  checkFolder(tree, '');
}

/** The tree with objects that inherit nothing, so that a file may have any name; the way between threads gives all objects a prototype. */
export function withoutPrototypes(tree: FileSystemTree): FileSystemTree {
  const result: FileSystemTree = Object.create(null);
  for (const [name, node] of Object.entries(tree)) result[name] = 'directory' in node ? { directory: withoutPrototypes(node.directory) } : node;
  return result;
}

function checkFolder(folder: unknown, path: string): void {
  if (!isObject(folder)) throw invalid(path || '/', `expected an object of files and directories, found ${describe(folder)}`);
  for (const [name, node] of Object.entries(folder)) {
    const full = `${path}/${name}`;
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw invalid(full, `${JSON.stringify(name)} is not a file name`);
    if (!isObject(node)) throw invalid(full, `expected {file} or {directory}, found ${describe(node)}`);
    if ('directory' in node) {
      if ('file' in node) throw invalid(full, 'it is both a file and a directory');
      checkFolder(node.directory, full);
    } else if ('file' in node) {
      checkFile(node.file, full);
    } else {
      throw invalid(full, 'expected {file} or {directory}');
    }
  }
}

function checkFile(file: unknown, path: string): void {
  if (!isObject(file)) throw invalid(path, `expected {contents} or {symlink}, found ${describe(file)}`);
  if ('symlink' in file) {
    if (typeof file.symlink !== 'string' || file.symlink === '') throw invalid(path, 'symlink must be a non-empty string');
  } else if (!(typeof file.contents === 'string' || file.contents instanceof Uint8Array)) {
    throw invalid(path, `contents must be a string or a Uint8Array, found ${describe(file.contents)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : value instanceof Uint8Array ? 'bytes' : typeof value;
}

function invalid(path: string, reason: string): TypeError {
  return Object.assign(new TypeError(`Invalid file system tree at '${path}': ${reason}`), { code: 'ERR_INVALID_TREE', path });
}
