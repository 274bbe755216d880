// The public API in real browsers.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, facade, openPage, startBrowser, startServe } from './harness.mjs';

for (const name of browsers) {
  describe(`facade in ${name}`, () => {
    let server, browser, page;
    before(async () => {
      server = await startServe();
      browser = await startBrowser(name);
      page = await openPage(browser.browser, server.origin);
    });
    after(async () => {
      await browser?.stop();
      server?.stop();
    });

    test('one container at a time, with a working directory of the given name', async () => {
      const result = await page.evaluate(async () => {
        const { WebContainer } = wosix;
        const bad = await Promise.all(['a/b', '.', '..'].map((workdirName) => failure(() => WebContainer.boot({ workdirName }))));
        const container = (globalThis.container = await WebContainer.boot({ workdirName: 'app' }));
        const second = await failure(() => WebContainer.boot());
        return { bad: bad.map((error) => error?.message), second: second?.message, workdir: container.workdir, path: container.path };
      });
      assert.deepEqual(result.bad, Array(3).fill('workdirName should be a valid folder name'));
      assert.equal(result.second, 'Only a single WebContainer instance can be booted');
      assert.equal(result.workdir, '/home/app');
      assert.equal(result.path, '/bin:/usr/bin:/usr/local/bin');
    });

    test('mount merges trees; a bad one changes nothing', async () => {
      const result = await page.evaluate(async () => {
        const { fs } = container;
        await container.mount({ src: { directory: { 'a.txt': { file: { contents: 'a' } }, link: { file: { symlink: 'a.txt' } } } } });
        await container.mount({ 'b.bin': { file: { contents: new Uint8Array([0, 255]) } } }, { mountPoint: 'src' });
        await container.mount(new TextEncoder().encode('{"d":{"snap":{"f":{"c":"shot"}}}}'));
        return {
          names: await fs.readdir('src'),
          linked: await fs.readFile('/src/link', 'utf8'),
          bytes: [...await fs.readFile('src/b.bin')],
          snap: await fs.readFile('snap', 'utf8'),
          bad: await failure(() => container.mount({ ok: { directory: {} }, src: { directory: { x: 1 } } })),
          nowhere: await failure(() => container.mount({}, { mountPoint: 'nowhere' })),
          after: await fs.readdir('.'),
        };
      });
      assert.deepEqual(result.names, ['a.txt', 'b.bin', 'link']);
      assert.equal(result.linked, 'a');
      assert.deepEqual(result.bytes, [0, 255]);
      assert.equal(result.snap, 'shot');
      assert.equal(result.bad.code, 'ERR_INVALID_TREE');
      assert.match(result.bad.message, /'\/src\/x'/);
      assert.equal(result.nowhere.code, 'ENOENT');
      assert.deepEqual(result.after, ['snap', 'src']);
    });

    test('fs answers and fails as Node does', async () => {
      const result = await page.evaluate(async () => {
        const { fs } = container;
        await fs.writeFile('text', 'grüße');
        await fs.writeFile('hex', '00ff', 'hex');
        const made = await fs.mkdir('deep/er/est', { recursive: true });
        await fs.rename('text', 'deep/text');
        const errors = {
          read: await failure(() => fs.readFile('missing')),
          readDirectory: await failure(() => fs.readFile('deep')),
          mkdir: await failure(() => fs.mkdir('deep')),
          rename: await failure(() => fs.rename('missing', 'x')),
          readdir: await failure(() => fs.readdir('missing')),
          rm: await failure(() => fs.rm('missing')),
          rmDirectory: await failure(() => fs.rm('deep')),
        };
        const entries = (await fs.readdir('deep', { withFileTypes: true })).map((entry) => [entry.name, entry.isFile(), entry.isDirectory()]);
        const buffers = await fs.readdir('deep', 'buffer');
        const text = await fs.readFile('deep/text', 'base64');
        await fs.rm('deep', { recursive: true });
        await fs.rm('deep', { force: true });
        return { made, errors, entries, buffers: buffers.every((name) => name instanceof Uint8Array), text, hex: [...await fs.readFile('hex')] };
      });
      assert.equal(result.made, '/home/app/deep');
      assert.deepEqual(result.entries, [['er', false, true], ['text', true, false]]);
      assert.equal(result.buffers, true);
      assert.equal(result.text, Buffer.from('grüße').toString('base64'));
      assert.deepEqual(result.hex, [0, 255]);
      const texts = Object.fromEntries(Object.entries(result.errors).map(([key, error]) => [key, error?.message]));
      assert.deepEqual(texts, {
        read: "ENOENT: no such file or directory, open 'missing'",
        readDirectory: 'EISDIR: illegal operation on a directory, read',
        mkdir: "EEXIST: file already exists, mkdir 'deep'",
        rename: "ENOENT: no such file or directory, rename 'missing' -> 'x'",
        readdir: "ENOENT: no such file or directory, scandir 'missing'",
        rm: "ENOENT: no such file or directory, lstat 'missing'",
        rmDirectory: 'Path is a directory: rm returned EISDIR (is a directory) deep',
      });
      assert.equal(result.errors.read.code, 'ENOENT');
    });

    test('watch reports changes until it is closed', async () => {
      const events = await page.evaluate(async () => {
        const { fs } = container;
        await fs.mkdir('watched/sub', { recursive: true });
        const events = [];
        const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
        const watcher = fs.watch('watched', { recursive: true }, (event, name) => events.push(`${event} ${name}`));
        await pause();
        await fs.writeFile('watched/sub/x', '1');
        await pause();
        watcher.close();
        await fs.writeFile('watched/sub/y', '1');
        await pause();
        return events;
      });
      assert.ok(events.includes('rename sub/x'), JSON.stringify(events));
      assert.ok(!events.some((event) => event.endsWith('y')), JSON.stringify(events));
    });

    test('processes: output, exit codes, input, environment, working directory', async () => {
      const result = await page.evaluate(async () => {
        await container.fs.writeFile('plain', 'no program');
        const echo = await run(container, 'echo', ['hi', 'there']);
        const unknown = await run(container, 'nonsense');
        const forbidden = await run(container, './plain');
        const failing = await run(container, 'jsh', ['-c', 'exit 3']);
        const environment = await run(container, 'jsh', ['-c', 'echo $A $B; cat where'], { env: { A: 'x', B: 1 }, cwd: 'src' }).then(
          ({ output }) => output);
        const silent = await run(container, 'echo', ['x'], { output: false });
        const nowhere = await failure(() => container.spawn('echo', [], { cwd: 'nowhere' }));
        const cat = await container.spawn('cat', { stdout: true });
        const writer = cat.input.getWriter();
        await writer.write('grüße\n');
        await writer.close();
        let copied = '';
        for (const reader = cat.stdout.getReader();;) {
          const { value, done } = await reader.read();
          if (done) break;
          copied += value;
        }
        return { echo, unknown, forbidden, failing, environment, silent, nowhere, copied, catCode: await cat.exit };
      });
      assert.deepEqual(result.echo, { code: 0, output: 'hi there\r\n' });
      assert.deepEqual(result.unknown, { code: 127, output: 'jsh: command not found: nonsense\r\n' });
      assert.deepEqual(result.forbidden, { code: 126, output: 'jsh: permission denied: ./plain\r\n' });
      assert.equal(result.failing.code, 3);
      assert.match(result.environment, /^x 1\r\ncat: where: No such file or directory/);
      assert.deepEqual(result.silent, { code: 0, output: '' });
      assert.equal(result.nowhere.message, "ENOENT: no such file or directory, chdir 'nowhere'");
      assert.equal(result.copied, 'grüße\n');
      assert.equal(result.catCode, 0);
    });

    test('kill settles exit at once, and the next command works', async () => {
      const result = await page.evaluate(async () => {
        const child = await container.spawn('cat');
        await new Promise((resolve) => setTimeout(resolve, 50));
        const began = performance.now();
        child.kill();
        const code = await child.exit;
        const milliseconds = performance.now() - began;
        return { code, milliseconds, next: await run(container, 'echo', ['on']) };
      });
      assert.equal(result.code, 143);
      assert.ok(result.milliseconds < 100, `${result.milliseconds} ms`);
      assert.equal(result.next.output, 'on\r\n');
    });

    test('export gives what mount takes', async () => {
      const result = await page.evaluate(async () => {
        const tree = await container.export('src', { excludes: ['*.bin'] });
        const prototype = Object.getPrototypeOf(tree);
        const single = await failure(() => container.export('snap'));
        return { tree: JSON.stringify(tree), prototype, single: single?.message };
      });
      assert.deepEqual(JSON.parse(result.tree), { 'a.txt': { file: { contents: 'a' } }, link: { file: { symlink: 'a.txt' } } });
      assert.equal(result.prototype, null);
      assert.equal(result.single, 'It is not possible to export a single file in the JSON format.');
    });

    test('a hundred short processes one after another, and twenty at once', async () => {
      const result = await page.evaluate(async () => {
        const codes = [];
        for (let i = 0; i < 100; i++) codes.push((await run(container, 'jsh', ['-c', `exit ${i}`], { output: false })).code);
        const together = await Promise.all(Array.from({ length: 20 }, (_, i) => run(container, 'jsh', ['-c', `exit ${i}`], { output: false })));
        return { codes, together: together.map(({ code }) => code) };
      });
      assert.deepEqual(result.codes, Array.from({ length: 100 }, (_, i) => i));
      assert.deepEqual(result.together, Array.from({ length: 20 }, (_, i) => i));
    });

    test('teardown makes room for the next container', async () => {
      const result = await page.evaluate(async () => {
        const running = await container.spawn('cat');
        container.teardown();
        const again = await failure(() => container.teardown());
        const exit = await failure(() => running.exit);
        const next = await wosix.WebContainer.boot();
        const output = await run(next, 'echo', ['fresh']);
        const left = await next.fs.readdir('.');
        next.teardown();
        return { again: again.message, exit: exit.message, output, left };
      });
      assert.equal(result.again, 'WebContainer already torn down');
      assert.equal(result.exit, 'WebContainer was torn down');
      assert.equal(result.output.output, 'fresh\r\n');
      assert.deepEqual(result.left, []);
    });

    test('a page without isolation is told which header is missing', async () => {
      for (const [headers, expected] of [
        [{}, /Cross-Origin-Opener-Policy: same-origin' is needed \(it is missing\).*Cross-Origin-Embedder-Policy: require-corp'/],
        [{ 'cross-origin-opener-policy': 'same-origin' }, /isolated page: header 'Cross-Origin-Embedder-Policy: require-corp' or 'credentialless' is needed \(it is missing\)$/],
        [{ 'cross-origin-embedder-policy': 'require-corp' }, /isolated page: header 'Cross-Origin-Opener-Policy: same-origin' is needed \(it is missing\)$/],
      ]) {
        const plain = createServer(async (request, response) => {
          if (request.url === '/index.js') response.writeHead(200, { ...headers, 'content-type': 'text/javascript' }).end(await readFile(path.join(facade, 'dist/index.js')));
          else response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html><link rel="icon" href="data:,">');
        });
        await new Promise((resolve) => plain.listen(0, '127.0.0.1', resolve));
        const bare = await browser.browser.newPage();
        await bare.goto(`http://localhost:${plain.address().port}/`);
        const error = await bare.evaluate(async () => {
          const { WebContainer } = await import('/index.js');
          return WebContainer.boot().then(() => null, ({ message, code }) => ({ message, code }));
        });
        assert.equal(error?.code, 'ERR_NOT_ISOLATED');
        assert.match(error.message, expected);
        await bare.close();
        plain.close();
        plain.closeAllConnections();
      }
    });
  });
}
