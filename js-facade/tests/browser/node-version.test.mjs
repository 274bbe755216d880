// Which Node a process gets: by boot, by its maker, by its project (src/host/node-choice.ts).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { versions } from '../../scripts/node-lib/versions.mjs';
import { eachBrowser, run } from './harness.mjs';

const [NODE_24, NODE_26] = versions.map(({ version }) => version);
const json = (value) => ({ file: { contents: JSON.stringify(value) } });
const text = (contents) => ({ file: { contents } });

eachBrowser('the choice of Node', (context) => {
  test('boot chooses for all, whatever the project says', async () => {
    const page = await context.container({ node: 26 });
    try {
      await page.evaluate((files) => container.mount(files), { '.nvmrc': text('24\n') });
      const program = 'console.log(process.version, process.versions.node, process.release.name, require("module").builtinModules.includes("_stream_wrap"))';
      assert.equal((await run(page, 'node', ['-e', program])).stdout, `v${NODE_26} ${NODE_26} node false\n`);
      assert.match((await run(page, 'npm', ['version'])).stdout, new RegExp(`node: '${NODE_26}'`));
      const message = (name) => page.evaluate((name) => wosix.WebContainer.boot({ node: name }).catch((error) => `${error.name}: ${error.message}`), name);
      await page.evaluate(() => container.teardown());
      assert.equal(await message(22), `RangeError: there is no Node '22': choose 24 (${NODE_24}) or 26 (${NODE_26})`);
    } finally {
      await page.close();
    }
  });

  let page;
  before(async () => {
    page = await context.container();
    await page.evaluate((files) => container.mount(files), {
      none: { directory: {} },
      nvmrc: { directory: {
        '.nvmrc': text('# what we use\nv26.1.0\n'), '.node-version': text('24\n'),
        deep: { directory: { 'package.json': json({ engines: { node: '24' } }) } },
        node_modules: { directory: { dependency: { directory: { '.nvmrc': text('24\n') } } } },
      } },
      version: { directory: { '.node-version': text('26\n') } },
      lts: { directory: { '.nvmrc': text('lts/krypton\n') } },
      needs26: { directory: { 'package.json': json({ engines: { node: '>=25' }, scripts: { show: 'node -v' } }) } },
      takes24: { directory: { 'package.json': json({ engines: { node: '>=20' } }) } },
      monorepo: { directory: {
        'package.json': json({ engines: { node: '^26' } }), member: { directory: { 'package.json': json({ name: 'member' }) } },
      } },
      unknown: { directory: { '.nvmrc': text('18\n'), 'package.json': json({ engines: { node: '^26' } }) } },
      broken: { directory: { 'package.json': text('{') } },
    });
  });
  after(() => page?.close());

  const versionIn = async (cwd) => (await run(page, 'node', ['-v'], { cwd })).stdout.trim();

  test('a project chooses by its files', async () => {
    const found = {};
    for (const cwd of ['none', 'nvmrc', 'nvmrc/deep', 'nvmrc/node_modules/dependency', 'version', 'lts', 'needs26', 'takes24', 'monorepo/member', 'unknown', 'broken']) {
      found[cwd] = await versionIn(cwd);
    }
    const [v24, v26] = [`v${NODE_24}`, `v${NODE_26}`];
    assert.deepEqual(found, {
      none: v24, nvmrc: v26, 'nvmrc/deep': v26, 'nvmrc/node_modules/dependency': v26, version: v26, lts: v24, needs26: v26, takes24: v24,
      'monorepo/member': v26, unknown: v24, broken: v24,
    });
  });

  test('a change of the file holds from the next process on', async () => {
    const { stdout } = await run(page, 'jsh', ['-c', 'cd none; node -v; echo 26 > .nvmrc; node -v; rm .nvmrc; node -v']);
    assert.equal(stdout, `v${NODE_24}\nv${NODE_26}\nv${NODE_24}\n`);
  });

  test('children have the version of their maker, in whatever folder', async () => {
    const program = `
      const { execFileSync, execSync, fork, spawnSync } = require('child_process');
      const { Worker } = require('worker_threads');
      const elsewhere = { cwd: '../takes24', encoding: 'utf8' };
      console.log(execFileSync(process.execPath, ['-v'], elsewhere).trim(), execSync('cd /tmp && node -v', elsewhere).trim());
      console.log(spawnSync('npm', ['version'], elsewhere).stdout.includes(process.versions.node));
      require('fs').writeFileSync('/tmp/child.js', 'process.send(process.version)');
      fork('/tmp/child.js', { cwd: '/tmp' }).on('message', (version) => {
        console.log(version);
        new Worker('require("worker_threads").parentPort.postMessage(process.version)', { eval: true }).on('message', (version) => console.log(version));
      });
    `;
    const { stdout, stderr } = await run(page, 'node', ['-e', program], { cwd: 'needs26' });
    assert.deepEqual({ stdout, stderr }, { stdout: `v${NODE_26} v${NODE_26}\ntrue\nv${NODE_26}\nv${NODE_26}\n`, stderr: '' });
  });

  test('npm serves the version of its folder', async () => {
    assert.match((await run(page, 'npm', ['version'], { cwd: 'needs26' })).stdout, new RegExp(`node: '${NODE_26}'`));
    assert.match((await run(page, 'npm', ['version'], { cwd: 'takes24' })).stdout, new RegExp(`node: '${NODE_24}'`));
    assert.match((await run(page, 'npm', ['run', 'show'], { cwd: 'needs26' })).stdout, new RegExp(`v${NODE_26}`));
  });
});
