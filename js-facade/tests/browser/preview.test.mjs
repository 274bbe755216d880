// Servers in the container, seen through their preview origins.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browsers, openPage, startBrowser, startServe } from './harness.mjs';

/** What the container serves; `/count` tells how many requests have come. */
const SERVER = `
const http = require('http');
let count = 0;
http.createServer((request, response) => {
  count++;
  const url = new URL(request.url, 'http://x');
  const routes = {
    '/': () => response.setHeader('content-type', 'text/html').end('<!doctype html><head><title>home</title></head><h1>hello</h1>'),
    '/count': () => response.end(String(count)),
    '/headers': () => response.end(JSON.stringify(request.headers)),
    '/echo': () => {
      const hash = require('crypto').createHash('sha256');
      let size = 0;
      request.on('data', (chunk) => { hash.update(chunk); size += chunk.length; });
      request.on('end', () => response.end(JSON.stringify({ method: request.method, size, sha256: hash.digest('hex'), length: request.headers['content-length'] ?? null })));
    },
    '/slow': () => { response.write('first'); setTimeout(() => response.end('last'), 1000); },
    '/large': () => response.end(Buffer.alloc(10 * 1024 * 1024, 'x')),
    '/cookie': () => { response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; HttpOnly']); response.end(); },
    '/redirect': () => { response.writeHead(302, { location: 'http://localhost:3000/count?from=redirect' }).end(); },
    '/gzip': () => { response.setHeader('content-encoding', 'gzip'); response.end(require('zlib').gzipSync('unpacked')); },
    '/empty': () => response.writeHead(204).end(),
    '/error': () => response.writeHead(500, 'Broken').end('broken'),
    '/break': () => { response.write('partial'); setTimeout(() => request.socket.destroy(), 50); },
  };
  (routes[url.pathname] ?? (() => response.writeHead(404).end('no ' + url.pathname)))();
}).listen(3000);
`;

