// Imports a TypeScript module of the package, bundled on the fly.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { versions } from '../scripts/node-lib/versions.mjs';

const sources = path.join(path.dirname(fileURLToPath(import.meta.url)), '../src');

/** `file` is relative to `src/`. */
export async function loadSource(file) {
  const folder = mkdtempSync(path.join(tmpdir(), 'wosix-test-'));
  try {
    const outfile = path.join(folder, 'module.mjs');
    await build({
      entryPoints: [path.join(sources, file)], bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error',
      define: { WOSIX_NODE_VERSIONS: JSON.stringify(versions) },
    });
    return await import(pathToFileURL(outfile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
