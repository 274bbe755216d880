// Runs the tools of web development over small projects, in a container and natively, and prints the times of both.
//
// usage: node conformance/tools/run.mjs [NAME...] [--browser B] [--only wosix|native] [--timeout S] [--log FOLDER]

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../../js-facade/tests/node-binary.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const wosix = path.join(here, '../../js-facade/bin/wosix.js');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { browser: { type: 'string', default: 'chromium' }, only: { type: 'string' }, timeout: { type: 'string', default: '300' }, log: { type: 'string' } },
});

/** Installs, then runs the project's `check` script and prints how long that took, by the same clock in both places. */
const script = "npm install --ignore-scripts --no-audit --no-fund >install.log 2>&1 || { cat install.log; exit 99; }; node -e \"\
const begin = Date.now();\
const { status } = require('child_process').spawnSync('npm', ['run', '--silent', 'check'], { stdio: 'inherit' });\
console.log('check took ' + (Date.now() - begin) + ' ms');\
process.exit(status ?? 1);\"";

const capture = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] };

function run(name, where, folder) {
  const result = where === 'native'
    ? spawnSync('sh', ['-c', script], { ...capture, cwd: folder, timeout: options.timeout * 1000, env: { ...process.env, PATH: `${path.dirname(nodeBinary)}:${process.env.PATH}` } })
    : spawnSync(process.execPath, [wosix, 'exec', '--browser', where, '--timeout', options.timeout, '--mount', folder, '--', 'jsh', '-c', script], capture);
  if (options.log) writeFileSync(path.join(options.log, `${name}.${where}.log`), result.stdout + result.stderr);
  const took = /^check took (\d+) ms$/m.exec(result.stdout);
  return { passed: result.status === 0, ms: took ? Number(took[1]) : undefined };
}

let failed = 0;
console.log('tool          in the browser      native   ratio');
for (const name of positionals.length > 0 ? positionals : readdirSync(path.join(here, 'projects')).sort()) {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'tool-')), 'project');
  cpSync(path.join(here, 'projects', name), folder, { recursive: true });
  const shown = (result) => (result ? `${result.passed ? '' : 'FAILED '}${result.ms === undefined ? '-' : `${result.ms} ms`}` : '');
  // Wosix first: what a native run installs would be mounted.
  const ours = options.only === 'native' ? undefined : run(name, options.browser, folder);
  const native = options.only === 'wosix' ? undefined : run(name, 'native', folder);
  if (ours && !ours.passed) failed += 1;
  console.log(`${name.padEnd(12)} ${shown(ours).padStart(16)} ${shown(native).padStart(14)}   ${ours?.ms && native?.ms ? (ours.ms / native.ms).toFixed(2) : ''}`);
  rmSync(path.dirname(folder), { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
