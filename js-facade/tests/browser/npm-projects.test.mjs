// Real projects installed in the browser from a real registry: the same packages at the same places, links and modes as npm's.
// What npm did is recorded in `conformance/npm/expected` (by `record.mjs` there), so only the packages themselves come from the network.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { copyProject } from '../../../conformance/npm/oracle.mjs';
import { browsers, runCli } from './harness.mjs';

const conformance = fileURLToPath(new URL('../../../conformance/npm/', import.meta.url));
const projects = readdirSync(path.join(conformance, 'expected')).map((file) => path.basename(file, '.json'));
/** The date the recorded trees are of. */
const BEFORE = '2026-06-01';
/** Seconds that an installation may take. */
const TIMEOUT = 240;

for (const browser of browsers) {
  describe(`npm's trees in ${browser}`, () => {
    let folder;
    before(() => (folder = mkdtempSync(path.join(tmpdir(), 'wosix-npm-projects-'))));
    after(() => rmSync(folder, { recursive: true, force: true }));

    for (const project of projects) {
      test(project, async () => {
        const mount = path.join(folder, project);
        copyProject(project, mount);
        copyFileSync(path.join(conformance, 'installed.cjs'), path.join(mount, 'installed.cjs'));
        const { code, stdout, stderr } = await exec(browser, mount, `npm install --before=${BEFORE} --ignore-scripts >&2 && node installed.cjs`);
        assert.equal(code, 0, stderr);
        const expected = JSON.parse(readFileSync(path.join(conformance, `expected/${project}.json`), 'utf8'));
        assert.deepEqual(JSON.parse(stdout), expected);
      });
    }
  });
}

function exec(browser, mount, script) {
  return runCli(['exec', '--browser', browser, '--timeout', String(TIMEOUT), '--mount', mount, '--', 'jsh', '-c', script]);
}
