/** The kernel module over real shared memory, with threads that block, spin and die. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadSource } from '../load-source.mjs';

const { createHostCalls } = await loadSource('guest/kernel.ts');

const kernel = await WebAssembly.compile(await readFile(new URL('../../dist/kernel.wasm', import.meta.url)));
const SIGKILL = 9, SIGTERM = 15;
const EAGAIN = -11;

let memory;
let sys;
const workers = new Map();

before(async () => {
  memory = new WebAssembly.Memory({ initial: 128, maximum: 16384, shared: true });
  const seed = new Uint8Array(32).fill(7);
  sys = await createHostCalls(kernel, memory, { seed, workdirName: 'project', programs: [{ path: '/bin/test', runtime: 'native', name: 'test' }] });
  sys.sigaction(13, 1);
});

after(async () => {
  for (const { worker } of workers.values()) await worker.terminate();
});

const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

/** Performs effects: starts and terminates workers. */
async function perform() {
  for (let effect = sys.nextEffect(); effect; effect = sys.nextEffect()) {
    if (effect.kind === 'exec') {
      const block = sys.allocThread();
      const script = workers.get(effect.pid).script;
      const worker = new Worker(new URL('./kernel-process.mjs', import.meta.url), { workerData: { kernel, memory, block, pid: effect.pid, script } });
      worker.on('message', (message) => { workers.get(effect.pid)[message === 'running' ? 'running' : 'failed'] = message; });
      Object.assign(workers.get(effect.pid), { worker, block });
    } else if (effect.kind === 'terminate') {
      const { worker, block } = workers.get(effect.pid);
      await worker.terminate();
      sys.freeThread(block);
    }
  }
}

/** Starts a process that runs `script`, and waits until it does. */
async function start(script, fds = []) {
  const pid = sys.spawn({ file: 'test', args: ['test', script], env: ['PATH=/bin'], fds });
  assert(pid > 0, `spawn answered ${pid}`);
  workers.set(pid, { script });
  await perform();
  while (!workers.get(pid).running) await tick();
  return pid;
}

/** How `pid` ended. */
async function end(pid) {
  const limit = Date.now() + 5000;
  for (;;) {
    const status = sys.wait(pid, true);
    if (status !== null) return status;
    assert.equal(workers.get(pid).failed, undefined);
    assert(Date.now() < limit, `process ${pid} (${workers.get(pid).script}) did not end`);
    await tick();
  }
}

async function readAll(fd) {
  const chunks = [];
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = sys.read(fd, buffer, -1, true);
    if (count === 0) return Buffer.concat(chunks);
    if (count === EAGAIN) { await tick(); continue; }
    assert(count > 0, `read answered ${count}`);
    chunks.push(buffer.slice(0, count));
  }
}

test('a pipeline of two threads carries every byte', async () => {
  const [middleRead, middleWrite] = sys.pipe();
  const [outRead, outWrite] = sys.pipe();
  const producer = await start('produce', [-1, middleWrite]);
  const copier = await start('copy', [middleRead, outWrite]);
  for (const fd of [middleRead, middleWrite, outWrite]) sys.close(fd);
  const output = await readAll(outRead);
  assert.equal(output.length, 4 << 20);
  assert(output.every((byte, i) => byte === (i % (1 << 20)) % 251));
  assert.deepEqual(await end(producer), { pid: producer, code: 3, signal: 0 });
  assert.deepEqual(await end(copier), { pid: copier, code: 0, signal: 0 });
  sys.close(outRead);
});

test('a busy loop is killed at once', async () => {
  const pid = await start('busy');
  assert.equal(sys.kill(pid, SIGKILL), 0);
  assert.deepEqual(sys.wait(pid, true), { pid, code: 0, signal: SIGKILL });
  await perform();
});

test('a blocked reader is killed and the writer sees a broken pipe', async () => {
  const [read, write] = sys.pipe();
  const pid = await start('blocked', [read]);
  sys.close(read);
  assert.equal(sys.kill(pid, SIGTERM), 0);
  assert.deepEqual(sys.wait(pid, true), { pid, code: 0, signal: SIGTERM });
  assert.equal(sys.write(write, new Uint8Array(1), -1, true), -32);
  sys.close(write);
  await perform();
});

test('threads killed while they hammer the kernel never leave its lock taken', async () => {
  for (let round = 0; round < 10; round++) {
    const pids = [await start('hammer'), await start('hammer')];
    await tick(5);
    for (const pid of pids) assert.equal(sys.kill(pid, SIGKILL), 0);
    await perform();
    assert.equal(sys.access('/bin/test', 0), 0);
    for (const pid of pids) assert.equal((await end(pid)).signal, SIGKILL);
  }
});

test('blocks of dead threads are reused', async () => {
  const before = sys.memoryUsage().used;
  for (let round = 0; round < 5; round++) {
    const pid = await start('busy');
    sys.kill(pid, SIGKILL);
    await perform();
    await end(pid);
  }
  assert(sys.memoryUsage().used - before < 10_000);
});

test('sleep ends by itself, or by a caught signal', async () => {
  const sleeper = await start('sleep');
  assert.equal((await end(sleeper)).code, 5);
  const [read, write] = sys.pipe();
  const pid = await start('interrupted', [-1, write]);
  while (sys.read(read, new Uint8Array(16), -1, true) === EAGAIN) await tick();
  sys.kill(pid, SIGTERM);
  assert.equal((await end(pid)).code, 7);
  sys.close(read);
  sys.close(write);
});

test('a write without a reader is EPIPE when SIGPIPE is ignored', async () => {
  const [read, write] = sys.pipe();
  sys.close(read);
  const pid = await start('brokenPipe', [-1, write]);
  sys.close(write);
  assert.equal((await end(pid)).code, 9);
});

test("a guest's stack overflow stays the guest's", async () => {
  const pid = await start('overflow');
  assert.equal((await end(pid)).code, 11);
  assert.equal(sys.access('/bin/test', 0), 0);
});

// The last one: nothing works in this memory afterwards.
test('a broken kernel is reported to everybody, also to who waits', async () => {
  const [read] = sys.pipe();
  const pid = await start('blocked', [read]);
  await tick(20);
  const { exports, memory: { buffer } } = sys.kernel;
  const message = new TextEncoder().encode('trap in a test');
  const { scratch } = sys.allocThread();
  new Uint8Array(buffer, scratch, message.length).set(message);
  exports.kernel_poison(scratch, message.length);
  assert.throws(() => sys.getuid(), { name: 'KernelPanic', message: 'trap in a test' });
  while (!workers.get(pid).failed) await tick();
  assert.equal(workers.get(pid).failed, 'KernelPanic: trap in a test');
});
