// The store of a request is still there after three awaits, a timer, a stream and a dependency's callback, whatever other requests do meanwhile.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { EventEmitter, once } = require('node:events');
const { readFile } = require('node:fs/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');

const storage = new AsyncLocalStorage();
const seen = () => storage.getStore()?.id;
const app = express();

app.use((request, response, next) => storage.run({ id: request.get('x-request-id') }, next));
app.use(express.json());
app.post('/:name', async (request, response) => {
  const trail = [seen()];
  await sleep(Number(request.body.delay));
  trail.push(seen());
  await readFile(__filename);
  trail.push(seen());
  await Promise.all([1, 2].map(async () => { await null; trail.push(seen()); }));
  const emitter = new EventEmitter();
  setImmediate(() => emitter.emit('done', seen()));
  trail.push((await once(emitter, 'done'))[0], seen());
  queueMicrotask(() => {
    trail.push(seen());
    response.on('finish', () => finished.push(seen())).json({ name: request.params.name, trail });
  });
});
app.post('/:name/fails', async () => {
  await sleep(1);
  throw new Error(`failed for ${seen()}`);
});
app.use((error, request, response, next) => response.status(500).json({ error: error.message, id: seen() }));

const finished = [];
const server = app.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const post = async (path, id, delay) => {
    const response = await fetch(base + path, {
      method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': id }, body: JSON.stringify({ delay }),
    });
    return `${response.status} ${await response.text()}`;
  };
  const answers = await Promise.all([post('/a', 'first', 30), post('/b', 'second', 10), post('/c', 'third', 20), post('/d/fails', 'fourth', 0)]);
  console.log(answers.join('\n'));
  console.log(finished.sort().join(' '), seen());
  server.close();
  server.closeAllConnections();
});
