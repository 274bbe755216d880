// The pools of worker_threads that build tools and test runners use, each doing a little work.

import assert from 'node:assert';
import { fileURLToPath } from 'node:url';
import { Worker as JestWorker } from 'jest-worker';
import { Piscina } from 'piscina';
import { createSyncFn } from 'synckit';
import Tinypool from 'tinypool';

const file = (name) => new URL(name, import.meta.url);
const numbers = Array.from({ length: 50 }, (_, index) => index);

const piscina = new Piscina({ filename: file('task.cjs').href, minThreads: 2, maxThreads: 2 });
assert.deepEqual(await Promise.all(numbers.map((n) => piscina.run({ a: n, b: 1 }))), numbers.map((n) => n + 1));
await piscina.destroy();

const tinypool = new Tinypool({ filename: file('task.cjs').href, minThreads: 2, maxThreads: 2 });
assert.deepEqual(await Promise.all(numbers.map((n) => tinypool.run({ a: n, b: n }))), numbers.map((n) => 2 * n));
await tinypool.destroy();

const jest = new JestWorker(fileURLToPath(file('jest-task.cjs')), { enableWorkerThreads: true, numWorkers: 2, exposedMethods: ['double', 'fail'] });
assert.deepEqual(await Promise.all(numbers.map((n) => jest.double(n))), numbers.map((n) => 2 * n));
await assert.rejects(jest.fail(), { name: 'TypeError', message: 'task failed' });
assert.deepEqual(await jest.end(), { forceExited: false });

// Blocks this thread by Atomics.wait and then takes the answer off a port, synchronously.
const upper = createSyncFn(fileURLToPath(file('sync-task.cjs')));
for (const n of numbers) assert.equal(upper(`number ${n}`), `NUMBER ${n}`);
// Its thread never ends by itself.
process.exit(0);
