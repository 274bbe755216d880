// Random ranges and versions through npm's own `semver` and through ours: `node ranges.mjs [count]` compares, `node ranges.mjs --sample [count]`
// prints the sample committed as wosix-core/src/npm/fixtures/ranges.tsv. A seed (`--seed N`) makes a run repeatable.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const npm = join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(), 'npm');
const semver = createRequire(join(npm, 'package.json'))('semver');
const args = process.argv.slice(2);
const sample = args.includes('--sample');
const seedAt = args.indexOf('--seed');
let state = seedAt >= 0 ? Number(args[seedAt + 1]) : 1;
const count = Number(args.find((arg, i) => /^\d+$/.test(arg) && i !== seedAt + 1) ?? (sample ? 1500 : 100000));

// mulberry32
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const number = () => pick(['0', '0', '1', '1', '2', '3', '10', '17']);
const prerelease = () => pick(['', '', '', '-0', '-1', '-alpha', '-beta.1', '-rc.0', '-x.7.z']);
const version = () => `${number()}.${number()}.${number()}${prerelease()}${pick(['', '', '', '', '+build.1'])}`;
const part = () => pick([number(), number(), number(), 'x', '*', 'X']);
const partial = () => pick([version, version, () => number(), () => `${number()}.${part()}`, () => `${part()}.${part()}.${part()}`, () => `${number()}.${number()}`, () => pick(['*', 'x', ''])])();
const simple = () => pick(['', '', '^', '^', '~', '~', '>=', '<', '>', '<=', '=', '~>', '>= ', '^ ', '~ ', 'v', '=v', '<= ']) + partial();
const set = () => pick([simple, simple, simple, () => `${simple()} ${simple()}`, () => `${partial()} - ${partial()}`, () => `>=${partial()} <${partial()}`, () => pick(['latest', 'foo', '1.2.3.4', '01.2.3', '1.2.3beta', '>', '||', '  '])])();
const range = () => pick([set, set, set, () => `${set()} || ${set()}`, () => `${set()}||${set()}||${set()}`])();

const lines = [];
for (let i = 0; i < count; i++) {
  const [r, v] = [range(), version()];
  const answer = semver.validRange(r, true) === null ? 'invalid' : String(semver.satisfies(v, r, true));
  lines.push([r, v, answer]);
}
if (sample) {
  process.stdout.write(lines.map((line) => line.join('\t')).join('\n') + '\n');
} else {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const input = lines.map(([r, v]) => `${r}\t${v}`).join('\n') + '\n';
  const binary = process.env.NPM_RANGES ?? join(root, 'target/debug/examples/npm_ranges');
  const run = spawnSync(binary, [], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  const answers = run.stdout.split('\n');
  const wrong = lines.filter(([, , expected], i) => answers[i] !== expected);
  for (const [r, v, expected] of wrong.slice(0, 20)) console.log(`${JSON.stringify(r)} ${v}: npm says ${expected}`);
  console.log(`${lines.length} pairs, ${wrong.length} differ`);
  process.exitCode = wrong.length ? 1 : 0;
}
