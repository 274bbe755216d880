// The Node binary whose library we run: the oracle of tests and the peer of benchmarks. The build unpacked it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = path.join(path.dirname(fileURLToPath(import.meta.url)), '../.cache/node_modules');
const platform = process.platform === 'win32' ? 'win' : process.platform;

/** Absolute path of Node 24's binary. */
export const nodeBinary = path.join(cache, `node-${platform}-${process.arch}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

if (!existsSync(nodeBinary)) throw new Error(`${nodeBinary} is missing: run cargo xtask build --only node-lib`);
