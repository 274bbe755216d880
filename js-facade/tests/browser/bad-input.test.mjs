// Bad input gets the error that a user of Node, npm or a shell knows, and loses nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eachBrowser, run } from './harness.mjs';

eachBrowser('bad input', (context) => {
  let page;
  before(async () => { page = await context.container(); });
  after(() => page?.close());

  test('an unknown command', async () => {
    assert.deepEqual(await run(page, 'jsh', ['-c', 'nothing-like-this']), { stdout: '', stderr: 'jsh: command not found: nothing-like-this\n', code: 127 });
    // WebContainers answer a spawn of an unknown command the same way.
    const { output, code } = await page.evaluate(async () => {
      const process = await container.spawn('nothing-like-this');
      let output = '';
      void process.output.pipeTo(new WritableStream({ write: (chunk) => { output += chunk; } }));
      const code = await process.exit;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { output, code };
    });
    assert.equal(output.trim(), 'jsh: command not found: nothing-like-this');
    assert.equal(code, 127);
  });

  test('a file that is not executable', async () => {
    await page.evaluate(() => container.mount({ 'plain.txt': { file: { contents: 'x' } } }));
    const { stderr, code } = await run(page, 'jsh', ['-c', './plain.txt']);
    assert.equal(stderr, 'jsh: permission denied: ./plain.txt\n');
    assert.equal(code, 126);
  });

  test('a missing file', async () => {
    const error = await page.evaluate(() => container.fs.readFile('missing.txt').catch(({ message, code }) => ({ message, code })));
    assert.match(error.message, /^ENOENT: no such file or directory, open '.*missing\.txt'$/);
    assert.equal(error.code, 'ENOENT');
    const { stdout } = await run(page, 'node', ['-e', 'try { fs.readFileSync("missing.txt") } catch (error) { console.log(error.message, error.code, error.errno, error.syscall) }']);
    assert.equal(stdout, "ENOENT: no such file or directory, open 'missing.txt' ENOENT -2 open\n");
  });

  test('a port in use', async () => {
    const program = `
      const http = require('http');
      const first = http.createServer().listen(4567, () => {
        http.createServer().listen(4567).on('error', (error) => {
          console.log(error.code, error.message);
          first.close();
        });
      });`;
    const { stdout } = await run(page, 'node', ['-e', program]);
    assert.equal(stdout, 'EADDRINUSE listen EADDRINUSE: address already in use :::4567\n');
  });

  test('a second boot', async () => {
    const message = await page.evaluate(() => wosix.WebContainer.boot().then(() => 'booted', (error) => error.message));
    assert.equal(message, 'Only a single WebContainer instance can be booted');
  });

  test('a mount with a bad tree names the place', async () => {
    const messages = await page.evaluate(async () => {
      const trees = [{ a: { directory: { b: { file: {} } } } }, { 'a/b': { file: { contents: '' } } }, { a: 'text' }, 42, { '..': { file: { contents: '' } } }];
      return Promise.all(trees.map((tree) => container.mount(tree).then(() => 'mounted', (error) => error.message)));
    });
    for (const message of messages) assert.notEqual(message, 'mounted');
    assert.match(messages[0], /a\/b/);
    assert.match(messages[1], /a\/b/);
    // Nothing of a bad tree is there.
    assert.ok(!(await page.evaluate(() => container.fs.readdir('.'))).includes('a'));
  });

  test('boot without isolation says which header is missing', async () => {
    const other = await context.browser.newPage();
    const { createServer, request } = await import('node:http');
    const upstream = new URL(context.origin);
    // The same pages without one of the two headers.
    const server = createServer((incoming, outgoing) => {
      const dropped = incoming.url.includes('without-coop') ? 'cross-origin-opener-policy' : 'cross-origin-embedder-policy';
      request({ host: '127.0.0.1', port: upstream.port, path: incoming.url, headers: incoming.headers }, (answer) => {
        const { [dropped]: _, ...headers } = answer.headers;
        outgoing.writeHead(answer.statusCode, headers);
        answer.pipe(outgoing);
      }).end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      for (const [query, header] of [['without-coop', 'Cross-Origin-Opener-Policy'], ['without-coep', 'Cross-Origin-Embedder-Policy']]) {
        await other.goto(`http://wosix.localhost:${server.address().port}/wosix/pages/blank.html?${query}`);
        const message = await other.evaluate(async () => {
          const { WebContainer } = await import('/wosix/index.js');
          return WebContainer.boot().then(() => 'booted', (error) => error.message);
        });
        assert.match(message, new RegExp(header), query);
      }
    } finally {
      await other.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
