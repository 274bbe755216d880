// Sends bytes through Readable, Transform and Writable, and out of a child's standard output.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { Readable, Transform, Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');

const ROUNDS = 3;
const MIB = 2 ** 20;

/** MiB a second through a pipeline that copies each chunk once. */
async function throughPipeline(chunkBytes, totalMiB) {
  const chunk = Buffer.alloc(chunkBytes, 'x');
  let left = totalMiB * MIB / chunkBytes;
  let received = 0;
  const begin = performance.now();
  await pipeline(
    new Readable({ read() { this.push(left-- > 0 ? chunk : null); } }),
    new Transform({ transform(data, encoding, done) { done(null, Buffer.from(data)); } }),
    new Writable({ write(data, encoding, done) { received += data.length; done(); } }),
  );
  if (received !== totalMiB * MIB) throw new Error(`${received} bytes came through`);
  return totalMiB / (performance.now() - begin) * 1000;
}

/** MiB a second that arrive from a child, from its first byte to its end. */
async function fromChild(totalMiB) {
  const child = spawn(process.execPath, [__filename, String(totalMiB)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let begin;
  let received = 0;
  child.stdout.on('data', (data) => {
    begin ??= performance.now();
    received += data.length;
  });
  await once(child.stdout, 'end');
  if (received !== totalMiB * MIB) throw new Error(`${received} bytes came from the child`);
  return totalMiB / (performance.now() - begin) * 1000;
}

async function best(name, run) {
  let value = 0;
  for (let round = 0; round < ROUNDS; round++) value = Math.max(value, await run());
  return { name, value, unit: 'MiB/s', better: 'more' };
}

async function child(totalMiB) {
  const chunk = Buffer.alloc(65536, 'x');
  for (let left = totalMiB * 16; left > 0; left--) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}

async function parent() {
  console.log(JSON.stringify([
    await best('Readable → Transform → Writable, chunks of 64 KiB', () => throughPipeline(65536, 1024)),
    await best('Readable → Transform → Writable, chunks of 1 KiB', () => throughPipeline(1024, 64)),
    await best("a child's standard output, chunks of 64 KiB", () => fromChild(128)),
  ]));
}

if (process.argv.length > 2) child(Number(process.argv[2]));
else parent();
