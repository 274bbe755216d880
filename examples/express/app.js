// The application without its port, so that both the server and the check can run it.

const express = require('express');

const app = express();
app.use(express.json());
app.use(express.raw({ type: 'application/octet-stream', limit: '32mb' }));

app.get('/', (request, response) => {
  response.type('html').send(`<!doctype html>
<title>Express in a tab</title>
<h1>Hello from Express ${require('express/package.json').version}</h1>
<p>Node.js ${process.version}, process ${process.pid}, up ${process.uptime().toFixed(1)} s</p>`);
});

app.post('/json', (request, response) => {
  response.json({ received: request.body, keys: Object.keys(request.body).length });
});

app.post('/size', (request, response) => {
  const hash = require('node:crypto').createHash('sha256').update(request.body).digest('hex');
  response.json({ bytes: request.body.length, sha256: hash });
});

// Five chunks, 100 ms apart: each must arrive before the next is written.
app.get('/stream', async (request, response) => {
  response.type('text/plain');
  for (let chunk = 1; chunk <= 5; chunk++) {
    response.write(`chunk ${chunk}\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  response.end();
});

module.exports = app;
