// Runs Node's own tests in a container in a browser, each in its own process, and holds the results against the committed expectations.
// `cargo xtask node-tests` calls it; see README.md.

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { majorOf, versions } from '../../js-facade/scripts/node-lib/versions.mjs';
import { nodeBinaryOf } from '../../js-facade/tests/node-binary.mjs';
import { readExpected } from './expected.mjs';
import { differences, printDifferences, printTable } from './report.mjs';
import { readTests } from './tests.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const wosix = path.join(here, '../../js-facade/bin/wosix.js');

const usage = `usage: cargo xtask node-tests PATH_TO_TEST_DIR [options]
  --filter REGEX       tests whose name (parallel/test-fs-x.js) or module (fs) matches
  --sample N --seed S  N of them, drawn with seed S (default 1)
  --browser B          chromium (default) or firefox
  --node MAJOR         which Node (default: the first of scripts/node-lib/versions.mjs, which the expectations are of)
  --native             the pinned Node itself instead of a browser: the oracle
  --json FILE          write results as they come: {"parallel/test-x.js": {"status", "ms", "output"}}
  --resume             keep what FILE already has, run the rest
  --failed             run again what failed in FILE
  --jobs N             tests side by side (default 2)
  --batch N            tests a browser (default 250)
  --timeout S          seconds a test may take (default 60)
  --retries N          how often an unexpected result is tried again, alone (default 1)`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: 'string' }, sample: { type: 'string' }, seed: { type: 'string', default: '1' }, browser: { type: 'string', default: 'chromium' },
    node: { type: 'string', default: majorOf(versions[0].version) }, native: { type: 'boolean', default: false }, json: { type: 'string' }, resume: { type: 'boolean', default: false },
    failed: { type: 'boolean', default: false }, jobs: { type: 'string', default: '2' }, batch: { type: 'string', default: '250' },
    timeout: { type: 'string', default: '60' }, retries: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h' },
  },
});
const [root] = positionals;
if (options.help || !root) {
  console.log(usage);
  process.exit(options.help ? 0 : 2);
}
if (!existsSync(path.join(root, 'parallel')) || !existsSync(path.join(root, 'common'))) {
  console.error(`${root} is not Node's test folder: it has no parallel/ and common/`);
  process.exit(2);
}
const place = options.native ? 'native' : options.browser;
const timeoutMs = Number(options.timeout) * 1000;
const { failing, errors } = readExpected();
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(2);
}

/** @type {Record<string, {status: string, ms: number, output: string}>} */
const results = options.json && (options.resume || options.failed) && existsSync(options.json) ? JSON.parse(readFileSync(options.json, 'utf8')) : {};

function record(name, result) {
  results[name] = result;
  if (!options.json) return;
  // A killed run keeps the last whole file.
  writeFileSync(`${options.json}.new`, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(`${options.json}.new`, options.json);
}

/** A pseudo-random order that the seed decides (mulberry32), for samples that can be drawn again. */
function drawn(tests, count, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return tests.map((test) => [random(), test]).sort((a, b) => a[0] - b[0]).slice(0, count).map(([, test]) => test)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function selected() {
  let tests = readTests(root);
  if (options.filter) {
    const filter = new RegExp(options.filter);
    tests = tests.filter((test) => filter.test(test.name) || test.module === options.filter);
  }
  if (options.sample) tests = drawn(tests, Number(options.sample), Number(options.seed));
  return tests;
}

/** Starts the driver over `folder`, which holds its list. Answers the child process. */
function startDriver(folder) {
  if (options.native) return spawn(nodeBinaryOf(options.node), [path.join(folder, 'driver.cjs'), path.join(folder, 'list.json')], { stdio: ['ignore', 'pipe', 'inherit'] });
  return spawn(process.execPath, [
    wosix, 'exec', '--node', options.node, '--browser', options.browser, '--timeout', '100000', '--mount', `${path.resolve(root)}:/node/test`, '--mount', `${folder}:/node/run`,
    '--', 'node', '/node/run/driver.cjs', '/node/run/list.json',
  ], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs `tests` in one container and records the results. Answers the tests that it did not come to: the container was lost. */
async function runBatch(tests, jobs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'node-tests-'));
  try {
    copyFileSync(path.join(here, 'driver.cjs'), path.join(folder, 'driver.cjs'));
    const list = { root: options.native ? path.resolve(root) : '/node/test', tests, jobs, timeoutMs, tmp: options.native ? path.join(folder, 'tmp') : '/tmp/node-tests' };
    writeFileSync(path.join(folder, 'list.json'), JSON.stringify(list));
    const driver = startDriver(folder);
    const open = new Set();
    const left = new Map(tests.map((test) => [test.name, test]));
    // The driver ends each test in time; when it says nothing for longer, the container is lost.
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => driver.kill('SIGKILL'), timeoutMs + 60_000);
    };
    alive();
    for await (const line of createInterface({ input: driver.stdout })) {
      alive();
      let message;
      try { message = JSON.parse(line); } catch { console.error(line); continue; }
      if (message.start) { open.add(message.start); continue; }
      const { name, ...result } = message;
      open.delete(name);
      left.delete(name);
      record(name, result);
      progress();
    }
    clearTimeout(watchdog);
    // Whatever was running when the container was lost may be the reason, and is not tried for ever.
    for (const name of open) {
      left.delete(name);
      record(name, { status: 'fail', ms: 0, output: '[the container was lost while this test ran]' });
    }
    return [...left.values()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let total = 0;
let seen = 0;
function progress() {
  seen += 1;
  if (seen % 100 === 0) console.error(`${seen} of ${total}`);
}

async function runAll(tests, jobs) {
  const size = Number(options.batch);
  let lostInARow = 0;
  for (let rest = tests; rest.length > 0;) {
    const batch = rest.slice(0, size);
    const before = batch.length;
    const left = await runBatch(batch, jobs);
    if (left.length === before && ++lostInARow === 3) throw new Error('the container ends before any test does');
    if (left.length < before) lostInARow = 0;
    rest = [...left, ...rest.slice(size)];
  }
}

const tests = selected();
const todo = tests.filter((test) => !(options.resume && results[test.name]) && !(options.failed && results[test.name]?.status !== 'fail'));
total = todo.length;
console.error(`${todo.length} tests, ${place}`);
await runAll(todo.filter((test) => !test.name.startsWith('sequential/')), Number(options.jobs));
await runAll(todo.filter((test) => test.name.startsWith('sequential/')), 1);

const inTodo = new Set(todo.map((test) => test.name));
for (let round = 0; round < Number(options.retries); round += 1) {
  const again = differences(tests, results, failing, place).filter(({ name, status }) => inTodo.has(name) && status === 'fail').map(({ test }) => test);
  if (again.length === 0) break;
  console.error(`${again.length} unexpected failures, once more`);
  total = again.length;
  seen = 0;
  await runAll(again, 1);
}

printTable(tests, results, failing);
const different = differences(tests, results, failing, place);
printDifferences(different);
process.exit(different.length > 0 ? 1 : 0);
