// Compares our dependency trees with npm's: for every project, the lockfile npm writes for a date against ours, byte for byte.
//   node trees.mjs [--before 2026-06-01] [--work DIR] [--bin PATH] [--install] [--lock | --repair | --dedupe] [--jobs N] [--keep] [names of projects...]
// npm only resolves, or with --install really installs. With --lock we start from npm's lockfile and have to end with the same; with --repair
// every seventh entry of it is missing, for npm too; with --dedupe both run `npm dedupe`. Its answers and the packuments stay in DIR, so a second run needs no network.
// An address of the registry (`resolved`) is left out of both where npm is configured so. --keep leaves our lockfile beside npm's.
// Ours is `npm_resolve`: cargo build --release -p wosix-core --example npm_resolve
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { oracle, projects, Registry, again } from './oracle.mjs';

const args = process.argv.slice(2);
function option(name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args.splice(at, 2)[1];
}
function flag(name) {
  const at = args.indexOf(name);
  return at >= 0 && args.splice(at, 1).length > 0;
}
const before = option('--before', '2026-06-01');
const work = option('--work', join(tmpdir(), 'wosix-npm-trees'));
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = option('--bin', join(root, 'target/release/examples/npm_resolve'));
const jobs = Number(option('--jobs', '1'));
const [installs, keep, repairs, dedupes] = [flag('--install'), flag('--keep'), flag('--repair'), flag('--dedupe')];
const fromLock = flag('--lock') || repairs || dedupes;
const names = args.length ? args : projects();
const registry = new Registry(work);

async function ours(dir, omitResolved) {
  const out = join(dir, 'ours.json');
  const flags = ['--before', before, '--node', process.version, ...(omitResolved ? ['--omit-resolved'] : []), ...(fromLock ? ['--lock'] : []), ...(dedupes ? ['--dedupe'] : []), ...(installs ? ['--install'] : [])];
  const child = spawn(bin, [dir, work, out, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => { stderr += chunk; });
  const done = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    // `need a b c`: all of these, then an empty line says that they are there.
    const [word, kind, ...wanted] = line.split(' ');
    if (word !== 'need') continue;
    await Promise.all(wanted.map((name) => (kind === 'packuments' ? registry.packument(name) : registry.tarball(name))));
    child.stdin.write('\n');
  }
  const status = await done;
  const text = status === 0 ? readFileSync(out, 'utf8') : '';
  if (!keep) rmSync(out, { force: true });
  return status === 0 ? { text, stderr } : { error: stderr };
}

/** What npm reports as an error, without what names this machine: warnings, the log file, the report's path, blank ends. */
function complaint(text) {
  const lines = text.split('\n').filter((line) => line.startsWith('npm error'));
  const end = lines.findIndex((line) => /For a full report see|A complete log of this run/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).map((line) => line.trimEnd()).join('\n').replace(/(\nnpm error)+$/, '');
}

/** First differing line of two texts. */
function difference(expected, actual) {
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  return `line ${at + 1}: npm ${JSON.stringify(a[at]?.trim())}, ours ${JSON.stringify(b[at]?.trim())}`;
}

const tree = (text) => Object.entries(JSON.parse(text).packages).map(([path, entry]) => `${path}@${entry.version ?? ''}`);

function compare(expected, actual) {
  if (expected.error || actual.error) {
    if (!expected.error) return [false, `DIFFERENT npm: ok, ours: ${actual.error.slice(0, 300)}`];
    if (!actual.error) return [false, `DIFFERENT npm: ${complaint(expected.error).split('\n').slice(0, 4).join(' | ')}, ours: ok`];
    const [theirs, mine] = [complaint(expected.error), complaint(actual.error)];
    const code = /npm error code (\S+)/.exec(theirs)?.[1];
    if (theirs === mine) return [true, `same error ${code}`];
    if (code === /npm error code (\S+)/.exec(mine)?.[1]) return [false, `same code ${code}, other text: ${difference(theirs, mine)}`];
    return [false, `DIFFERENT ${difference(theirs, mine)}`];
  }
  if (expected.text === actual.text) return [true, `same bytes (${tree(expected.text).length} entries)`];
  const [theirs, mine] = [new Set(tree(expected.text)), new Set(tree(actual.text))];
  const missing = [...theirs].filter((entry) => !mine.has(entry));
  const extra = [...mine].filter((entry) => !theirs.has(entry));
  if (missing.length + extra.length === 0) return [false, `same tree (${theirs.size} entries), ${difference(expected.text, actual.text)}`];
  return [false, `DIFFERENT of ${theirs.size} missing ${missing.length} extra ${extra.length}: -${missing.slice(0, 5)} +${extra.slice(0, 5)}`];
}

let [next, agreed, compared] = [0, 0, 0];
async function worker() {
  while (next < names.length) {
    const name = names[next++];
    let expected = await oracle(name, { work, before, installs });
    if (fromLock && !expected.text) continue;
    // What nobody needs any more goes when npm looks at its own lockfile.
    if (fromLock) expected = await again(name, expected.text, { work, before, damage: repairs, command: dedupes ? 'dedupe' : 'install' });
    compared++;
    // Only addresses of the registry count: a link has `resolved` too.
    const actual = await ours(expected.dir, !/"resolved": "https?:/.test(expected.text ?? ''));
    const [same, verdict] = compare(expected, actual);
    agreed += Number(same);
    console.log(`${name.padEnd(24)} ${verdict}`);
  }
}
if (!existsSync(bin)) throw new Error(`${bin} is not there: cargo build --release -p wosix-core --example npm_resolve`);
await Promise.all(Array.from({ length: jobs }, worker));
console.log(`${agreed} of ${compared} agree`);
process.exitCode = agreed === compared ? 0 : 1;
