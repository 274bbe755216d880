// Bundles the TypeScript into dist/ with esbuild. Called by `cargo xtask build`.

import { build } from 'esbuild';
import { cp, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from './node-lib/versions.mjs';

const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(await readFile(path.join(facade, 'package.json'), 'utf8'));

/** npm's own default registry, from npm's config definitions: the repository names no registry host. */
function defaultRegistry() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const globalRoot = execFileSync(npm, ['root', '--global'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  // npm itself is installed globally; beside a packaged Node it may lie next to the `node` binary instead.
  const candidates = [path.join(globalRoot, 'npm'), path.join(path.dirname(process.execPath), '../lib/node_modules/npm')];
  const folder = candidates.find((candidate) => existsSync(path.join(candidate, 'package.json')));
  if (!folder) throw new Error(`npm's own package was not found in ${candidates.join(' or ')}`);
  const { definitions } = createRequire(path.join(folder, 'package.json'))('@npmcli/config/lib/definitions');
  return definitions.registry.default;
}

const shared = {
  absWorkingDir: facade,
  bundle: true,
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  define: {
    WOSIX_VERSION: JSON.stringify(version),
    WOSIX_DEFAULT_REGISTRY: JSON.stringify(defaultRegistry()),
    WOSIX_NODE_VERSIONS: JSON.stringify(versions),
  },
};

/** Classic workers (synchronous `importScripts`) and the service worker. Identifiers are not shortened: Node's library looks at some names. */
const worker = {
  ...shared,
  format: 'iife',
  minifyWhitespace: true,
  minifySyntax: true,
  // The lexer in JavaScript, which is a third of its WebAssembly twin that `import` would choose.
  alias: { 'cjs-module-lexer': path.join(facade, 'node_modules/cjs-module-lexer/lexer.js') },
};

await Promise.all([
  build({
    ...shared,
    entryPoints: { index: 'src/index.ts', 'exec-page': 'src/headless/exec-page.ts', 'headless-page': 'src/headless/headless-page.ts' },
    outdir: 'dist',
    format: 'esm',
    minifyWhitespace: true,
  }),
  build({
    ...worker,
    outdir: 'dist',
    entryPoints: {
      host: 'src/host/main.ts',
      'node-range': 'src/host/node-range.ts',
      'guest-native': 'src/guest/native/main.ts',
      'service-worker': 'src/service-worker/main.ts',
    },
  }),
  build({
    ...worker,
    outdir: 'dist',
    entryPoints: { 'guest-node': 'src/guest/node/main.ts' },
    // What rewritten sources call: seen by every script of the worker, but no properties of its global object (continuation-frame.ts).
    banner: { js: 'let ºs,ºt,ºa,ºb,ºj,ºk,ºr,ºe;' },
  }),
  build({
    ...shared,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  }),
  // Pages that the server hands out: plain HTML with inline or bundled scripts beside it.
  cp(path.join(facade, 'src/pages'), path.join(facade, 'dist/pages'), { recursive: true }),
]);

// The declarations of the public API. The compiler checks types as it writes them: a public type that does not hold fails the build.
execFileSync(process.execPath, [path.join(facade, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'], { cwd: facade, stdio: 'inherit' });
