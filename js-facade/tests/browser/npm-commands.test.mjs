// Where packages come from besides the registry's ranges, and npm's smaller commands.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startRegistry, tarball } from './fake-registry.mjs';
import { browsers, runCli } from './harness.mjs';

for (const name of browsers) {
  describe(`npm's commands in ${name}`, () => {
    let folder, registry;
    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'wosix-npm-commands-'));
      registry = await startRegistry();
    });
    after(() => {
      registry.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs a script in a new project of these files. */
    function exec(files, script) {
      const project = mkdtempSync(path.join(folder, 'project-'));
      for (const [file, contents] of Object.entries({ '.npmrc': 'replace-registry-host=always\n', ...files })) {
        mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
        writeFileSync(path.join(project, file), typeof contents === 'string' || Buffer.isBuffer(contents) ? contents : JSON.stringify(contents));
      }
      const args = ['exec', '--browser', name, '--timeout', '60', '--registry', registry.url, '--mount', `${project}:/home/project`, '--', 'jsh', '-c', `cd /home/project && { ${script}; }`];
      return runCli(args);
    }

    test('folders are linked with their dependencies, tarballs unpacked, here or from a URL', async () => {
      const packed = (manifest) => tarball({ 'package.json': JSON.stringify(manifest), 'index.js': `module.exports = '${manifest.name} unpacked';\n` });
      registry.faults.set('/far.tgz', (request, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end(packed({ name: 'far', version: '3.0.0', dependencies: { leaf: '^1.0.0' } })));
      const { code, stdout, stderr } = await exec({
        'package.json': { name: 'sources', version: '1.0.0', dependencies: { linked: 'file:packages/linked', packed: 'file:packed-1.0.0.tgz', far: `${registry.url}far.tgz` } },
        'packages/linked/package.json': { name: 'linked', version: '0.1.0', dependencies: { leaf: '^2.0.0' } },
        'packages/linked/index.js': 'module.exports = `linked to ${require("leaf/package.json").version}`;\n',
        'packed-1.0.0.tgz': packed({ name: 'packed', version: '1.0.0' }),
      }, `npm install && readlink node_modules/linked && node -p "require('linked') + ', ' + require('packed') + ', ' + require('far')" && cat package-lock.json && npm ci && npm ls`);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\n?added 5 packages in/);
      assert.match(stdout, /\n\.\.\/packages\/linked\nlinked to 2\.0\.0, packed unpacked, far unpacked\n/);
      const lock = JSON.parse(/\n(\{\n.*?\n\})\n/s.exec(stdout)[1]).packages;
      assert.deepEqual(lock['node_modules/linked'], { resolved: 'packages/linked', link: true });
      assert.deepEqual(lock['packages/linked'], { version: '0.1.0', dependencies: { leaf: '^2.0.0' } });
      assert.equal(lock['node_modules/packed'].resolved, 'file:packed-1.0.0.tgz');
      assert.match(lock['node_modules/packed'].integrity, /^sha512-/);
      assert.equal(lock['node_modules/far'].resolved, `${registry.url}far.tgz`);
      assert.match(stdout, /├── far@3\.0\.0\n├── linked@0\.1\.0.*\n└── packed@1\.0\.0\n/);
    });

    test('--omit=dev leaves development dependencies out, and npm install brings them back', async () => {
      const { code, stdout, stderr } = await exec(
        { 'package.json': { name: 'omit', version: '1.0.0', dependencies: { middle: '^1.0.0' }, devDependencies: { top: '^1.0.0' } } },
        'npm install --omit=dev && ls node_modules && grep -c "\\"dev\\": true" package-lock.json && npm install && ls node_modules && npm install --omit=dev && ls node_modules',
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /added 2 packages in \w+\nleaf\nmiddle\n2\n\nadded 2 packages in \w+\nleaf\nmiddle\ntop\n\nremoved 2 packages in \w+\nleaf\nmiddle\n$/);
    });

    test('init -y, then install and uninstall keep package.json', async () => {
      const { code, stdout, stderr } = await exec({}, 'npm init -y && npm install leaf@1 && npm install -D -E top && cat package.json && npm uninstall leaf && grep -c leaf package.json');
      assert.equal(code, 1, stderr);
      assert.match(stdout, /^Wrote to \/home\/project\/package\.json:\n\n\{\n  "name": "project",\n  "version": "1\.0\.0",/);
      assert.match(stdout, /"dependencies": \{\n    "leaf": "\^1\.5\.0"\n  \},\n  "devDependencies": \{\n    "top": "1\.0\.0"\n  \}\n\}\n/);
      assert.match(stdout, /0\n$/);
    });

    test('view shows what the registry knows', async () => {
      const { code, stdout, stderr } = await exec({}, 'npm view leaf version && npm view leaf@1 version && npm view leaf versions --json && npm view middle dependencies && npm view nothing-like-this version');
      assert.equal(code, 1);
      assert.equal(stdout, "2.0.0\n1.5.0\n[\n  \"1.5.0\",\n  \"2.0.0\"\n]\n{ leaf: '^1.0.0' }\n");
      assert.match(stderr, /npm error code E404\nnpm error 404 Not Found - GET .*nothing-like-this - Not found/);
    });

    test('npx runs a command of a package that is not installed, without touching the project', async () => {
      const { code, stdout, stderr } = await exec({ 'package.json': { name: 'empty', version: '1.0.0' } }, 'npx leaf a "b c" && npx --yes leaf@1.5.0 --flag && npx -p leaf leaf d && ls');
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'leaf 2.0.0 a b c\nleaf 1.5.0 --flag\nleaf 2.0.0 d\npackage.json\n');
    });

    test('peers that cannot agree are ERESOLVE, unless forced', async () => {
      const { code, stdout, stderr } = await exec(
        { 'package.json': { name: 'peers', version: '1.0.0', dependencies: { leaf: '^2.0.0', 'wants-old-leaf': '^1.0.0' } } },
        'npm install || { ls; npm install --legacy-peer-deps; }',
      );
      assert.equal(code, 0, stderr);
      assert.match(stderr, /npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\nnpm error\nnpm error While resolving: peers@1\.0\.0\nnpm error Found: leaf@2\.0\.0\nnpm error node_modules\/leaf\nnpm error   leaf@"\^2\.0\.0" from the root project\nnpm error\nnpm error Could not resolve dependency:\nnpm error peer leaf@"\^1\.0\.0" from wants-old-leaf@1\.0\.0\n/);
      assert.match(stdout, /^package\.json\n\nadded 2 packages/);
    });
  });
}
