// Connections to the outside, through the browser's fetch: a server of this test, at names that lead to this machine.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eachBrowser, freePort, openPage, run } from './harness.mjs';

const STREAM_CHUNKS = 40;
/** The last connection that asked for `/endless`, and a promise of its end. */
let endless;

/** A key and a certificate that nobody trusts. */
function selfSigned() {
  const folder = mkdtempSync(path.join(tmpdir(), 'wosix-test-tls-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=outside.wosix.localhost', '-keyout', key, '-out', cert], { stdio: 'pipe' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Answers the paths that the tests ask for; all but `/private` allow every page. */
function answer(req, res) {
  const url = new URL(req.url, 'http://host');
  if (url.pathname !== '/private') {
    res.setHeader('access-control-allow-origin', '*');
    res.setHeader('access-control-allow-headers', '*');
    res.setHeader('access-control-allow-methods', '*');
    res.setHeader('access-control-expose-headers', '*');
  }
  if (req.method === 'OPTIONS') return res.writeHead(204).end();
  switch (url.pathname) {
    case '/echo': {
      const chunks = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => {
        const { cookie, 'x-mine': mine } = req.headers;
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify({ method: req.method, target: req.url, mine, cookie, body: Buffer.concat(chunks).toString() }));
      });
      return;
    }
    case '/gzip':
      res.setHeader('content-encoding', 'gzip');
      return res.end(gzipSync('packed '.repeat(1000)));
    case '/stream': {
      let left = STREAM_CHUNKS;
      const timer = setInterval(() => {
        res.write(`chunk ${left}\n`);
        if (--left === 0) {
          clearInterval(timer);
          res.end();
        }
      }, 25);
      return;
    }
    case '/large': return res.end(Buffer.alloc(8 << 20, 'x'));
    case '/cut':
      res.writeHead(200, { 'content-length': 100 });
      res.write('half');
      return setTimeout(() => res.destroy(), 50);
    case '/moved': return res.writeHead(302, { location: '/echo?moved' }).end();
    case '/proxy': {
      const chunks = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => res.end(`by proxy: ${url.searchParams.get('url')} ${Buffer.concat(chunks)}`));
      return;
    }
    case '/endless': {
      endless = { socket: req.socket, closed: new Promise((resolve) => res.once('close', resolve)) };
      const more = () => { while (!res.destroyed && res.write(Buffer.alloc(65536))); };
      res.on('drain', more);
      return more();
    }
    case '/private': return res.end('secret');
    default: return res.writeHead(404).end('nothing here');
  }
}

