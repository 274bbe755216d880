// WebSockets of programs: to a server of this test, through the browser's own WebSocket, and inside the container.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { eachBrowser, facade, freePort, run } from './harness.mjs';

/** The package `ws` as a tree for `mount`: what a program gets by `npm install ws`. */
function wsPackage() {
  const read = (folder) => Object.fromEntries(readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const full = path.join(folder, entry.name);
    return [entry.name, entry.isDirectory() ? { directory: read(full) } : { file: { contents: readFileSync(full, 'utf8') } }];
  }));
  return { node_modules: { directory: { ws: { directory: read(path.join(facade, 'node_modules/ws')) } } } };
}

/** Sends every message back; the text `close` is answered by a close of its own. */
function echo(socket) {
  socket.on('message', (data, isBinary) => {
    if (!isBinary && String(data) === 'close') socket.close(4001, 'as you wish');
    else socket.send(data, { binary: isBinary });
  });
}

eachBrowser('websocket', (context) => {
  let server, page, base;
  /** `[code, reason]` of the last connection that a client closed. */
  let closed;
  before(async () => {
    server = createServer().listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => [...protocols].at(-1) ?? false });
    server.on('upgrade', (req, socket, head) => {
      if (req.url === '/refused') return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      sockets.handleUpgrade(req, socket, head, (each) => {
        echo(each);
        closed = new Promise((resolve) => each.on('close', (code, reason) => resolve([code, String(reason)])));
      });
    });
    await new Promise((resolve) => server.once('listening', resolve));
    base = `ws://outside.wosix.localhost:${server.address().port}`;
    page = await context.container();
    await page.evaluate((tree) => container.mount(tree), wsPackage());
  });
  after(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function node(script) {
    const { stdout, stderr, code } = await run(page, 'node', ['--input-type=module', '-e', `const base = ${JSON.stringify(base)};\n${script}`]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    return stdout.trimEnd();
  }

  test("Node's own WebSocket reaches a server outside", async () => {
    assert.equal(await node(`
      const socket = new WebSocket(base + '/x?y=1', ['one', 'two']);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        console.log('open', socket.protocol, socket.extensions);
        socket.send('grüße');
        socket.send(new Uint8Array([1, 2, 3]));
        socket.send('close');
      };
      socket.onmessage = ({ data }) => console.log(typeof data === 'string' ? data : new Uint8Array(data));
      socket.onclose = ({ code, reason, wasClean }) => console.log(code, reason, wasClean);
    `), 'open two \ngrüße\nUint8Array(3) [ 1, 2, 3 ]\n4001 as you wish true');
  });

  test('the package ws does, with large messages, pings and a close of its own', async () => {
    assert.equal(await node(`
      import { WebSocket } from 'ws';
      const socket = new WebSocket(base, { headers: { 'x-lost': 'yes' } });
      const sizes = [];
      socket.on('open', () => {
        socket.ping('are you there');
        for (const size of [0, 125, 126, 65_536, 3_000_000]) socket.send(Buffer.alloc(size, 'x'));
        socket.send('a', { fin: false });
        socket.send('b', { fin: true });
      });
      socket.on('pong', (data) => console.log('pong', String(data)));
      socket.on('message', (data, isBinary) => {
        sizes.push(data.length);
        if (isBinary) return;
        console.log(sizes.join(' '), String(data));
        socket.close(4321, 'done');
      });
      socket.on('close', (code, reason) => console.log(code, String(reason)));
    `), 'pong are you there\n0 125 126 65536 3000000 2 ab\n4321 done');
    assert.deepEqual(await closed, [4321, 'done']);
  });

  test('one that cannot be opened says so', async () => {
    const port = await freePort();
    const messages = (await node(`
      import { WebSocket } from 'ws';
      for (const url of [base + '/refused', 'ws://outside.wosix.localhost:${port}']) {
        await new Promise((resolve) => new WebSocket(url).on('error', ({ code, message }) => resolve(console.log(code, message))));
      }
      await new Promise((resolve) => { new WebSocket(base + '/refused').onerror = ({ message }) => resolve(console.log(message)); });
    `)).split('\n');
    assert.match(messages[0], /^ECONNRESET .*could not open a WebSocket to ws:\/\/outside\.wosix\.localhost:\d+: .*refused/);
    assert.match(messages[1], /^ECONNRESET .*could not open a WebSocket/);
    assert.match(messages[2], /could not open a WebSocket/);
  });

  test('inside the container it is plain TCP', async () => {
    assert.equal(await node(`
      import { WebSocketServer, WebSocket as Client } from 'ws';
      const server = new WebSocketServer({ port: 0, perMessageDeflate: true });
      server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data).toUpperCase())));
      await new Promise((resolve) => server.once('listening', resolve));
      const url = 'ws://localhost:' + server.address().port;
      for (const Each of [WebSocket, Client]) {
        const socket = new Each(url);
        console.log(await new Promise((resolve) => {
          socket.onopen = () => socket.send('hello');
          socket.onmessage = ({ data }) => resolve(data);
        }), socket.extensions);
        socket.close();
      }
      server.close();
    `), 'HELLO permessage-deflate\nHELLO permessage-deflate');
  });
});
