// HTTP between two processes: requests a second that a client in one gets from a server in the other, and bytes a second of one long answer.

import { execFileSync, spawn } from 'node:child_process';
import { nodeBinary } from '../tests/node-binary.mjs';

const SECONDS = 5;
const LONG_ANSWER_MIB = 200;

const server = `
const part = Buffer.alloc(65536, 'x');
require('http').createServer((request, response) => {
  if (request.url === '/') return response.setHeader('content-type', 'application/json').end('{"hello":"world"}');
  let left = ${LONG_ANSWER_MIB} * 16;
  const more = () => {
    while (left-- > 0) if (!response.write(part)) return response.once('drain', more);
    response.end();
  };
  more();
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
`;

/** Prints `{requests, bytes}`, each a second. */
const client = `
const http = require('http');
const port = Number(process.env.PORT);
const agent = new http.Agent({ keepAlive: true });
const get = (path) => new Promise((resolve, reject) => http.get({ port, host: '127.0.0.1', path, agent }, (response) => {
  let length = 0;
  response.on('data', (part) => { length += part.length; }).on('end', () => resolve(length));
}).on('error', reject));
(async () => {
  let answered = 0;
  const begin = performance.now();
  const until = begin + ${SECONDS} * 1000;
  await Promise.all(Array.from({ length: Number(process.env.CLIENTS) }, async () => {
    while (performance.now() < until) {
      await get('/');
      answered++;
    }
  }));
  const requests = answered / (performance.now() - begin) * 1000;
  const start = performance.now();
  const bytes = await get('/long') / (performance.now() - start) * 1000;
  console.log(JSON.stringify({ requests, bytes }));
  agent.destroy();
})();
`;

export async function measure(session, report) {
  const page = await session.container();
  await page.evaluate(async (server, client) => {
    await container.mount({ 'server.js': { file: { contents: server } }, 'client.js': { file: { contents: client } } });
    const ready = new Promise((resolve) => container.on('server-ready', resolve));
    await container.spawn('node', ['server.js'], { env: { PORT: '3000' } });
    await ready;
  }, server, client);
  const ours = {};
  for (const clients of [1, 16]) {
    ours[clients] = JSON.parse(await page.evaluate(async (clients) => {
      const process = await container.spawn('node', ['client.js'], { env: { PORT: '3000', CLIENTS: String(clients) } });
      let output = '';
      await process.output.pipeTo(new WritableStream({ write: (text) => { output += text; } }));
      return output;
    }, clients));
  }
  await page.close();

  const native = spawn(nodeBinary, ['-e', server], { env: { ...process.env, PORT: '38472' }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => native.stdout.once('data', resolve));
    for (const clients of [1, 16]) {
      const theirs = JSON.parse(execFileSync(nodeBinary, ['-e', client], { env: { ...process.env, PORT: '38472', CLIENTS: String(clients) }, encoding: 'utf8' }));
      report.add({
        name: `process to process, requests a second, ${clients} at a time`, ours: ours[clients].requests, theirs: theirs.requests,
        peer: 'native Node', unit: '/s', better: 'more',
      });
      if (clients > 1) continue;
      report.add({
        name: 'process to process, one answer of 200 MiB', ours: ours[1].bytes / 2 ** 20, theirs: theirs.bytes / 2 ** 20,
        peer: 'native Node', unit: 'MiB/s', better: 'more',
      });
    }
  } finally {
    native.kill();
  }
}
