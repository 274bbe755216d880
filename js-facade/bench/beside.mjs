// One program, the same file, in a container and in native Node: each prints its figures, and the report gets them side by side.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../tests/node-binary.mjs';
import { median } from './report.mjs';

const programs = fileURLToPath(new URL('programs', import.meta.url));

/**
 * Runs `programs/<file>` in both places, `runs` times each, and reports the median of each figure. A program prints a JSON array of
 * `{name, value, unit, better}` (as `Report.add` takes them); its folder for files of its own is `BENCH_ROOT`, and later runs find there what the first
 * has left. `targets` maps names of figures to targets. Throws when the program fails.
 */
export async function besideNative(session, report, file, { runs = 1, targets = {} } = {}) {
  const page = await session.container();
  const ours = [];
  for (let run = 0; run < runs; run++) {
    ours.push(JSON.parse(await page.evaluate(async (file, source) => {
      await container.mount({ [file]: { file: { contents: source } } });
      const process = await container.spawn('node', [file], { env: { BENCH_ROOT: '/tmp/bench' } });
      let text = '';
      const read = process.output.pipeTo(new WritableStream({ write: (chunk) => { text += chunk; } }));
      const code = await process.exit;
      await read;
      if (code !== 0) throw new Error(`${file} exited with ${code}: ${text}`);
      return text;
    }, file, readFileSync(path.join(programs, file), 'utf8'))));
  }
  await page.close();

  const theirs = [];
  const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'wosix-bench-'));
  try {
    for (let run = 0; run < runs; run++) {
      theirs.push(JSON.parse(execFileSync(nodeBinary, [path.join(programs, file)], { encoding: 'utf8', env: { ...process.env, BENCH_ROOT: folder } })));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }

  const middle = (all, name) => median(all.map((figures) => figures.find((figure) => figure.name === name).value));
  for (const { name, unit, better } of theirs[0]) {
    report.add({ name, ours: middle(ours, name), theirs: middle(theirs, name), peer: 'native Node', unit, better, target: targets[name] });
  }
}
