// `wosix exec`, as a shell script would use it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, cli } from './harness.mjs';

/** Runs `wosix exec` with `args`; answers what came out of it. */
function exec(name, args, { input = '', signalAfter } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, 'exec', '--browser', name, ...args]);
    const output = { stdout: [], stderr: [] };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].on('data', (chunk) => {
        output[stream].push(chunk);
        if (signalAfter && Buffer.concat(output.stdout).includes(signalAfter)) child.kill('SIGINT');
      });
    }
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr).toString() }));
    child.stdin.end(input);
  });
}

for (const name of browsers) {
  describe(`wosix exec in ${name}`, () => {
    let folder;
    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'wosix-exec-test-'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    test('passes output, error and exit code through, apart', async () => {
      const { code, stdout, stderr } = await exec(name, ['--', 'jsh', '-c', 'echo out; echo err >&2; exit 7']);
      assert.deepEqual({ code, stdout: stdout.toString(), stderr }, { code: 7, stdout: 'out\n', stderr: 'err\n' });
    });

    test('passes binary input through, larger than every window', async () => {
      const input = Buffer.alloc(5_000_000, Uint8Array.from({ length: 251 }, (_, i) => i));
      const { code, stdout } = await exec(name, ['--', 'cat'], { input });
      assert.equal(code, 0);
      assert.equal(Buffer.compare(stdout, input), 0);
    });

    test('unknown and forbidden commands', async () => {
      const unknown = await exec(name, ['--', 'nonsense']);
      assert.deepEqual([unknown.code, unknown.stderr], [127, 'jsh: command not found: nonsense\n']);
    });

    test('mounts are there, and exports come out', async () => {
      const source = path.join(folder, 'source');
      mkdirSync(path.join(source, 'sub'), { recursive: true });
      writeFileSync(path.join(source, 'sub/ü file.txt'), 'contents\n');
      writeFileSync(path.join(source, 'run.sh'), '#!/bin/jsh\ncat sub/*; cat /data/x; cat sub/* > copy\n');
      chmodSync(path.join(source, 'run.sh'), 0o755);
      symlinkSync('sub', path.join(source, 'link'));
      mkdirSync(path.join(folder, 'data'));
      writeFileSync(path.join(folder, 'data/x'), 'x\n');
      const target = path.join(folder, 'target');
      const single = path.join(folder, 'single');
      const { code, stdout, stderr } = await exec(name, [
        '--mount', source, '--mount', `${folder}/data:/data`, '--export', `.:${target}`, '--export', `/data/x:${single}`, '--', './run.sh',
      ]);
      assert.deepEqual([code, stdout.toString(), stderr], [0, 'contents\nx\n', '']);
      assert.equal(readFileSync(path.join(target, 'copy'), 'utf8'), 'contents\n');
      assert.equal(readFileSync(path.join(target, 'sub/ü file.txt'), 'utf8'), 'contents\n');
      assert.equal(readlinkSync(path.join(target, 'link')), 'sub');
      assert.equal(lstatSync(path.join(target, 'run.sh')).mode & 0o777, 0o755);
      assert.equal(readFileSync(path.join(single, 'x'), 'utf8'), 'x\n');
    });

    test('runs the Node that the folder asks for, or that was asked for', async () => {
      const source = path.join(folder, 'node26');
      mkdirSync(source);
      writeFileSync(path.join(source, '.nvmrc'), '26\n');
      assert.match((await exec(name, ['--mount', source, '--', 'node', '-v'])).stdout.toString(), /^v26\./);
      assert.match((await exec(name, ['--node', '24', '--mount', source, '--', 'node', '-v'])).stdout.toString(), /^v24\./);
      const unknown = await exec(name, ['--node', '22', '--', 'node', '-v']);
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /--node: there is no Node '22': choose 24 \(.*\) or 26 \(.*\)/);
    });

    test('a reader that goes away ends the writer', async () => {
      const child = spawn('sh', ['-c', `'${process.execPath}' '${cli}' exec --browser ${name} -- jsh -c 'while true; do echo line; done; echo never >&2' | head -2`]);
      const output = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr']) child[stream].on('data', (chunk) => (output[stream] += chunk));
      const code = await new Promise((resolve) => child.on('close', resolve));
      assert.deepEqual([code, output], [0, { stdout: 'line\nline\n', stderr: '' }]);
    });

    test('a signal that ends the command is in the exit code', async () => {
      assert.equal((await exec(name, ['--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'])).code, 137);
    });

    test('gives up when the time is over', async () => {
      const began = Date.now();
      const { code, stderr } = await exec(name, ['--timeout', '5', '--', 'node', '-e', 'for (;;);']);
      assert.equal(code, 124, stderr);
      assert.match(stderr, /timed out after 5 s/);
      assert.ok(Date.now() - began < 20_000);
    });

    test('an interrupt reaches the command', async () => {
      const { code } = await exec(name, ['--', 'node', '-e', 'console.log("ready"); for (;;);'], { signalAfter: 'ready' });
      assert.equal(code, 130);
    });

    test('writes statistics', async () => {
      const file = path.join(folder, 'stats.json');
      await exec(name, ['--json-stats', file, '--', 'echo', 'x']);
      const stats = JSON.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(Object.keys(stats), ['bootMs', 'spawnMs', 'exitMs', 'peakMemoryBytes']);
      for (const [key, value] of Object.entries(stats)) assert.ok(value > 0, key);
    });

    test('keeps /home under a name', async () => {
      process.env.XDG_DATA_HOME = path.join(folder, 'xdg');
      try {
        await exec(name, ['--persist', 'box', '--', 'jsh', '-c', 'echo kept > note']);
        const { stdout } = await exec(name, ['--persist', 'box', '--', 'cat', 'note']);
        assert.equal(stdout.toString(), 'kept\n');
        assert.equal(existsSync(path.join(folder, 'xdg/wosix/box/home.next')), false);
      } finally {
        delete process.env.XDG_DATA_HOME;
      }
    });

    test('a folder that cannot be mounted is an error of ours', async () => {
      const { code, stderr } = await exec(name, ['--mount', path.join(folder, 'nowhere'), '--', 'echo']);
      assert.equal(code, 125);
      assert.match(stderr, /cannot mount .*nowhere: no such directory/);
    });
  });
}
