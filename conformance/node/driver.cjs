'use strict';
// Runs a list of tests, each in a process of its own, and reports each as a line of JSON on standard output.
// It runs under the Node that is tested: in a container, or natively for the oracle.
//
// Usage: node driver.cjs LIST.json   with {root, tests: [{name, flags, env}], jobs, timeoutMs, tmp}
// Lines: {"start": name} and {"name", "status", "ms", "output"}

const { spawn } = require('node:child_process');
const { mkdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const { root, tests, jobs, timeoutMs, tmp } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
/** Characters kept of what a failed test printed: its end tells most. */
const kept = 4000;

mkdirSync(tmp, { recursive: true });

function report(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function run(test, slot) {
  return new Promise((resolve) => {
    report({ start: test.name });
    const begin = Date.now();
    const child = spawn(process.execPath, [...test.flags, `${root}/${test.name}`], {
      // Node's own runner starts tests in the folder above `test`, and paths in them count on that.
      cwd: path.dirname(root),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // Flags are given by us, and this Node's globals need not be those of the tests' version.
        NODE_SKIP_FLAG_CHECK: '1', NODE_TEST_KNOWN_GLOBALS: '0',
        NODE_TEST_DIR: tmp, TEST_THREAD_ID: String(slot), TEST_SERIAL_ID: String(slot),
        ...test.env,
      },
    });
    let output = '';
    const append = (text) => { output = (output + text).slice(-4 * kept); };
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    let late = false;
    const timer = setTimeout(() => { late = true; child.kill('SIGKILL'); }, timeoutMs);
    const done = (code, signal) => {
      clearTimeout(timer);
      const skipped = code === 0 && /^1\.\.0 # Skipped/im.test(output);
      const status = skipped ? 'skip' : code === 0 ? 'pass' : 'fail';
      if (late) output += `\n[no end after ${timeoutMs / 1000} s]`;
      else if (status === 'fail') output += `\n[exit ${signal ?? code}]`;
      report({ name: test.name, status, ms: Date.now() - begin, output: status === 'pass' ? '' : output.slice(-kept) });
      resolve();
    };
    child.once('error', (error) => { append(String(error)); done(null, 'not started'); });
    // `close` waits for grandchildren that hold the pipes; a test is over when its process is.
    child.once('exit', (code, signal) => setTimeout(done, 20, code, signal));
  });
}

const queue = tests.slice();
async function work(slot) {
  for (let test = queue.shift(); test; test = queue.shift()) await run(test, slot);
}
Promise.all(Array.from({ length: jobs }, (_, slot) => work(slot))).then(() => process.exit(0));
