// Compares our dependency trees with npm's: for every project, the lockfile npm writes for a date against ours.
//   node trees.mjs [--before 2026-06-01] [--work DIR] [--bin PATH] [--install] [names of projects...]
// npm resolves only, or with --install really installs (its lockfile may then differ: it opens no tarball of what is not installed).
// Packuments are kept in DIR/packuments and npm's lockfiles in DIR/<project>*, so a second run needs no network.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync, copyFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
function option(name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args.splice(at, 2)[1];
}
const before = option('--before', '2026-06-01');
const work = option('--work', join(tmpdir(), 'wosix-npm-trees'));
const root = fileURLToPath(new URL('../..', import.meta.url));
const installs = args.includes('--install') && args.splice(args.indexOf('--install'), 1).length > 0;
const bin = option('--bin', join(root, 'target/debug/examples/npm_resolve'));
const folder = fileURLToPath(new URL('projects', import.meta.url));
const projects = args.length ? args : readdirSync(folder).map((file) => basename(file, '.json')).sort();
const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const cache = join(work, 'packuments');
mkdirSync(cache, { recursive: true });

async function download(name) {
  const path = join(cache, `${name.replace('/', '%2f')}.json`);
  if (existsSync(path)) return;
  const response = await fetch(new URL(name.replace('/', '%2f'), registry));
  const body = response.ok ? Buffer.from(await response.arrayBuffer()) : Buffer.alloc(0);
  if (!response.ok && response.status !== 404) throw new Error(`${name}: ${response.status}`);
  writeFileSync(`${path}.part`, body);
  renameSync(`${path}.part`, path);
}

function oracle(project) {
  const dir = join(work, installs ? `${project}-installed` : project);
  mkdirSync(dir, { recursive: true });
  copyFileSync(join(folder, `${project}.json`), join(dir, 'package.json'));
  const expected = join(dir, 'package-lock.json');
  if (!existsSync(expected)) {
    const run = spawnSync('npm', ['install', ...(installs ? [] : ['--package-lock-only']), '--ignore-scripts', `--before=${before}`, '--no-audit', '--no-fund'], { cwd: dir, encoding: 'utf8' });
    if (run.status !== 0) return { dir, error: run.stderr };
  }
  return { dir, text: readFileSync(expected, 'utf8') };
}

async function ours(dir, omitResolved) {
  const out = join(dir, 'ours.json');
  const flags = ['--before', before, '--node', process.version, ...(omitResolved ? ['--omit-resolved'] : [])];
  const child = spawn(bin, [dir, cache, out, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => { stderr += chunk; });
  const done = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('need ')) {
      await download(line.slice(5));
      child.stdin.write('\n');
    }
  }
  const status = await done;
  return status === 0 ? { text: readFileSync(out, 'utf8') } : { error: stderr };
}

const tree = (text) => Object.entries(JSON.parse(text).packages).map(([path, entry]) => `${path}@${entry.version ?? ''}`);
let failed = 0;
for (const project of projects) {
  const expected = oracle(project);
  const actual = await ours(expected.dir, !/"resolved"/.test(expected.text ?? ''));
  let verdict;
  if (expected.error || actual.error) {
    const code = (error) => /npm error code (\S+)/.exec(error ?? '')?.[1] ?? (error ? error.slice(-300) : 'ok');
    const [theirs, mine] = [code(expected.error), code(actual.error)];
    verdict = theirs === mine ? `same error ${theirs}` : `DIFFERENT npm: ${theirs}, ours: ${mine}`;
  } else if (expected.text === actual.text) {
    verdict = `same bytes (${tree(expected.text).length} entries)`;
  } else {
    const [theirs, mine] = [new Set(tree(expected.text)), new Set(tree(actual.text))];
    const missing = [...theirs].filter((entry) => !mine.has(entry));
    const extra = [...mine].filter((entry) => !theirs.has(entry));
    verdict = missing.length + extra.length ? `DIFFERENT missing ${missing.length} extra ${extra.length}: -${missing.slice(0, 5)} +${extra.slice(0, 5)}` : `same tree (${theirs.size} entries), other bytes`;
  }
  if (verdict.startsWith('DIFFERENT')) failed++;
  console.log(`${project.padEnd(24)} ${verdict}`);
}
console.log(`${projects.length - failed} of ${projects.length} agree`);
process.exitCode = failed ? 1 : 0;
