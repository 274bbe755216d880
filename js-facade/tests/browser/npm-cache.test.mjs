// What `npm` leaves in the browser for the next container, and what it tells the page while it works.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startRegistry } from './fake-registry.mjs';
import { browsers, openPage, startBrowser, startServe } from './harness.mjs';

for (const name of browsers) {
  describe(`npm's cache and progress in ${name}`, () => {
    let registry, server, browser, page;
    before(async () => {
      registry = await startRegistry();
      server = await startServe('--registry', registry.url);
      browser = await startBrowser(name);
    });
    after(async () => {
      await browser?.stop();
      server?.stop();
      registry.close();
    });

    /** Boots a container in a new page, runs commands in a project, and answers what came of them. */
    async function run(...commands) {
      await page?.close();
      page = await openPage(browser.browser, server.origin);
      return await page.evaluate(async (commands) => {
        globalThis.container = await wosix.WebContainer.boot({ workdirName: 'app' });
        await container.mount({
          'package.json': { file: { contents: '{ "name": "app", "version": "1.0.0", "dependencies": { "top": "^1.0.0" } }' } },
          '.npmrc': { file: { contents: 'replace-registry-host=always\n' } },
        });
        const progress = [];
        container.wosix.on('progress', (event, pid) => progress.push({ ...event, pid }));
        const runs = [];
        for (const command of commands) {
          const process = await container.spawn('jsh', ['-c', command], { stdout: true, stderr: true });
          const read = async (stream) => { let text = ''; for (const reader = stream.getReader(); ;) { const { done, value } = await reader.read(); if (done) return text; text += value; } };
          const [code, stdout, stderr] = await Promise.all([process.exit, read(process.stdout), read(process.stderr)]);
          runs.push({ code, stdout, stderr });
        }
        // Progress comes from npm's own worker, the end of the process from the kernel: either may be the first.
        for (let tries = 0; tries < 100 && progress.at(-1)?.phase !== 'done'; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
        return { runs, progress };
      }, commands);
    }

    test('the page hears how far an installation is', async () => {
      const { runs: [{ code, stderr }], progress } = await run('npm install');
      assert.equal(code, 0, stderr);
      const phases = [...new Set(progress.map(({ phase }) => phase))];
      assert.deepEqual(phases, ['resolve', 'fetch', 'install', 'done']);
      assert.ok(progress.every(({ program, done, total, pid }) => program === 'npm' && done <= total && pid > 1), JSON.stringify(progress));
      assert.deepEqual(progress.findLast(({ phase }) => phase === 'fetch'), { program: 'npm', phase: 'fetch', done: 4, total: 4, pid: progress[0].pid });
    });

    test('a container booted later finds the tarballs', async () => {
      const before = registry.tarballs().length;
      assert.equal(before, 4);
      const { runs: [{ code, stdout, stderr }] } = await run('npm install');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /added 4 packages/);
      assert.equal(registry.tarballs().length, before);
    });

    test('what is cached is enough when the registry is away, if that is asked for', async () => {
      for (const path of ['/top', '/middle', '/leaf']) registry.faults.set(path, (request) => request.socket.destroy());
      const { runs: [plain, preferring, offline, unknown] } = await run(
        'npm install', 'npm install --prefer-offline', 'rm -rf node_modules package-lock.json; npm install --offline', 'npm install wants-old-leaf --offline',
      );
      registry.faults.clear();
      assert.equal(plain.code, 1);
      assert.equal(preferring.code, 0, preferring.stderr);
      assert.match(preferring.stdout, /added 4 packages/);
      assert.equal(offline.code, 0, offline.stderr);
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /npm error code ENOTCACHED\nnpm error request to .*wants-old-leaf failed: cache mode is 'only-if-cached' but no cached response is available\./);
    });
  });
}
