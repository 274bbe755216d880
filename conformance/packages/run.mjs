// Runs a package's own tests in a container and natively, both from the same checkout, and prints both scores.
//
// usage: node conformance/packages/run.mjs NAME CHECKOUT [--browser B] [--only wosix|native] [--timeout S] [--log FOLDER]

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../../js-facade/tests/node-binary.mjs';
import { count, suites } from './suites.mjs';

const wosix = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../js-facade/bin/wosix.js');
const { values: options, positionals: [name, checkout] } = parseArgs({
  allowPositionals: true,
  options: {
    browser: { type: 'string', default: 'chromium' }, only: { type: 'string' }, timeout: { type: 'string', default: '600' }, log: { type: 'string' },
  },
});
const suite = suites[name];
if (!suite || !checkout) {
  console.error(`usage: node conformance/packages/run.mjs NAME CHECKOUT [options]; names: ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

// A copy without what an earlier run installed: npm decides the tree, in both places.
const copy = path.join(mkdtempSync(path.join(tmpdir(), 'package-tests-')), name);
// Links as they are written: one that leads into the checkout leads nowhere in a container.
cpSync(checkout, copy, { recursive: true, verbatimSymlinks: true, filter: (source) => path.basename(source) !== 'node_modules' && path.basename(source) !== '.git' });

/** `node_modules/.bin` in `PATH`, as for a script of `npm test`. */
const script = `${suite.install ?? 'npm install'} >install.log 2>&1 || { cat install.log; exit 99; }; PATH=$PWD/node_modules/.bin:$PATH ${suite.test}`;

function inWosix() {
  return spawnSync(process.execPath, [wosix, 'exec', '--browser', options.browser, '--timeout', options.timeout, '--mount', copy, '--', 'jsh', '-c', script], capture);
}

function natively() {
  return spawnSync('sh', ['-c', script], { ...capture, cwd: copy, timeout: options.timeout * 1000, env: { ...process.env, PATH: `${path.dirname(nodeBinary)}:${process.env.PATH}` } });
}

const capture = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] };

function report(where, run) {
  const begin = Date.now();
  const { status, stdout, stderr } = run();
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  if (options.log) writeFileSync(path.join(options.log, `${name}.${where}.log`), stdout + stderr);
  const tests = count(stdout);
  console.log(`${name.padEnd(12)} ${where.padEnd(9)} ${tests ? `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped` : 'no result'}  (exit ${status}, ${seconds} s)`);
  return tests;
}

try {
  // Wosix first: what a native run leaves in the copy would be mounted.
  const ours = options.only === 'native' ? undefined : report(options.browser, inWosix);
  const native = options.only === 'wosix' ? undefined : report('native', natively);
  if (ours && native) process.exitCode = ours.passed < native.passed ? 1 : 0;
  else if (options.only === undefined) process.exitCode = 1;
} finally {
  rmSync(path.dirname(copy), { recursive: true, force: true });
}
