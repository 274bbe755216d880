// `node -e 0`, spawn to exit, against native Node of the same version; and a native command.

import { spawn } from 'node:child_process';
import { nodeBinary } from '../tests/node-binary.mjs';
import { median } from './report.mjs';

const ROUNDS = 20;

export async function measure(session, report) {
  const page = await session.container();
  const ours = (command, args) => page.evaluate(async (command, args, rounds) => {
    const times = [];
    for (let round = 0; round < rounds + 2; round++) {
      // As a person at a prompt does it: with a pause in which the next worker is made warm.
      await new Promise((resolve) => setTimeout(resolve, 400));
      const begin = performance.now();
      const process = await container.spawn(command, args);
      const code = await process.exit;
      if (code !== 0) throw new Error(`${command} exited with ${code}`);
      times.push(performance.now() - begin);
    }
    return times.slice(2);
  }, command, args, ROUNDS);
  const backToBack = (command, args, count) => page.evaluate(async (command, args, count) => {
    const begin = performance.now();
    for (let i = 0; i < count; i++) await (await container.spawn(command, args)).exit;
    return (performance.now() - begin) / count;
  }, command, args, count);
  const native = async (command, args) => {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      await new Promise((resolve) => spawn(command, args, { stdio: 'ignore' }).on('exit', resolve));
      times.push(performance.now() - begin);
    }
    return times;
  };
  report.add({
    name: 'node -e 0, spawn to exit', ours: median(await ours('node', ['-e', '0'])), theirs: median(await native(nodeBinary, ['-e', '0'])),
    peer: 'native Node', unit: 'ms', better: 'less', target: { text: '≤ 3 × native', met: (_, ratio) => ratio <= 3 },
  });
  report.add({
    name: 'node -e 0, one right after another', ours: await backToBack('node', ['-e', '0'], 20), theirs: median(await native(nodeBinary, ['-e', '0'])),
    peer: 'native Node', unit: 'ms', better: 'less',
  });
  report.add({
    name: 'true, spawn to exit', ours: median(await ours('true', [])), theirs: median(await native('true', [])),
    peer: 'native true', unit: 'ms', better: 'less',
  });
  await page.close();
}