eachBrowser('outbound', (context) => {
  let server, secure, page, base;
  before(async () => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://outside.wosix.localhost:${server.address().port}`;
    secure = createSecureServer(selfSigned(), answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => secure.once('listening', resolve));
    page = await context.container();
    await page.evaluate(() => {
      globalThis.errors = [];
      container.on('error', ({ message }) => errors.push(message));
    });
  });
  after(() => {
    for (const each of [server, secure]) {
      each?.closeAllConnections();
      each?.close();
    }
  });

  /** Runs a program of Node; answers what it printed. */
  async function node(script) {
    const { stdout, stderr, code } = await run(page, 'node', ['--input-type=module', '-e', `const base = ${JSON.stringify(base)};\n${script}`]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    return stdout.trimEnd();
  }

  test('fetch gets and posts', async () => {
    assert.deepEqual(JSON.parse(await node(`
      const response = await fetch(base + '/echo?a=1', { method: 'POST', body: 'hello', headers: { 'x-mine': 'yes' } });
      console.log(await response.text());
    `)), { method: 'POST', target: '/echo?a=1', mine: 'yes', body: 'hello' });
  });

  test('http.get, with keep-alive', async () => {
    assert.equal(await node(`
      import http from 'node:http';
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const get = (path) => new Promise((resolve, reject) => http.get(base + path, { agent }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve([res.statusCode, text.length, res.headers['content-encoding'] ?? 'plain'].join(' ')));
      }).on('error', reject));
      console.log(await get('/gzip'), await get('/nothing'), await get('/large'));
      agent.destroy();
    `), '200 7000 plain 404 12 plain 200 8388608 plain');
  });

  test('a streamed upload', async () => {
    assert.equal(await node(`
      import http from 'node:http';
      const req = http.request(base + '/echo', { method: 'PUT' }, async (res) => {
        let text = '';
        for await (const part of res) text += part;
        console.log(JSON.parse(text).method, JSON.parse(text).body.length);
      });
      for (let i = 0; i < 100; i++) req.write('y'.repeat(10_000));
      req.end();
    `), 'PUT 1000000');
  });

  test('an answer comes as it is written', async () => {
    const [chunks, first, all] = (await node(`
      const began = performance.now();
      const response = await fetch(base + '/stream');
      let first = 0, text = '';
      for await (const chunk of response.body) {
        first ||= performance.now() - began;
        text += Buffer.from(chunk);
      }
      console.log(text.trim().split('\\n').length, first, performance.now() - began);
    `)).split(' ').map(Number);
    assert.equal(chunks, STREAM_CHUNKS);
    assert.ok(all - first > 500, `the first chunk came after ${first} ms, the last after ${all} ms`);
  });

  test('redirects are followed, HEAD has no body', async () => {
    assert.equal(await node(`
      const moved = await (await fetch(base + '/moved')).json();
      const head = await fetch(base + '/large', { method: 'HEAD' });
      console.log(moved.target, head.status, (await head.text()).length);
    `), '/echo?moved 200 0');
  });

  test('refused connections, servers without CORS and cut answers are errors that say why', async () => {
    const port = await freePort();
    const [refused, cors, plain, cut] = JSON.parse(await node(`
      import http from 'node:http';
      const failure = (promise) => promise.then(() => null, (error) => [error.message, error.cause?.code, error.cause?.message]);
      const plain = await new Promise((resolve) => http.get(base + '/private').on('error', (error) => resolve([error.code, error.syscall, error.message])));
      console.log(JSON.stringify([
        await failure(fetch('http://other.wosix.localhost:${port}/')),
        await failure(fetch(base + '/private')),
        plain,
        await failure(fetch(base + '/cut').then((response) => response.text())),
      ]));
    `));
    assert.deepEqual(refused.slice(0, 2), ['fetch failed', 'ECONNRESET']);
    assert.match(cors[2], /outside\.wosix\.localhost:\d+.*CORS/);
    assert.deepEqual(plain.slice(0, 2), ['ECONNRESET', 'read']);
    assert.match(plain[2], /CORS/);
    assert.equal(cut[0], 'terminated');
    const reports = await page.evaluate(() => errors);
    assert.equal(reports.filter((message) => message.includes(base)).length, 1, `once an origin: ${reports.join('\n')}`);
    assert.equal(reports.filter((message) => message.includes(`other.wosix.localhost:${port}`)).length, 1);
  });

  test('what names no host is not found, and localhost is the container', async () => {
    assert.equal(await node(`
      import dns from 'node:dns/promises';
      const code = (name) => dns.lookup(name).then((found) => found.address, (error) => error.code);
      console.log(await code('some.invalid'), await code('127.1'), await code('localhost'), (await code('example.com')).split('.')[0]);
      console.log(await fetch('http://localhost:${server.address().port}/echo').catch((error) => error.cause.code));
    `), 'ENOTFOUND ENOTFOUND 127.0.0.1 198\nECONNREFUSED');
  });

  test('https by https.get, an agent, fetch and tls.connect', async () => {
    assert.equal(await node(`
      import https from 'node:https';
      import tls from 'node:tls';
      const port = ${secure.address().port};
      const url = 'https://outside.wosix.localhost:' + port + '/echo';
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const get = () => new Promise((resolve, reject) => https.get(url, { agent }, async (res) => {
        const { authorized, encrypted } = res.socket;
        let text = '';
        for await (const part of res) text += part;
        resolve([JSON.parse(text).method, authorized, encrypted].join(' '));
      }).on('error', reject));
      console.log(await get());
      console.log(await get());
      agent.destroy();
      console.log((await (await fetch(url, { method: 'POST', body: 'z'.repeat(300_000) })).json()).body.length);
      const socket = tls.connect({ port, host: 'outside.wosix.localhost', ALPNProtocols: ['h2', 'http/1.1'] }, () => {
        socket.write('GET /gzip HTTP/1.0\\r\\n\\r\\n');
      });
      let text = '';
      for await (const part of socket) text += part;
      console.log(text.split('\\r\\n')[0], text.endsWith('packed '), socket.alpnProtocol);
    `), 'GET true true\nGET true true\n300000\nHTTP/1.1 200 OK true http/1.1');
  });

  test('a server that does not speak TLS is an error', async () => {
    const secureBase = base.replace('http:', 'https:');
    const message = await node(`console.log(await fetch('${secureBase}/echo').catch((error) => error.cause.message));`);
    assert.ok(message.includes(`could not fetch from ${secureBase} `), message);
  });

  test('there is no TLS inside the container', async () => {
    assert.equal(await node(`
      import tls from 'node:tls';
      import net from 'node:net';
      const server = net.createServer(() => {}).listen(0);
      await new Promise((resolve) => server.once('listening', resolve));
      const socket = tls.connect(server.address().port, 'localhost');
      socket.on('error', (error) => {
        console.log(error.code, error.message);
        server.close();
      });
    `), 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM TLS inside the container is unavailable on this platform');
  });

  test('fifty at once, and a request that waits for 100 Continue', async () => {
    assert.equal(await node(`
      import http from 'node:http';
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => fetch(base + '/echo?' + i).then((res) => res.json())));
      console.log(answers.every(({ target }, i) => target === '/echo?' + i));
      const req = http.request(base + '/echo', { method: 'POST', headers: { expect: '100-continue' } }, async (res) => {
        for await (const part of res) console.log(JSON.parse(part).body);
      });
      req.on('continue', () => req.end('go on'));
      req.flushHeaders();
    `), 'true\ngo on');
  });

  test('an endless answer is held back, and ends when nobody reads it', async () => {
    await node(`
      const aborter = new AbortController();
      const response = await fetch(base + '/endless', { signal: aborter.signal });
      const reader = response.body.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      aborter.abort();
      await reader.read().catch((error) => error.name);
    `);
    await endless.closed;
    // Chromium itself takes 64 MB ahead of its reader, Firefox whatever comes.
    const { bytesWritten } = endless.socket;
    if (context.name === 'chromium') assert.ok(bytesWritten < 100 << 20, `${bytesWritten} bytes in a second`);
  });

  test('a killed process gives its requests up', async () => {
    await page.evaluate(async (script) => {
      const process = await container.spawn('node', ['-e', script]);
      await new Promise((resolve) => process.output.pipeTo(new WritableStream({ write: resolve })));
      process.kill();
      await process.exit;
    }, `fetch('${base}/endless').then((response) => { console.log('begun'); return response.arrayBuffer(); })`);
    await endless.closed;
  });

  test('what a browser cannot send is refused', async () => {
    assert.equal(await node(`
      import http from 'node:http';
      const status = (options) => new Promise((resolve, reject) => {
        http.request(base + '/echo', options, (res) => resolve(res.resume().statusCode)).on('error', reject).end(options.body);
      });
      console.log(await status({ method: 'TRACE' }), await status({ headers: { connection: 'upgrade', upgrade: 'raw' } }));
    `), '501 501');
  });

  test('a CORS proxy is asked when one is configured', async () => {
    const other = await openPage(context.browser, context.origin);
    const { stdout } = await other.evaluate(async (proxy) => {
      wosix.configure({ corsProxy: `${proxy}/proxy?url={url}` });
      globalThis.container = await wosix.WebContainer.boot();
    }, base).then(() => run(other, 'node', ['-e', `
      const https = require('https');
      const req = https.request('https://private.example/x?y=1', { method: 'POST' }, (res) => res.pipe(process.stdout));
      req.end('body');
    `]));
    assert.equal(stdout, 'by proxy: https://private.example/x?y=1 body');
  });
});
