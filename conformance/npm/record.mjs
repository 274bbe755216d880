// Records what npm makes of the projects that the browser tests install: `expected/<project>.json`.
//   node record.mjs [--before 2026-06-01] [names of projects...]
// Needs npm 11 and a registry; installs into temporary folders, without install scripts (they may differ with the machine).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyProject } from './oracle.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--before');
const before = at < 0 ? '2026-06-01' : args.splice(at, 2)[1];
const projects = args.length ? args : ['aliases', 'express', 'fastify', 'vite-react-ts', 'workspaces-conflict'];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

for (const project of projects) {
  const folder = mkdtempSync(join(tmpdir(), 'wosix-npm-record-'));
  copyProject(project, folder);
  execFileSync('npm', ['install', `--before=${before}`, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  writeFileSync(here(`expected/${project}.json`), execFileSync(process.execPath, [here('installed.cjs')], { cwd: folder }));
  rmSync(folder, { recursive: true, force: true });
}
