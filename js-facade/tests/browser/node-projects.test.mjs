// Programs over packages of the registry: each has to print what it printed on the pinned Node (`expected.txt`).

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browsers, runCli } from './harness.mjs';

const projects = fileURLToPath(new URL('../node/projects/', import.meta.url));
/** Seconds for installing and running one. */
const TIMEOUT = 120;

for (const browser of browsers) {
  describe(`node projects in ${browser}`, () => {
    let folder;
    before(() => (folder = mkdtempSync(path.join(tmpdir(), 'wosix-node-projects-'))));
    after(() => rmSync(folder, { recursive: true, force: true }));

    for (const project of readdirSync(projects)) {
      test(project, async () => {
        const mount = path.join(folder, project);
        cpSync(path.join(projects, project), mount, { recursive: true });
        const script = 'npm install --before=2026-06-01 >&2 && node main.js';
        const { code, stdout, stderr } = await runCli(['exec', '--browser', browser, '--timeout', String(TIMEOUT), '--mount', mount, '--', 'jsh', '-c', script]);
        assert.equal(code, 0, stderr);
        assert.equal(stdout, readFileSync(path.join(projects, project, 'expected.txt'), 'utf8'));
      });
    }
  });
}
