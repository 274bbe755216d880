// `npm install` of three projects, cold and warm, against npm on the same registry.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const projects = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../conformance/npm/projects');
const NAMES = ['express', 'fastify', 'vite-react-ts'];

export async function measure(session, report) {
  for (const name of NAMES) {
    const manifest = readFileSync(path.join(projects, `${name}.json`), 'utf8');
    const page = await session.container();
    const install = () => page.evaluate(async () => {
      const begin = performance.now();
      const process = await container.spawn('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund']);
      let text = '';
      void process.output.pipeTo(new WritableStream({ write: (chunk) => { text += chunk; } }));
      if (await process.exit !== 0) throw new Error(text);
      return performance.now() - begin;
    });
    await page.evaluate((contents) => container.mount({ 'package.json': { file: { contents } } }), manifest);
    const oursCold = await install();
    await page.evaluate(() => container.fs.rm('node_modules', { recursive: true }));
    const oursWarm = await install();
    await page.close();

    const folder = mkdtempSync(path.join(tmpdir(), 'wosix-bench-'));
    try {
      writeFileSync(path.join(folder, 'package.json'), manifest);
      const npm = () => {
        const begin = performance.now();
        execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', path.join(folder, '.cache')], { cwd: folder, stdio: 'ignore' });
        return performance.now() - begin;
      };
      const theirsCold = npm();
      rmSync(path.join(folder, 'node_modules'), { recursive: true });
      const theirsWarm = npm();
      report.add({ name: `npm install ${name}, cold`, ours: oursCold, theirs: theirsCold, peer: 'npm', unit: 'ms', better: 'less' });
      report.add({
        name: `npm install ${name}, warm with lockfile`, ours: oursWarm, theirs: theirsWarm, peer: 'npm', unit: 'ms', better: 'less',
        target: { text: 'faster than npm', met: (_, ratio) => ratio < 1 },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
