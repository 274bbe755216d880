// npm itself as the oracle: what it makes of a project for a date. Its answers are kept in a folder outside the repository and used again
// while the project's files are the same.
import { spawn, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('projects', import.meta.url));

/** Names of all projects: `projects/<name>.json` is a package.json, `projects/<name>/` a project of several files. */
export function projects() {
  return readdirSync(folder).map((file) => basename(file, '.json')).sort();
}

/** Copies a project into an empty folder. */
export function copyProject(name, to) {
  mkdirSync(to, { recursive: true });
  const single = join(folder, `${name}.json`);
  if (existsSync(single)) cpSync(single, join(to, 'package.json'));
  else cpSync(join(folder, name), to, { recursive: true });
}

function digest(name) {
  const hash = createHash('sha256');
  const single = join(folder, `${name}.json`);
  if (existsSync(single)) return hash.update(readFileSync(single)).digest('hex');
  const walk = (at) => {
    for (const entry of readdirSync(at).sort()) {
      const path = join(at, entry);
      if (statSync(path).isDirectory()) walk(path);
      else hash.update(path.slice(folder.length)).update(readFileSync(path));
    }
  };
  walk(join(folder, name));
  return hash.digest('hex');
}

/** Runs a program to its end. */
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => { stdout += chunk; });
    child.stderr.on('data', (chunk) => { stderr += chunk; });
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * npm's lockfile (`text`) or its complaint (`error`) for a project, in the folder `dir` of `work` that has the project's files.
 * `installs` makes npm install; otherwise it only resolves.
 */
export async function oracle(name, { work, before, installs }) {
  const dir = join(work, installs ? `${name}-installed` : name);
  const [stamp, result] = [join(dir, '.oracle-of'), join(dir, '.oracle.json')];
  const key = `${before} ${digest(name)}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return { dir, ...JSON.parse(readFileSync(result, 'utf8')) };
  rmSync(dir, { recursive: true, force: true });
  copyProject(name, dir);
  const args = resolveOnly(before).filter((arg) => !installs || arg !== '--package-lock-only');
  const { status, stderr } = await run('npm', args, { cwd: dir });
  const lock = join(dir, 'package-lock.json');
  const answer = status === 0 ? { text: existsSync(lock) ? readFileSync(lock, 'utf8') : '', stderr } : { error: stderr };
  // A registry that cannot be reached is no answer of npm's.
  if (/npm error (?:code E(?:NOTFOUND|AI_AGAIN|CONNRESET|TIMEDOUT|5\d\d)|network)/.test(stderr)) return { dir, ...answer };
  writeFileSync(result, JSON.stringify(answer));
  writeFileSync(stamp, key);
  return { dir, ...answer };
}

/** What npm makes of its own lockfile `text`, or with `damage` of one in which every seventh entry is missing; the folder has the latter. */
export async function again(name, text, { work, before, damage, command = 'install' }) {
  const dir = join(work, damage ? `${name}-damaged` : `${name}-again`);
  rmSync(dir, { recursive: true, force: true });
  copyProject(name, dir);
  const lock = JSON.parse(text);
  const entries = Object.entries(lock.packages).filter(([path, entry], i) => !damage || i % 7 !== 6 || entry.link || !/(^|\/)node_modules\//.test(path));
  const damaged = `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`;
  const file = join(dir, 'package-lock.json');
  writeFileSync(file, damaged);
  const { status, stderr } = await run('npm', [command, ...resolveOnly(before).slice(1)], { cwd: dir });
  const answer = status === 0 ? { text: readFileSync(file, 'utf8') } : { error: stderr };
  writeFileSync(file, damaged);
  return { dir, ...answer };
}

const resolveOnly = (before) => ['install', '--package-lock-only', '--ignore-scripts', `--before=${before}`, '--os=linux', '--cpu=x64', '--no-audit', '--no-fund'];

/** Packuments and tarballs of the registry npm is configured for, kept in `work`. */
export class Registry {
  constructor(work) {
    this.url = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    this.packuments = join(work, 'packuments');
    this.tarballs = join(work, 'tarballs');
    this.pending = new Map();
    mkdirSync(this.packuments, { recursive: true });
    mkdirSync(this.tarballs, { recursive: true });
  }

  /** Makes sure that a packument is in its folder; an empty file says that there is none. */
  packument(name) {
    const file = name.replace('/', '%2f');
    return this.#keep(new URL(file, this.url), join(this.packuments, `${file}.json`));
  }

  /** Makes sure that a tarball is in its folder, under the SHA-256 of its address. */
  tarball(url) {
    return this.#keep(new URL(url), join(this.tarballs, createHash('sha256').update(url).digest('hex')));
  }

  #keep(url, path) {
    if (existsSync(path)) return Promise.resolve();
    let pending = this.pending.get(path);
    if (!pending) {
      pending = this.#download(url, path);
      this.pending.set(path, pending);
    }
    return pending;
  }

  async #download(url, path) {
    const response = await fetch(url);
    const body = response.ok ? Buffer.from(await response.arrayBuffer()) : Buffer.alloc(0);
    if (!response.ok && response.status !== 404) throw new Error(`${url}: ${response.status}`);
    writeFileSync(`${path}.part`, body);
    renameSync(`${path}.part`, path);
  }
}
