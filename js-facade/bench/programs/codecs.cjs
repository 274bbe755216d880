// Compresses, hashes and encrypts text, each as often as a time allows.

const crypto = require('node:crypto');
const zlib = require('node:zlib');

const BYTES = 2 ** 20;
const ROUNDS = 3;
const ROUND_MS = 150;

// Lines as of a log, of a fixed seed (a linear congruence): they compress to about a quarter.
let seed = 42;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % below;
};
let lines = '';
while (lines.length < BYTES) {
  lines += `{"time":${1.7e12 + random(1e9)},"level":"${['debug', 'info', 'warn'][random(3)]}","path":"/items/${random(1000)}","ms":${random(5000) / 10}}\n`;
}
const text = Buffer.from(lines.slice(0, BYTES));
const gzipped = zlib.gzipSync(text);
const key = Buffer.alloc(32, 1);
const iv = Buffer.alloc(12, 2);

const seal = () => {
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
  return { sealed: Buffer.concat([cipher.update(text), cipher.final()]), tag: cipher.getAuthTag() };
};
const { sealed, tag } = seal();
const open = () => {
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
};
const hash = (algorithm) => () => crypto.createHash(algorithm).update(text).digest();

if (!zlib.gunzipSync(gzipped).equals(text) || !open().equals(text)) throw new Error('the text did not come back');

/** MiB of text a second, in the best of the rounds. */
function rate(run) {
  let best = 0;
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    let count = 0;
    let elapsed;
    do {
      run();
      count++;
      elapsed = performance.now() - begin;
    } while (elapsed < ROUND_MS);
    if (round > 0) best = Math.max(best, count / elapsed * 1000);
  }
  return best * BYTES / 2 ** 20;
}

const work = {
  gzipSync: () => zlib.gzipSync(text),
  gunzipSync: () => zlib.gunzipSync(gzipped),
  deflateSync: () => zlib.deflateSync(text),
  sha256: hash('sha256'),
  sha512: hash('sha512'),
  md5: hash('md5'),
  'AES-256-GCM, encrypt': () => seal(),
  'AES-256-GCM, decrypt': () => open(),
};
console.log(JSON.stringify(Object.entries(work).map(([name, run]) => ({ name, value: rate(run), unit: 'MiB/s', better: 'more' }))));
