// The packages whose own tests are run, and how. The checkouts are not part of this repository: give the path of one.

/**
 * @typedef {object} Suite
 * @property {string} repository   the public repository
 * @property {string} [install]   what brings the dependencies; `npm install` unless said
 * @property {string} test   the package's own test command, without linters, coverage and type checks
 * @property {string} [without]   what is left out, and why
 */

/** @type {Record<string, Suite>} */
export const suites = {
  express: { repository: 'expressjs/express', test: 'mocha --require test/support/env --reporter dot --check-leaks test/ test/acceptance/' },
  koa: { repository: 'koajs/koa', test: 'node --test' },
  ws: {
    repository: 'websockets/ws', install: 'npm install --ignore-scripts', test: 'mocha --reporter dot --throw-deprecation test/*.test.js',
    without: 'native add-ons (bufferutil, utf-8-validate) are not built',
  },
  'fs-extra': { repository: 'jprichardson/node-fs-extra', test: 'node test.js' },
  'graceful-fs': { repository: 'isaacs/node-graceful-fs', test: 'tap --no-coverage --reporter=tap test/*.js', without: 'the runner that repeats the files under other settings' },
  commander: { repository: 'tj/commander.js', test: 'node --test' },
  yargs: { repository: 'yargs/yargs', test: 'mocha --reporter dot --enable-source-maps ./test/*.mjs --require ./test/before.mjs --timeout=24000 --check-leaks' },
  undici: {
    repository: 'nodejs/undici', install: 'npm install --ignore-scripts', test: `node --test --test-timeout=30000 --test-concurrency=2 $(grep -LE 'require\\(.(node:)?(tls|https|http2|@metcoder95/https-pem)' ${
      'test/*.js test/fetch/*.js test/websocket/*.js test/eventsource/*.js'})`,
    without: 'files that need a TLS or HTTP/2 server, and the suites in other folders',
  },
  zenfs: {
    repository: 'zen-fs/core', install: 'npm install --ignore-scripts && npm run build', test: 'SETUP=$PWD/tests/native-setup.ts node --test tests/fs/*.test.ts',
    without: "back ends of its own: the tests run on node:fs, as its `test:native` does, with types stripped by Node instead of by tsx",
  },
};

/** How many tests passed and failed, from what a runner printed: Node's, mocha's, or TAP. */
export function count(output) {
  const number = (pattern) => [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
  if (/^ℹ pass \d+/m.test(output)) return { passed: number(/^ℹ pass (\d+)/gm), failed: number(/^ℹ fail (\d+)/gm), skipped: number(/^ℹ skipped (\d+)/gm) };
  if (/^# pass \d+/m.test(output)) return { passed: number(/^# pass +(\d+)/gm), failed: number(/^# fail +(\d+)/gm), skipped: number(/^# skip(?:ped)? +(\d+)/gm) };
  // tap names no figure for what passed: files are counted.
  if (/^# failed \d+ of \d+ tests/m.test(output) || /^# time=/m.test(output)) {
    const lines = (pattern) => output.match(pattern)?.length ?? 0;
    const skipped = lines(/^ok \d+ .* # SKIP/gm);
    return { passed: lines(/^ok \d+ /gm) - skipped, failed: lines(/^not ok \d+ /gm), skipped };
  }
  if (/^\s+\d+ passing/m.test(output)) return { passed: number(/^\s+(\d+) passing/gm), failed: number(/^\s+(\d+) failing/gm), skipped: number(/^\s+(\d+) pending/gm) };
  return undefined;
}
