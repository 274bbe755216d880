// stat, readFile and writeFile per second in a Node process, against native Node on tmpfs and against memfs.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodeBinary } from '../tests/node-binary.mjs';

/** The same text runs everywhere; `fs` is the one thing that differs. Prints JSON of operations a second. */
const program = `
const root = process.env.BENCH_ROOT;
const path = require('path');
const bytes = Buffer.alloc(4096, 'x');
fs.mkdirSync(path.join(root, 'some/folder/with/a/longer/path'), { recursive: true });
const files = Array.from({ length: 1000 }, (_, i) => path.join(root, 'some/folder/with/a/longer/path', 'file-' + i + '.js'));
for (const file of files) fs.writeFileSync(file, bytes);
function rate(operation) {
  for (let i = 0; i < 3000; i++) operation(files[i % files.length]);
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    let count = 0;
    do {
      for (let i = 0; i < 500; i++) operation(files[i % files.length]);
      count += 500;
    } while (performance.now() - begin < 200);
    best = Math.max(best, count / (performance.now() - begin) * 1000);
  }
  return best;
}
console.log(JSON.stringify({
  'statSync': rate((file) => fs.statSync(file)),
  'existsSync of nothing': rate((file) => fs.existsSync(file + '.missing')),
  'readFileSync 4 KiB': rate((file) => fs.readFileSync(file)),
  'readFileSync 4 KiB utf8': rate((file) => fs.readFileSync(file, 'utf8')),
  'writeFileSync 4 KiB': rate((file) => fs.writeFileSync(file, bytes)),
}));
`;

export async function measure(session, report) {
  const page = await session.container();
  const ours = JSON.parse(await page.evaluate(async (source) => {
    await container.mount({ 'bench.js': { file: { contents: source } } });
    const process = await container.spawn('node', ['bench.js'], { env: { BENCH_ROOT: '/tmp/bench' } });
    let text = '';
    void process.output.pipeTo(new WritableStream({ write: (chunk) => { text += chunk; } }));
    const code = await process.exit;
    if (code !== 0) throw new Error(`the program exited with ${code}: ${text}`);
    return text;
  }, `const fs = require('fs');${program}`));
  await page.close();

  const tmpfs = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(path.join(tmpfs, 'wosix-bench-'));
  try {
    const file = path.join(folder, 'bench.js');
    writeFileSync(file, `const fs = require('fs');${program}`);
    const native = JSON.parse(execFileSync(nodeBinary, [file], { encoding: 'utf8', env: { ...process.env, BENCH_ROOT: folder } }));
    const memfsPath = createRequire(import.meta.url).resolve('memfs');
    writeFileSync(file, `const { fs } = require(${JSON.stringify(memfsPath)});${program}`);
    const memfs = JSON.parse(execFileSync(nodeBinary, [file], { encoding: 'utf8', env: { ...process.env, BENCH_ROOT: '/bench' } }));
    for (const name of Object.keys(native)) {
      const target = name === 'statSync' ? { text: 'faster than native', met: (_, ratio) => ratio > 1 } : undefined;
      report.add({ name, ours: ours[name], theirs: native[name], peer: 'native Node, tmpfs', unit: '/s', better: 'more', target });
      report.add({ name, ours: ours[name], theirs: memfs[name], peer: 'memfs in native Node', unit: '/s', better: 'more' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
