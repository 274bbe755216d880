// The versions of Node that can be chosen: their libraries are extracted, and the runtime offers them (`src/api/node-version.ts`).

import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first is the default. `lts` is the name of its long-term line, as `process.release.lts` has it. One a major version. */
export const versions = [
  { version: '24.21.0', lts: 'Krypton' },
  { version: '26.10.0', lts: undefined },
];

const platform = process.platform === 'win32' ? 'win' : process.platform;
const cache = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../.cache');

/** The npm package with Node's binary for this machine. */
export const packageName = `node-${platform}-${process.arch}`;

export function majorOf(version) {
  return version.slice(0, version.indexOf('.'));
}

/** Where that package is installed. */
export function folderOf(version) {
  return path.join(cache, `node-${majorOf(version)}`);
}

/** Absolute path of the binary. */
export function binaryOf(version) {
  return path.join(folderOf(version), 'node_modules', packageName, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
