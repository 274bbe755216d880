// Requests a second that a page gets from a Node server: through the preview, and from native Node on the loopback.

import { spawn } from 'node:child_process';
import { nodeBinary } from '../tests/node-binary.mjs';

const SECONDS = 5;

/** A page to fetch from, and a small answer to fetch. */
const server = `
require('http').createServer((request, response) => {
  if (request.url === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>');
  else response.setHeader('content-type', 'application/json').end('{"hello":"world"}');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
`;

/** Runs in a page of the server: `clients` loops of fetches. */
async function load(clients, seconds) {
  const until = performance.now() + seconds * 1000;
  let answered = 0;
  let lost = 0;
  const begin = performance.now();
  await Promise.all(Array.from({ length: clients }, async () => {
    while (performance.now() < until) {
      try {
        const response = await fetch('/data');
        if ((await response.json()).hello !== 'world') lost++;
        else answered++;
      } catch {
        lost++;
      }
    }
  }));
  return { rate: answered / (performance.now() - begin) * 1000, lost };
}

export async function measure(session, report) {
  const page = await session.container();
  const url = await page.evaluate(async (source) => {
    await container.mount({ 'server.js': { file: { contents: source } } });
    const ready = new Promise((resolve) => container.on('server-ready', (_, url) => resolve(url)));
    await container.spawn('node', ['server.js'], { env: { PORT: '3000' } });
    const url = await ready;
    const frame = Object.assign(document.createElement('iframe'), { src: url, name: 'preview' });
    document.body.append(frame);
    await new Promise((resolve) => { frame.onload = resolve; });
    return url;
  }, server);
  const frame = page.frames().find((candidate) => candidate.url().startsWith(url));
  const ours = {};
  for (const clients of [1, 16]) ours[clients] = await frame.evaluate(load, clients, SECONDS);
  await page.close();

  const native = spawn(nodeBinary, ['-e', server], { env: { ...process.env, PORT: '38471' }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => native.stdout.once('data', resolve));
    const plain = await session.browser.newPage();
    await plain.goto('http://localhost:38471/');
    for (const clients of [1, 16]) {
      const theirs = await plain.evaluate(load, clients, SECONDS);
      report.add({
        name: `requests a second, ${clients} client${clients > 1 ? 's' : ''} (${ours[clients].lost} lost)`,
        ours: ours[clients].rate, theirs: theirs.rate, peer: 'native Node, same browser', unit: '/s', better: 'more',
      });
    }
    await plain.close();
  } finally {
    native.kill();
  }
}
