// `npm` against a registry that does what registries do on bad days.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startRegistry, tarball } from './fake-registry.mjs';
import { browsers, cli, runCli } from './harness.mjs';

for (const name of browsers) {
  describe(`npm in ${name}`, () => {
    let folder;
    let registry;
    let project;
    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'wosix-npm-test-'));
      registry = await startRegistry();
      project = path.join(folder, 'project');
      mkdirSync(project);
      // Packuments name a host that does not exist, as those of a mirror name another one.
      writeFileSync(path.join(project, '.npmrc'), 'replace-registry-host=always\n');
      writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', dependencies: { top: '^1.0.0' } }, null, 2));
    });
    after(() => {
      registry.close();
      rmSync(folder, { recursive: true, force: true });
    });

    function exec(script, { exports = [], mount = project } = {}) {
      const args = ['exec', '--browser', name, '--timeout', '60', '--registry', registry.url, '--mount', mount, ...exports.flatMap((entry) => ['--export', `${entry}:${folder}/out`]), '--', 'jsh', '-c', script];
      return runCli(args);
    }

    test('installs, nests what clashes, links commands, writes the lockfile', async () => {
      const { code, stdout, stderr } = await exec('npm install && cat node_modules/leaf/package.json node_modules/middle/node_modules/leaf/package.json && readlink node_modules/.bin/leaf && head -1 node_modules/leaf/cli.js', { exports: ['package-lock.json'] });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /added 4 packages in/);
      assert.match(stdout, /"version":"2\.0\.0".*"version":"1\.5\.0"/s);
      assert.match(stdout, /\.\.\/leaf\/cli\.js\n#!\/usr\/bin\/env node\n/);
      const exported = path.join(folder, 'out/package-lock.json');
      const lock = JSON.parse(readFileSync(existsSync(exported) ? exported : path.join(folder, 'out'), 'utf8'));
      assert.deepEqual(Object.keys(lock.packages), ['', 'node_modules/leaf', 'node_modules/middle', 'node_modules/middle/node_modules/leaf', 'node_modules/top']);
    });

    test('a second installation fetches no tarball', async () => {
      const fetched = () => registry.tarballs().length;
      const before = fetched();
      const { stdout } = await exec('npm install >/dev/null; npm ci; npm install');
      assert.match(stdout, /added 4 packages in .*up to date in/s);
      assert.equal(fetched() - before, 4);
    });

    test('wrong bytes are EINTEGRITY, and nothing is installed', async () => {
      registry.faults.set('/middle/-/middle-1.2.0.tgz', (request, response) => response.end(tarball({ 'package.json': '{}' })));
      const { code, stderr, stdout } = await exec('npm install || { ls node_modules; exit 1; }');
      registry.faults.clear();
      assert.equal(code, 1);
      assert.match(stderr, /npm error code EINTEGRITY/);
      assert.equal(stdout, '');
    });

    test('a truncated tarball is fetched again', async () => {
      let served = 0;
      registry.faults.set('/middle/-/middle-1.2.0.tgz', (request, response, bytes) => response.end(served++ ? bytes : bytes.subarray(0, bytes.length / 2)));
      const { code, stderr } = await exec('npm install');
      registry.faults.clear();
      assert.equal(code, 0, stderr);
      assert.equal(served, 2);
    });

    test('a registry that goes down is retried, then an error; the next run completes', async () => {
      let failures = 0;
      registry.faults.set('/leaf', (request, response) => { failures++; response.writeHead(503).end(); });
      const down = await exec('npm install || ls node_modules');
      registry.faults.clear();
      assert.match(down.stderr, /npm error code E503/);
      assert.equal(failures, 3);
      const up = await exec('npm install');
      assert.equal(up.code, 0, up.stderr);
    });

    test('unknown packages and versions, broken and disagreeing files', async () => {
      const { stderr } = await exec(
        'npm install nothing-like-this; npm install leaf@^9; npm ci; echo "{ \\"name\\": \\"x\\" \\"a\\": 1 }" > package.json; npm install; npm nonsense',
      );
      assert.match(stderr, /npm error code E404\nnpm error 404 Not Found - GET .*nothing-like-this - Not found/);
      assert.match(stderr, /npm error code ETARGET\nnpm error notarget No matching version found for leaf@\^9\./);
      assert.match(stderr, /npm error code EUSAGE/);
      assert.match(stderr, /npm error code EJSONPARSE\nnpm error path .*package\.json\nnpm error JSON\.parse .*\(line 1 column \d+\)/);
      assert.match(stderr, /Unknown command: "nonsense"/);
    });

    test('scripts get their exit code through', async () => {
      const scripts = path.join(folder, 'scripts');
      mkdirSync(scripts);
      writeFileSync(path.join(scripts, 'package.json'), JSON.stringify({ name: 's', version: '1.0.0', scripts: { prehi: 'echo before', hi: 'echo $npm_lifecycle_event', fail: 'exit 3' } }));
      const { code, stdout, stderr } = await exec('npm run -s hi -- "a b"; npm run nothing; npm run -s fail', { mount: scripts });
      assert.equal(code, 3);
      assert.equal(stdout, 'before\nhi a b\n');
      assert.match(stderr, /npm error Missing script: "nothing"/);
    });
  });
}
