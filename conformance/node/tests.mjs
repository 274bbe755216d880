// Node's test folder: which tests there are, how each wants to be run, which module it is about.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The folders that are run. `sequential` holds tests that want nobody beside them. */
export const suites = ['parallel', 'es-module', 'sequential'];

/** Files that Node's own runner starts (`testpy/__init__.py`). */
const testFile = /^test-.*\.m?js$/;

/**
 * @typedef {object} Test
 * @property {string} name   as `parallel/test-fs-x.js`
 * @property {string[]} flags   for `node`, from the file's `// Flags:` line
 * @property {Record<string, string>} env   from its `// Env:` line
 * @property {string} module   what it is about, as `fs`
 * @property {boolean} internal   whether it looks into Node's internals or needs flags of V8
 */

/**
 * The tests of `root`, sorted by name.
 * @param {string} root   Node's `test` folder
 * @returns {Test[]}
 */
export function readTests(root) {
  const tests = [];
  for (const suite of suites) {
    for (const file of readdirSync(path.join(root, suite))) {
      if (testFile.test(file)) tests.push(readTest(root, `${suite}/${file}`));
    }
  }
  return tests.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readTest(root, name) {
  const source = readFileSync(path.join(root, name), 'utf8');
  const flags = /\/\/\s+Flags:(.*)/.exec(source)?.[1].trim().split(/\s+/) ?? [];
  const env = Object.fromEntries((/\/\/\s+Env:(.*)/.exec(source)?.[1].trim().split(/\s+/) ?? []).map((pair) => pair.split('=')));
  return { name, flags, env, module: moduleOf(name), internal: isInternal(source, flags) };
}

/** Flags that are V8's, or open Node's inside. */
const internalFlags = new RegExp(
  '^--(expose[-_]|allow-natives-syntax|harmony|v8-|stack|max-|min-|js-|no-opt|jitless|interpreted|stress|trace[-_](gc|opt|deopt)|gc[-_]'
  + '|predictable|noconcurrent|no-concurrent|enable-sharedarraybuffer|experimental-shadow-realm|abort-on-uncaught|track-heap|heap-?prof|cpu-prof|prof|perf-|interrupt|disable-proto|frozen)',
);

function isInternal(source, flags) {
  return flags.some((flag) => internalFlags.test(flag)) || /process\.binding\(|internalBinding\(|require\('internal\//.test(source);
}

/** Where a file's first words name something else than its module. */
const aliases = [
  [/^(event|events|eventtarget|eventsource|event-)/, 'events'],
  [/^(stream|streams|stream2|stream3|readable|writable|duplex)/, 'stream'],
  [/^(whatwg|webstream|webstreams)/, 'whatwg'],
  [/^urlpattern/, 'url'],
  [/^timers?\b|^set(timeout|interval|immediate)/i, 'timers'],
  [/^promises?\b/, 'promise'],
  [/^(next-tick|nexttick)/, 'next-tick'],
  [/^string-decoder/, 'string-decoder'],
  [/^child-process/, 'child-process'],
  [/^webcrypto/, 'crypto'],
  [/^util-|^util\./, 'util'],
  [/^(require-module|import-|dynamic-import|esm)/, 'es-module'],
  [/^common|^test-runner|^runner/, 'test-runner'],
];

function moduleOf(name) {
  const [suite, file] = name.split('/');
  if (suite === 'es-module') return 'es-module';
  const words = file.replace(/^test-/, '').replace(/\.m?js$/, '');
  for (const [pattern, module] of aliases) if (pattern.test(words)) return module;
  return words.split(/[-.]/)[0];
}
