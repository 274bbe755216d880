/** A process worker for `kernel.test.mjs`: attaches to a process of the kernel and does one thing with system calls. */

import { parentPort, workerData } from 'node:worker_threads';
import { loadSource } from '../load-source.mjs';

const { instantiateKernel } = await loadSource('guest/kernel.ts');
const { kernel, memory, block, pid, script } = workerData;
const sys = (await instantiateKernel(kernel, memory, block))(pid);
parentPort.postMessage('running');

const bytes = (text) => new TextEncoder().encode(text);

const scripts = {
  /** Copies descriptor 0 to descriptor 1. */
  copy() {
    const buffer = new Uint8Array(100_000);
    for (let count; (count = sys.read(0, buffer, -1)) > 0;) sys.write(1, buffer.subarray(0, count), -1);
    sys.exit(0);
  },
  /** Writes 4 MiB of a known pattern to descriptor 1. */
  produce() {
    const chunk = Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 251);
    for (let i = 0; i < 4; i++) sys.write(1, chunk, -1);
    sys.exit(3);
  },
  busy() { for (;;); },
  /** Calls into the kernel as fast as it can. */
  hammer() {
    const stat = new Float64Array(18);
    for (;;) {
      const fd = sys.open('hammered', 0o102, 0o644);
      sys.write(fd, bytes('x'), -1);
      sys.fstat(fd, stat);
      sys.close(fd);
    }
  },
  blocked() { sys.read(0, new Uint8Array(1), -1); },
  sleep() { sys.exit(sys.sleep(30) === 0 ? 5 : 6); },
  interrupted() {
    sys.sigaction(15, 2);
    sys.write(1, bytes('ready'), -1);
    const result = sys.sleep(60_000);
    sys.exit(result === -4 && sys.nextSignal() === 15 && sys.nextSignal() === 0 ? 7 : 8);
  },
  brokenPipe() {
    sys.sigaction(13, 1);
    sys.exit(sys.write(1, bytes('x'), -1) === -32 ? 9 : 10);
  },
  /** Calls in from every depth of the stack up to its end. */
  overflow() {
    const stat = new Float64Array(18);
    const dive = () => { sys.stat('/tmp', stat, true); dive(); };
    let overflows = 0;
    for (let i = 0; i < 50; i++) {
      try { dive(); } catch (error) { if (error instanceof RangeError) overflows++; else throw error; }
    }
    sys.exit(overflows === 50 ? 11 : 12);
  },
};
try {
  scripts[script]();
} catch (error) {
  if (error.name !== 'ProcessExit') parentPort.postMessage(`${error.name}: ${error.message}`);
}
