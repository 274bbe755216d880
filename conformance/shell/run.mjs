// The shell beside others: the scripts of table/ beside dash and bash, or busybox's ash_test beside its own answers; natively, or in a
// container in a browser. `cargo xtask shell-tests` calls it; see README.md.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import driver from './driver.cjs';
import { here, inDashsWords, oracleOf, readAshTests, readExpected, readTable, tableFiles } from './cases.mjs';

const usage = `usage: cargo xtask shell-tests [PATH_TO_ASH_TEST] [options]
Without a path: the scripts of conformance/shell/table beside dash (bash for bash*.txt) of this machine.
  --filter REGEX   scripts whose name (quoting/3, ash-vars/var1) matches
  --browser B      in a container in chromium or firefox; natively without it
  --verbose        show how the results differ
  --json FILE      write {"name": {"passed", "code", "output"}}
  --jobs N         scripts side by side (default 2)
  --timeout S      seconds a script may take (default 20)`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: 'string', default: '' }, browser: { type: 'string' }, verbose: { type: 'boolean', default: false }, json: { type: 'string' },
    jobs: { type: 'string', default: '2' }, timeout: { type: 'string', default: '20' }, help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const place = options.browser ? 'browser' : 'native';
const timeoutMs = Number(options.timeout) * 1000;
const width = Number(options.jobs);
const filter = new RegExp(options.filter);
const target = path.join(here, '../../target');
const [root] = positionals;
const work = mkdtempSync(path.join(tmpdir(), 'wosix-shell-'));

/** A folder with a link for each program to the native host (`wosix-core/examples/programs.rs`). */
function nativePrograms() {
  const binary = path.join(target, 'debug/examples/programs');
  const listed = spawnSync(binary, ['--list'], { encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`${binary}: ${listed.error ?? listed.stderr}`);
  const folder = path.join(work, 'programs');
  mkdirSync(folder);
  for (const name of listed.stdout.trim().split('\n')) symlinkSync(binary, path.join(folder, name));
  return folder;
}

/** Where programs are found, for the jobs of this run. */
function environment() {
  const programs = options.browser ? undefined : nativePrograms();
  const shell = programs ? path.join(programs, 'sh') : '/bin/sh';
  // busybox compiles three helpers from C; ours are scripts.
  const helpers = programs ? path.join(here, 'bin') : '/home/bin';
  const env = { PATH: `${programs ?? '/bin:/usr/bin'}:${helpers}`, HOME: '/home', THIS_SH: shell, CONFIG_FEATURE_FANCY_ECHO: 'y' };
  return programs ? { shell, env: { ...env, JSH: shell } } : { shell, env };
}

/** Runs jobs here or in a browser. @returns {Promise<Map<string, {code: number | string, output: string}>>} */
async function runJobs(jobs) {
  const results = new Map();
  const done = ({ name, code, output }) => results.set(name, { code, output });
  if (!options.browser) {
    await driver.runAll(work, jobs, width, done);
    return results;
  }
  copyFileSync(path.join(here, 'driver.cjs'), path.join(work, 'driver.cjs'));
  cpSync(path.join(here, 'bin'), path.join(work, 'bin'), { recursive: true });
  writeFileSync(path.join(work, 'jobs.json'), JSON.stringify({ jobs, width }));
  const wosix = path.join(here, '../../js-facade/bin/wosix.js');
  const limit = String(60 + Math.ceil(jobs.length * timeoutMs / 1000 / width));
  const child = spawn(process.execPath, [wosix, 'exec', '--browser', options.browser, '--timeout', limit, '--mount', work, '--', 'node', 'driver.cjs'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) done(JSON.parse(line));
  return results;
}

/** The rows of the table, judged. */
async function table({ shell, env }) {
  const rows = tableFiles().flatMap((file) => readTable(file).map((row) => ({ ...row, oracle: oracleOf(file) }))).filter((row) => filter.test(row.name));
  const job = (row, who, argv, jobEnv) => {
    const cwd = path.join('table', who, row.name);
    mkdirSync(path.join(work, cwd), { recursive: true });
    return { name: row.name, argv, cwd, env: jobEnv, output: `${cwd.replaceAll('/', '-')}.out`, timeoutMs, merged: false };
  };
  const jobs = rows.map((row) => job(row, 'wosix', [shell, '-c', row.script], env));
  const ours = await runJobs(jobs);
  const theirs = new Map();
  const oracles = rows.map((row) => job(row, 'oracle', [row.oracle, '-c', row.script], { PATH: '/usr/bin:/bin', HOME: '/home' }));
  await driver.runAll(work, oracles, width, ({ name, code, output }) => theirs.set(name, { code, output }));
  return rows.map((row) => ({
    name: row.name, source: row.script, expected: theirs.get(row.name), got: ours.get(row.name),
    // `$0` is the name the shell was called by.
    same: (a, b) => a.code === b.code && a.output === b.output.replaceAll(shell, row.oracle),
  }));
}

/** busybox's scripts, judged. */
async function ashTests({ shell, env }) {
  cpSync(root, path.join(work, 'ash'), { recursive: true });
  const tests = readAshTests(root).filter((test) => filter.test(test.name));
  const jobs = tests.map((test) => ({
    name: test.name, argv: [shell, `./${test.file}`], cwd: path.join('ash', test.folder), env,
    output: `${test.name.replaceAll('/', '-')}.out`, timeoutMs, merged: true,
  }));
  const results = await runJobs(jobs);
  return tests.map((test) => ({
    name: test.name, source: path.join(root, test.folder, test.file), expected: { code: 0, output: test.right }, got: results.get(test.name),
    same: (a, b) => inDashsWords(a.output) === inDashsWords(b.output) && b.code !== 'timeout',
  }));
}

function show(what, result) {
  console.log(`  ${what} (${result.code}):`);
  for (const line of result.output.split('\n')) console.log(`    ${line}`);
}

try {
  if (root && !existsSync(path.join(root, 'ash-vars'))) throw new Error(`${root} is not busybox's shell/ash_test`);
  const judged = await (root ? ashTests : table)(environment());
  const expected = root ? readExpected(place) : new Map();
  const report = {};
  let passed = 0;
  const surprises = [];
  for (const { name, source, expected: right, got = { code: 'missing', output: '' }, same } of judged) {
    const ok = same(right, got);
    passed += ok;
    report[name] = { passed: ok, ...got };
    const reason = expected.get(name);
    if (ok && reason !== undefined) surprises.push(`${name}: passes, though expected.txt says: ${reason}`);
    if (!ok && reason === undefined) surprises.push(`${name}: differs`);
    if (!ok && options.verbose) {
      console.log(`\n${name}${reason === undefined ? '' : ` (${reason})`}\n  ${source.trimEnd().replaceAll('\n', '\n  ')}`);
      show('expected', right);
      show('got', got);
    }
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`${place}: ${passed} of ${judged.length} agree (${(100 * passed / judged.length).toFixed(1)} %), ${expected.size} expected to differ`);
  for (const line of surprises) console.log(line);
  process.exitCode = surprises.length > 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}
