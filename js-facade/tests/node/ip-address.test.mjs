// The text forms of addresses against those of libuv, over addresses made from a seed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { build } from 'esbuild';
import { nodeBinary } from '../node-binary.mjs';

const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');

const KNOWN = [
  '::', '::1', '1::', '::0001', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '::ffff:127.0.0.1', '::127.0.0.1', '::1.2',
  '1.2.3.4', '01.2.3.4', '256.1.1.1', '1.2.3', 'fe80::1%eth0', '::ffff:0:1.2.3.4', '1:0:0:4:0:0:0:8', '::12345', 'g::',
  '1:2:3:4:5:6:7:8:9', '1::2::3', '', ':', ':::', '1:2', '1.2.3.4:', 'a:b:c:d:e:f:1.2.3.4', 'A:B::C', '1:2:3:4:5:6:7:1.2.3.4',
];

/** `count` addresses with many zeros and with `::` in many places; `state` is the seed of a linear congruential generator. */
function generate(count, state) {
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => {
    const groups = Array.from({ length: 8 }, () => (random(2) ? '0' : random(random(2) ? 2 : 65536).toString(16)));
    if (random(2)) return groups.join(':');
    const start = random(8);
    const end = start + random(8 - start);
    return `${groups.slice(0, start).join(':')}::${groups.slice(end + 1).join(':')}`;
  });
}

test('canonical addresses are those of libuv', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wosix-ip-'));
  try {
    const bundle = path.join(folder, 'ip-address.mjs');
    await build({ entryPoints: [path.join(facade, 'src/guest/node/ip-address.ts')], bundle: true, format: 'esm', outfile: bundle, logLevel: 'error' });
    const { canonicalAddress } = await import(pathToFileURL(bundle));
    const inputs = [...KNOWN, ...generate(5000, 1)];
    const script = `
      const { canonicalizeIP } = require('internal/test/binding').internalBinding('cares_wrap');
      const inputs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      console.log(JSON.stringify(inputs.map((input) => canonicalizeIP(input) ?? null)));`;
    const answers = JSON.parse(
      execFileSync(nodeBinary, ['--expose-internals', '--no-warnings', '-e', script], { input: JSON.stringify(inputs), encoding: 'utf8' }),
    );
    for (const [i, input] of inputs.entries()) assert.equal(canonicalAddress(input) ?? null, answers[i], JSON.stringify(input));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
