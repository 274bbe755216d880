// Starts the application and sends it one request of each kind; exits with 1 if an answer is wrong.

const assert = require('node:assert');
const { createHash, randomBytes } = require('node:crypto');
const app = require('./app');

async function main(base) {
  const page = await fetch(`${base}/`);
  const html = await page.text();
  assert.strictEqual(page.status, 200);
  assert.match(html, /Hello from Express \d/);
  console.log('GET /            ', page.status, page.headers.get('content-type'), html.match(/<h1>(.*)<\/h1>/)[1]);

  const json = await fetch(`${base}/json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Wosix', tags: ['tab', 'node'] }),
  });
  const answer = await json.json();
  assert.deepStrictEqual(answer, { received: { name: 'Wosix', tags: ['tab', 'node'] }, keys: 2 });
  console.log('POST /json       ', json.status, JSON.stringify(answer));

  const missing = await fetch(`${base}/nowhere`);
  assert.strictEqual(missing.status, 404);
  console.log('GET /nowhere     ', missing.status, (await missing.text()).match(/<pre>(.*)<\/pre>/)[1]);

  const body = randomBytes(10 * 1024 * 1024);
  const size = await fetch(`${base}/size`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });
  const measured = await size.json();
  assert.deepStrictEqual(measured, { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') });
  console.log('POST /size       ', size.status, `${measured.bytes} bytes, sha256 ${measured.sha256.slice(0, 12)}…`);

  const stream = await fetch(`${base}/stream`);
  const arrivals = [];
  const begin = performance.now();
  for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
    arrivals.push({ text: chunk.trim(), at: performance.now() - begin });
  }
  assert.deepStrictEqual(arrivals.map(({ text }) => text), [1, 2, 3, 4, 5].map((n) => `chunk ${n}`));
  assert.ok(arrivals[4].at - arrivals[0].at > 200, 'the first chunk must arrive before the last is written');
  console.log('GET /stream      ', stream.status, `${arrivals.length} chunks, one by one`);
}

const server = app.listen(0, async () => {
  try {
    await main(`http://localhost:${server.address().port}`);
    console.log('all answers are right');
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