for (const name of browsers) {
  describe(`previews in ${name}`, () => {
    let server, browser, page, frame;
    before(async () => {
      server = await startServe();
      browser = await startBrowser(name);
      page = await openPage(browser.browser, server.origin);
      const url = await page.evaluate(async (source) => {
        globalThis.container = await wosix.WebContainer.boot({ workdirName: 'app', forwardPreviewErrors: true });
        globalThis.events = [];
        await container.mount({ 'server.js': { file: { contents: source } } });
        container.on('port', (port, type) => events.push(`port ${port} ${type}`));
        container.on('error', ({ message }) => events.push(`error ${message}`));
        const ready = new Promise((resolve) => container.on('server-ready', (port, url) => {
          events.push(`ready ${port}`);
          resolve(url);
        }));
        globalThis.child = await container.spawn('node', ['server.js']);
        child.output.pipeTo(new WritableStream({ write: (text) => console.log(text) }));
        const url = await ready;
        const iframe = Object.assign(document.createElement('iframe'), { src: url, id: 'preview', allow: 'cross-origin-isolated' });
        const loaded = new Promise((resolve) => (iframe.onload = resolve));
        document.body.append(iframe);
        await loaded;
        return url;
      }, SERVER);
      assert.match(url, /^http:\/\/[a-z0-9]+--3000\.wosix\.localhost:\d+\/$/);
      frame = await (await page.$('#preview')).contentFrame();
    });
    after(async () => {
      await browser?.stop();
      server?.stop();
    });

    /** Fetches in the preview page. */
    const get = (path, init) => frame.evaluate(async (path, init) => {
      const response = await fetch(path, init);
      return { status: response.status, statusText: response.statusText, url: response.url, redirected: response.redirected, text: await response.text() };
    }, path, init);

    test('the frame shows the server, after the events', async () => {
      assert.deepEqual(await page.evaluate(() => events), ['port 3000 open', 'ready 3000']);
      assert.equal(await frame.evaluate(() => document.querySelector('h1').textContent), 'hello');
      assert.equal(await frame.evaluate(() => document.compatMode), 'CSS1Compat');
    });

    test('statuses, headers, cookies, redirects, compression', async () => {
      const { origin } = new URL(frame.url());
      assert.equal((await get('/nothing')).status, 404);
      const error = await get('/error');
      assert.deepEqual([error.status, error.statusText, error.text], [500, 'Broken', 'broken']);
      assert.equal((await get('/empty')).status, 204);
      await get('/cookie');
      const headers = JSON.parse((await get('/headers', { headers: { 'x-own': 'ü'.normalize('NFD').slice(0, 1) } })).text);
      assert.equal(headers.host, new URL(origin).host);
      assert.equal(headers['x-forwarded-host'], new URL(origin).host);
      assert.equal(headers['x-forwarded-proto'], 'http');
      assert.equal(headers['x-own'], 'u');
      assert.equal(headers.cookie, 'a=1; b=2');
      const redirect = await get('/redirect');
      assert.deepEqual([redirect.status, redirect.redirected, redirect.url], [200, true, `${origin}/count?from=redirect`]);
      assert.equal((await get('/gzip')).text, 'unpacked');
    });

    test('request bodies arrive whole', async () => {
      const post = (size) => frame.evaluate(async (size) => {
        const body = new Uint8Array(size).map((_, i) => i % 251);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
        const response = await fetch('/echo', { method: 'POST', body });
        return [await response.json(), Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')];
      }, size);
      for (const size of [0, 5, 10 * 1024 * 1024]) {
        const [answer, sha256] = await post(size);
        assert.equal(answer.size, size);
        assert.equal(answer.sha256, sha256);
        if (size < 1000) assert.equal(answer.length, String(size));
      }
      assert.equal(JSON.parse((await get('/echo', { method: 'PUT', body: 'x' })).text).method, 'PUT');
    });

    test('responses stream: the first bytes come before the last are written', async () => {
      const times = await frame.evaluate(async () => {
        const began = performance.now();
        const reader = (await fetch('/slow')).body.getReader();
        const times = [];
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return times;
          times.push([new TextDecoder().decode(value), performance.now() - began]);
        }
      });
      assert.deepEqual(times.map(([text]) => text), ['first', 'last']);
      assert.ok(times[0][1] < 600, `first after ${times[0][1]} ms`);
      assert.ok(times[1][1] >= 900, `last after ${times[1][1]} ms`);
    });

    test('large responses, and ones that break off', async () => {
      assert.equal((await get('/large')).text.length, 10 * 1024 * 1024);
      const broken = await frame.evaluate(() => fetch('/break').then((response) => response.text()).then(() => 'whole', () => 'broken'));
      assert.equal(broken, 'broken');
    });

    test('a cancelled response does not hold up the next', async () => {
      const after = await frame.evaluate(async () => {
        for (let i = 0; i < 20; i++) {
          const abort = new AbortController();
          const response = await fetch('/large', { signal: abort.signal });
          await response.body.getReader().read();
          abort.abort();
        }
        return (await fetch('/nothing')).status;
      });
      assert.equal(after, 404);
    });

    test('16 clients for 10 s lose no request', { timeout: 60_000 }, async () => {
      const before = Number((await get('/count')).text);
      const { sent, failed, first } = await frame.evaluate(async () => {
        const end = performance.now() + 10_000;
        let sent = 0, failed = 0, first = null;
        await Promise.all(Array.from({ length: 16 }, async () => {
          while (performance.now() < end) {
            sent++;
            try {
              const response = await fetch('/count');
              if (response.status !== 200) throw new Error(await response.text());
              await response.text();
            } catch (error) {
              failed++;
              first ??= error.message;
            }
          }
        }));
        return { sent, failed, first };
      });
      const after = Number((await get('/count')).text);
      assert.equal(failed, 0, first);
      assert.equal(after - before - 1, sent);
      console.log(`${name}: ${Math.round(sent / 10)} requests a second`);
    });

    test('errors of the preview reach the page', async () => {
      await page.evaluate(() => {
        globalThis.messages = [];
        container.on('preview-message', (message) => messages.push(message));
      });
      await frame.evaluate(() => {
        // A script of the page: what the debugger evaluates is another origin's to the error event.
        document.body.append(Object.assign(document.createElement('script'), { text: 'console.error("oh", 1); setTimeout(() => { throw new Error("thrown"); })' }));
      });
      await page.waitForFunction(() => messages.length >= 2, { timeout: 5000 });
      const messages = await page.evaluate(() => messages.map(({ type, message, args, port, pathname }) => ({ type, message, args, port, pathname })));
      assert.deepEqual(JSON.parse(JSON.stringify(messages[0])), { type: 'PREVIEW_CONSOLE_ERROR', args: ['oh', 1], port: 3000, pathname: '/' });
      assert.equal(messages[1].type, 'PREVIEW_UNCAUGHT_EXCEPTION');
      assert.match(messages[1].message, /thrown/);
    });

    test('the preview script runs after a reload', async () => {
      const title = await page.evaluate(async () => {
        await container.setPreviewScript('addEventListener("DOMContentLoaded", () => { document.title = "scripted"; })');
        const iframe = document.getElementById('preview');
        const loaded = new Promise((resolve) => (iframe.onload = resolve));
        await wosix.reloadPreview(iframe, 1000);
        await loaded;
      }).then(() => frame.evaluate(() => document.title));
      assert.equal(title, 'scripted');
    });

    test('a tab of its own shows the preview too', async () => {
      const tab = await browser.browser.newPage();
      await tab.goto(frame.url());
      await tab.waitForFunction(() => document.querySelector('h1')?.textContent === 'hello', { timeout: 10_000 });
      await tab.close();
    });

    test('ports that come and go leave no frames behind', async () => {
      const frames = await page.evaluate(async () => {
        const source = `const net = require('net'); let left = 60;
          (function next() { if (left-- > 0) { const s = net.createServer().listen(0, () => s.close(next)); } })();`;
        const child = await container.spawn('node', ['-e', source]);
        const code = await child.exit;
        const counts = [];
        for (let i = 0; i < 40; i += 1) {
          counts.push(document.querySelectorAll('iframe[title^="preview relay"]').length);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
        return { code, closed: events.filter((event) => /^port (?!3000)\d+ close/.test(event)).length, most: Math.max(...counts), last: counts.at(-1) };
      });
      assert.equal(frames.code, 0);
      assert.equal(frames.closed, 60);
      assert.ok(frames.most <= 13, `${frames.most} frames at a time`);
      assert.ok(frames.last <= 9, `${frames.last} frames stay`);
    });

    test('a server that ends leaves a readable page', async () => {
      await page.evaluate(async () => {
        child.kill();
        await child.exit;
      });
      const { status, text } = await get('/count');
      assert.equal(status, 502);
      assert.match(text, /No program listens on this port/);
      assert.ok((await page.evaluate(() => events)).includes('port 3000 close'));
    });
  });
}
