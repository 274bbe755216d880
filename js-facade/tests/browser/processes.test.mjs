// Processes: kill of a busy loop, many one after another and at once, pipes, big outputs, exit codes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eachBrowser, run } from './harness.mjs';

eachBrowser('processes', (context) => {
  let page;
  before(async () => { page = await context.container(); });
  after(() => page?.close());

  test('exit codes and both outputs apart', async () => {
    assert.deepEqual(await run(page, 'node', ['-e', 'console.log("out"); console.error("err"); process.exitCode = 7']), { stdout: 'out\n', stderr: 'err\n', code: 7 });
    assert.deepEqual(await run(page, 'jsh', ['-c', 'exit 3']), { stdout: '', stderr: '', code: 3 });
  });

  test('kill of a busy loop settles within 100 ms, and the next command works', async () => {
    const { milliseconds, code } = await page.evaluate(async () => {
      const process = await container.spawn('node', ['-e', 'console.log("busy"); for(;;);']);
      const reader = process.output.getReader();
      await reader.read();
      const begin = performance.now();
      process.kill();
      const code = await process.exit;
      return { milliseconds: performance.now() - begin, code };
    });
    assert.ok(milliseconds < 100, `${milliseconds} ms`);
    assert.equal(code, 143);
    assert.deepEqual(await run(page, 'node', ['-p', '6 * 7']), { stdout: '42\n', stderr: '', code: 0 });
  });

  test('a pipeline ends when its reader does', async () => {
    const { stdout, code } = await run(page, 'jsh', ['-c', `node -e 'for (;;) require("fs").writeSync(1, "line\\n")' | head -1`]);
    assert.equal(stdout, 'line\n');
    assert.equal(code, 0);
  });

  test('writing to a closed pipe gives EPIPE', async () => {
    const synchronous = `setTimeout(() => { try { fs.writeSync(1, 'x') } catch (error) { console.error(error.code, error.syscall) } }, 300)`;
    const stream = `process.stdout.on('error', (error) => console.error(error.code, error.syscall)); setTimeout(() => process.stdout.write('x'), 300)`;
    for (const program of [synchronous, stream]) {
      const { stderr, code } = await run(page, 'jsh', ['-c', `node -e "${program}" | true`]);
      assert.equal(stderr, 'EPIPE write\n', program);
      assert.equal(code, 0);
    }
  });

  test('execSync with 64 MB of output arrives whole', async () => {
    const program = `
      const { execSync } = require('child_process');
      const { createHash } = require('crypto');
      const size = 64 * 1024 * 1024;
      const output = execSync(\`node -e 'const b = Buffer.alloc(1 << 20, "0123456789abcdef"); for (let i = 0; i < 64; i++) require("fs").writeSync(1, b)'\`, { maxBuffer: size + 1 });
      const expected = createHash('sha256');
      for (let i = 0; i < 64; i++) expected.update(Buffer.alloc(1 << 20, '0123456789abcdef'));
      console.log(output.length === size, createHash('sha256').update(output).digest('hex') === expected.digest('hex'));`;
    const { stdout, stderr } = await run(page, 'node', ['-e', program]);
    assert.equal(stdout, 'true true\n', stderr);
  });

  test('50 at once: all exit codes are right', async () => {
    const codes = await page.evaluate(() => Promise.all(Array.from({ length: 50 }, async (_, i) => {
      const process = i % 10 === 0
        ? await container.spawn('node', ['-e', `process.exit(${i})`])
        : await container.spawn('jsh', ['-c', `exit ${i}`]);
      return process.exit;
    })));
    assert.deepEqual(codes, Array.from({ length: 50 }, (_, i) => i));
  });

  test('1,000 one after another: all exit codes are right, the kernel’s memory is flat after the first hundred', async () => {
    const result = await page.evaluate(async () => {
      const wrong = [];
      let after100;
      for (let i = 0; i < 1000; i++) {
        const process = i % 20 === 0
          ? await container.spawn('node', ['-e', `process.exit(${i % 256})`])
          : await container.spawn('jsh', ['-c', `exit ${i % 256}`]);
        const code = await process.exit;
        if (code !== i % 256) wrong.push([i, code]);
        if (i === 100) after100 = await container.wosix.memoryUsage();
      }
      return { wrong, after100, end: await container.wosix.memoryUsage() };
    });
    assert.deepEqual(result.wrong, []);
    const { after100, end } = result;
    assert.ok(end.used <= after100.used * 1.1 + 256 * 1024, `used ${after100.used} after 100, ${end.used} at the end`);
    assert.ok(end.total <= after100.total * 1.1, `memory of ${after100.total} after 100, ${end.total} at the end`);
  });
});
