// Compares what is on disk: npm accepts the lockfile that we wrote, we accept the one that npm wrote, and the folders are equal by `diff -r`,
// modes and links included. Left out is `node_modules/.package-lock.json`, where npm may be configured to leave addresses out.
//
// usage: node conformance/npm/disk.mjs [--browser B] [names of projects...]    without names: a few of different kinds

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyProject } from './oracle.mjs';

const BEFORE = '2026-06-01';
const FLAGS = '--ignore-scripts --no-audit --no-fund --os=linux --cpu=x64';
const SECONDS = 300;
const folder = fileURLToPath(new URL('.', import.meta.url));
const wosix = path.join(folder, '../../js-facade/bin/wosix.js');
const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { browser: { type: 'string', default: 'chromium' } } });
const names = positionals.length > 0 ? positionals : ['express', 'vite-react-ts', 'aliases', 'bundles', 'workspaces', 'links', 'eslint', 'next'];

/** Runs a command of npm's in a container over `from`, and leaves the container's folder in `to`. */
function inWosix(from, command, to) {
  const args = ['exec', '--browser', options.browser, '--timeout', String(SECONDS), '--mount', from, '--export', `.:${to}`, '--', 'sh', '-c', command];
  const { status, stderr } = spawnSync(process.execPath, [wosix, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} in the container: exit ${status}\n${stderr}`);
}

function shell(command, cwd) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** What `diff -r` and the lists of modes and links say of two folders. */
function difference(a, b) {
  const { stdout } = spawnSync('diff', ['-rq', '--no-dereference', '--exclude=.package-lock.json', a, b], { encoding: 'utf8' });
  const list = (of) => shell("find . ! -name .package-lock.json -printf '%M %l %p\\n' | LC_ALL=C sort", of).split('\n');
  const [left, right] = [new Set(list(a)), new Set(list(b))];
  const only = (one, other, sign) => [...one].filter((line) => !other.has(line)).map((line) => `${sign} ${line}`);
  return { entries: left.size, lines: [...stdout.split('\n').filter(Boolean), ...only(left, right, '-'), ...only(right, left, '+')] };
}

const work = mkdtempSync(path.join(tmpdir(), 'wosix-npm-disk-'));
let failed = 0;
try {
  for (const name of names) {
    const at = (part) => path.join(work, name, part);
    copyProject(name, at('source'));
    for (const [direction, steps] of Object.entries({
      'npm ci of our lockfile': () => {
        inWosix(at('source'), `npm install --before=${BEFORE} ${FLAGS}`, at('ours'));
        cpSync(at('source'), at('theirs'), { recursive: true });
        cpSync(at('ours/package-lock.json'), at('theirs/package-lock.json'));
        shell(`npm ci ${FLAGS}`, at('theirs'));
        return difference(at('ours'), at('theirs'));
      },
      "our npm ci of npm's lockfile": () => {
        cpSync(at('source'), at('npm'), { recursive: true });
        shell(`npm install --before=${BEFORE} ${FLAGS}`, at('npm'));
        cpSync(at('source'), at('locked'), { recursive: true });
        cpSync(at('npm/package-lock.json'), at('locked/package-lock.json'));
        inWosix(at('locked'), `npm ci ${FLAGS}`, at('wosix'));
        return difference(at('wosix'), at('npm'));
      },
    })) {
      let result;
      try {
        result = steps();
      } catch (error) {
        result = { entries: 0, lines: [error.message] };
      }
      if (result.lines.length > 0) failed += 1;
      console.log(`${result.lines.length === 0 ? 'equal ' : 'DIFFER'} ${name.padEnd(20)} ${direction} (${result.entries} entries)`);
      for (const line of result.lines.slice(0, 20)) console.log(`    ${line}`);
    }
    rmSync(path.join(work, name), { recursive: true, force: true });
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
