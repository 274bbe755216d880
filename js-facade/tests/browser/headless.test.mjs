// `/headless`: the unmodified `@webcontainer/api` boots from a page of another origin.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eachBrowser, facade } from './harness.mjs';

const CLIENT = path.join(facade, 'node_modules/@webcontainer/api/dist');

/** Serves the client's own files and an empty page, isolated as its users' pages are. */
async function startEmbedder() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    response.setHeader('cross-origin-opener-policy', 'same-origin').setHeader('cross-origin-embedder-policy', 'require-corp');
    if (pathname === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,"><body>');
    const contents = await readFile(path.join(CLIENT, path.normalize(pathname))).catch(() => null);
    response.writeHead(contents ? 200 : 404, { 'content-type': 'text/javascript' }).end(contents);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://embedder.wosix.localhost:${server.address().port}`, stop: () => (server.close(), server.closeAllConnections()) };
}

eachBrowser('@webcontainer/api on /headless', (context) => {
  let embedder, page;
  before(async () => {
    embedder = await startEmbedder();
    page = await context.browser.newPage();
    page.on('pageerror', (error) => process.stderr.write(`page: ${error instanceof Error ? error.stack : JSON.stringify(error)}\n`));
    await page.goto(`${embedder.origin}/`);
    await page.evaluate(async (origin) => {
      globalThis.WEBCONTAINER_API_IFRAME_URL = origin;
      globalThis.api = await import('/index.js');
      globalThis.container = await api.WebContainer.boot({ workdirName: 'app', forwardPreviewErrors: true });
    }, context.origin);
  });
  after(async () => {
    await page?.close();
    embedder?.stop();
  });

  test('boot says where things are, and boots once', async () => {
    const result = await page.evaluate(async () => ({
      workdir: container.workdir, path: container.path, second: await api.WebContainer.boot().then(() => 'booted', ({ message }) => message),
    }));
    assert.deepEqual(result, {
      workdir: '/home/app', path: '/bin:/usr/bin:/usr/local/bin', second: 'Only a single WebContainer instance can be booted',
    });
  });

  test('mount and fs', async () => {
    const result = await page.evaluate(async () => {
      await container.mount({
        'text.txt': { file: { contents: 'grüße\n' } },
        bytes: { file: { contents: Uint8Array.of(0, 128, 255) } },
        folder: { directory: { link: { file: { symlink: '../text.txt' } } } },
      });
      const events = [];
      const watcher = container.fs.watch('folder', (event, name) => events.push(`${event} ${name}`));
      await container.fs.readdir('.');
      await container.fs.writeFile('folder/new', 'contents');
      await container.fs.mkdir('deep/er', { recursive: true });
      await container.fs.rename('folder/new', 'deep/er/new');
      await container.fs.writeFile('gone', '');
      await container.fs.rm('gone');
      const found = {
        link: await container.fs.readFile('folder/link', 'utf-8'),
        bytes: [...await container.fs.readFile('bytes')],
        moved: await container.fs.readFile('/deep/er/new', 'utf-8'),
        names: await container.fs.readdir('.'),
        kinds: (await container.fs.readdir('.', { withFileTypes: true })).map((entry) => [entry.name, entry.isFile(), entry.isDirectory()]),
        missing: await container.fs.readFile('none').then(() => 'read', ({ message }) => message),
      };
      for (let i = 0; i < 100 && events.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 20));
      await watcher.close();
      return { ...found, events: [...new Set(events)].sort() };
    });
    assert.deepEqual(result, {
      link: 'grüße\n',
      bytes: [0, 128, 255],
      moved: 'contents',
      names: ['bytes', 'deep', 'folder', 'text.txt'],
      kinds: [['bytes', true, false], ['deep', false, true], ['folder', false, true], ['text.txt', true, false]],
      missing: "ENOENT: no such file or directory, open 'none'",
      events: ['change new', 'rename new'],
    });
  });

  test('spawn: output, input, resize, kill, exit codes', async () => {
    const result = await page.evaluate(async () => {
      const collect = (process) => {
        const found = { output: '' };
        found.ended = process.output.pipeTo(new WritableStream({ write: (text) => void (found.output += text) }));
        return found;
      };
      const finished = await container.spawn('jsh', ['-c', 'echo "$NAME in $(pwd)"; exit 3'], { cwd: 'folder', env: { NAME: 'grüße' } });
      const first = collect(finished);
      const code = await finished.exit;
      await first.ended;

      const reading = await container.spawn('node', ['-e', 'process.stdin.once("data", (line) => { console.log(String(line).trim(), process.stdout.columns); process.exit(); })'], { terminal: { cols: 70, rows: 20 } });
      const second = collect(reading);
      reading.resize({ cols: 99, rows: 30 });
      await reading.input.getWriter().write('typed\n');
      await reading.exit;
      await second.ended;

      const endless = await container.spawn('node', ['-e', 'for (;;);'], { output: false });
      endless.kill();
      return { first: first.output, code, second: second.output, killed: await endless.exit, unknown: await (await container.spawn('nonsense')).exit };
    });
    assert.deepEqual([result.first, result.code], ['grüße in /home/app/folder\r\n', 3]);
    assert.match(result.second, /typed 99\r\n$/);
    assert.deepEqual([result.killed, result.unknown], [143, 127]);
  });

  test('export in every format, mountable again', async () => {
    const result = await page.evaluate(async () => {
      const json = await container.export('folder');
      const copies = {};
      for (const format of ['binary', 'zip']) {
        await container.fs.mkdir(format);
        await container.mount(await container.export('.', { format, excludes: ['binary', 'zip'] }), { mountPoint: format });
        copies[format] = [await container.fs.readdir(format), [...await container.fs.readFile(`${format}/bytes`)], await container.fs.readFile(`${format}/folder/link`, 'utf-8')];
      }
      return { json: JSON.parse(JSON.stringify(json)), copies, single: await container.export('bytes').then(() => 'exported', ({ message }) => message) };
    });
    const copy = [['bytes', 'deep', 'folder', 'text.txt'], [0, 128, 255], 'grüße\n'];
    assert.deepEqual(result, {
      json: { link: { file: { symlink: '../text.txt' } } },
      copies: { binary: copy, zip: copy },
      single: 'It is not possible to export a single file in the JSON format.',
    });
  });

  test('a server is announced, shows in a frame of the page, and its errors are reported', async () => {
    const result = await page.evaluate(async () => {
      const events = [];
      const messages = [];
      container.on('port', (port, type) => events.push(`port ${port} ${type}`));
      container.on('preview-message', (message) => messages.push(message));
      const ready = new Promise((resolve) => container.on('server-ready', (port, url) => resolve({ port, url })));
      globalThis.server = await container.spawn('node', ['-e', `
        require('http').createServer((request, response) => {
          response.setHeader('content-type', 'text/html').end('<!doctype html><h1>from the container</h1><script>parent.postMessage(document.querySelector("h1").textContent, "*"); setTimeout(() => { throw new Error("thrown") })</' + 'script>');
        }).listen(4000)`]);
      const { port, url } = await ready;
      const text = new Promise((resolve) => addEventListener('message', ({ data }) => typeof data === 'string' && resolve(data)));
      document.body.append(Object.assign(document.createElement('iframe'), { src: url, allow: 'cross-origin-isolated' }));
      const shown = await text;
      for (let i = 0; i < 100 && messages.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
      server.kill();
      await server.exit;
      for (let i = 0; i < 100 && events.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 20));
      return { port, shown, events, message: messages.map(({ type, port, pathname }) => ({ type, port, pathname }))[0] };
    });
    assert.deepEqual(result, {
      port: 4000, shown: 'from the container', events: ['port 4000 open', 'port 4000 close'],
      message: { type: 'PREVIEW_UNCAUGHT_EXCEPTION', port: 4000, pathname: '/' },
    });
  });

  test('after teardown another container boots, empty', async () => {
    const result = await page.evaluate(async () => {
      container.teardown();
      const again = (() => { try { container.teardown(); } catch ({ message }) { return message; } })();
      globalThis.container = await api.WebContainer.boot({ workdirName: 'next' });
      const process = await container.spawn('jsh', ['-c', 'exit 9']);
      return { again, workdir: container.workdir, names: await container.fs.readdir('.'), code: await process.exit };
    });
    assert.deepEqual(result, { again: 'WebContainer already torn down', workdir: '/home/next', names: [], code: 9 });
  });
});
