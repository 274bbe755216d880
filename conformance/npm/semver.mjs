// Random versions and ranges through npm's own `semver` package and through ours: `node semver.mjs [count]` compares (100,000 questions),
// `node semver.mjs --sample [count]` prints the sample committed as wosix-core/tests/fixtures/npm-semver.tsv. `--seed N` makes another run.
// Ours is `npm_semver`: cargo build --release -p wosix-core --example npm_semver (or --bin PATH).
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const npm = join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(), 'npm');
const semver = createRequire(join(npm, 'package.json'))('semver');
const args = process.argv.slice(2);
function option(name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args.splice(at, 2)[1];
}
const root = fileURLToPath(new URL('../..', import.meta.url));
let state = Number(option('--seed', 1));
const bin = option('--bin', join(root, 'target/release/examples/npm_semver'));
const sample = args.includes('--sample');
const count = Number(args.find((arg) => /^\d+$/.test(arg)) ?? (sample ? 3000 : 100000));

// mulberry32
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const one = (...makers) => pick(makers)();
const constant = (text) => () => text;

const number = () => pick(['0', '0', '1', '1', '2', '3', '10', '17', '9007199254740991']);
const oddNumber = () => pick(['01', '00', '9007199254740992', '99999999999999999999', '-1', 'a']);
const identifier = () => pick(['0', '1', '12', 'alpha', 'beta', 'rc', 'x', 'X', '7', 'a-b', '-', '0a', '--1']);
const oddIdentifier = () => pick(['01', '', '00', 'ä', '*', '_', '9007199254740993', '99999999999999999999']);
const prerelease = () => {
  if (random() < 0.6) return '';
  const parts = [identifier()];
  while (random() < 0.4) parts.push(random() < 0.05 ? oddIdentifier() : identifier());
  return `-${parts.join('.')}`;
};
const build = () => (random() < 0.85 ? '' : `+${pick(['build.1', '001', 'a', '', 'a..b', 'sha-5114f85', '1+2'])}`);
const core = (part) => `${part()}.${part()}.${part()}`;
const version = () => one(
  ...Array(8).fill(() => core(number) + prerelease() + build()),
  () => `${pick(['v', '=', 'v=', '= ', ' ', 'V', '=v '])}${core(number)}${prerelease()}`,
  () => `${core(number)}${pick(['beta', 'alpha.1', 'rc1', '-', ' ', '.4', 'x'])}`,
  () => core(() => (random() < 0.3 ? oddNumber() : number())),
);
const part = () => pick([number(), number(), number(), 'x', '*', 'X', '']);
const partial = () => one(version, version, version, number, () => `${number()}.${part()}`, () => `${part()}.${part()}.${part()}`,
  () => `${number()}.${number()}`, () => `${number()}.${part()}.${part()}${prerelease()}`, () => pick(['*', 'x', '']));
const operator = () => pick(['', '', '', '^', '^', '~', '~', '>=', '<', '>', '<=', '=', '~>', '>= ', '^ ', '~ ', 'v', '=v', '<= ', '>  ', '~> ', '<>', '==', '^^', '~^', '>=v', '^=', '~v']);
const simple = () => operator() + partial();
const set = () => one(
  ...Array(6).fill(simple),
  () => `${simple()} ${simple()}`,
  () => `${simple()}  ${simple()} ${simple()}`,
  () => `${partial()} - ${partial()}`,
  () => `${partial()}${pick([' -', '- ', '  -  ', ' - '])}${partial()}${pick(['', '', ` ${simple()}`])}`,
  () => `>=${partial()} <${partial()}`,
  constant('latest'), constant('foo'), constant('1.2.3.4'), constant('01.2.3'), constant('>'), constant(''), constant('  '), constant('1.2.3beta'),
);
function mutate(text) {
  if (random() < 0.92 || !text) return text;
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + pick(['', ' ', '.', '-', '+', '0', 'x', '*', '<', '|', '||', '=', '~', 'v', ',', '/']) + text.slice(at + pick([0, 1]));
}
const range = () => mutate(one(set, set, set, set, () => `${set()} || ${set()}`, () => `${set()}||${set()}||${set()}`, () => `${set()}${pick(['|| ', ' ||', ' | '])}${set()}`));

const attempt = (make) => {
  try {
    return String(make());
  } catch {
    return 'null';
  }
};
function question() {
  const flags = pick(['l', 'l', '', 'p', 'lp']);
  const options = { loose: flags.includes('l'), includePrerelease: flags.includes('p') };
  const ask = (name, words, make) => [JSON.stringify([name, flags, ...words]), attempt(make)];
  return one(
    () => { const v = mutate(version()); return ask('valid', [v], () => semver.valid(v, options)); },
    () => { const [a, b] = [version(), version()]; return ask('compare', [a, b], () => semver.compare(a, b, options)); },
    ...Array(2).fill(() => { const r = range(); return ask('validRange', [r], () => semver.validRange(r, options)); }),
    ...Array(5).fill(() => { const [r, v] = [range(), version()]; return ask('satisfies', [r, v], () => semver.satisfies(v, r, options)); }),
    () => { const [r, list] = [range(), Array.from({ length: 6 }, version)]; return ask('maxSatisfying', [r, ...list], () => semver.maxSatisfying(list, r, options)); },
    ...Array(2).fill(() => { const [a, b] = [range(), range()]; return ask('intersects', [a, b], () => semver.intersects(a, b, options)); }),
  );
}

const questions = Array.from({ length: count }, question);
if (sample) {
  process.stdout.write(questions.map((line) => `${line.join('\t')}\n`).join(''));
} else {
  const run = spawnSync(bin, [], { input: questions.map(([line]) => `${line}\n`).join(''), encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.error) throw run.error;
  if (run.status !== 0) throw new Error(run.stderr);
  const answers = run.stdout.split('\n');
  const wrong = questions.map(([line, expected], i) => ({ line, expected, got: answers[i] })).filter(({ expected, got }) => expected !== got);
  for (const { line, expected, got } of wrong.slice(0, 30)) console.log(`${line}: npm says ${expected}, we ${got}`);
  console.log(`${questions.length} questions, ${wrong.length} differ`);
  process.exitCode = wrong.length ? 1 : 0;
}
