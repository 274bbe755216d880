// The Node binaries whose libraries we run: the oracles of tests and the peers of benchmarks. The build unpacked them.

import { existsSync } from 'node:fs';
import { binaryOf, majorOf, versions } from '../scripts/node-lib/versions.mjs';

/** Absolute path of the binary of a major version, as `26`. */
export function nodeBinaryOf(major) {
  const pinned = versions.find(({ version }) => majorOf(version) === String(major));
  if (!pinned) throw new Error(`there is no Node ${major}: choose one of ${versions.map(({ version }) => majorOf(version)).join(', ')}`);
  const binary = binaryOf(pinned.version);
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run cargo xtask build --only node-lib`);
  return binary;
}

/** That of the default version. */
export const nodeBinary = nodeBinaryOf(majorOf(versions[0].version));
