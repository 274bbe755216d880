// `cargo xtask bench [--browser chromium|firefox] [NAME]...`: measures beside what a user would pick instead, in one run, and prints ratios.

import { parseArgs } from 'node:util';
import { Report } from './report.mjs';
import { Session } from './session.mjs';

const BENCHMARKS = {
  boot: () => import('./boot.mjs'),
  spawn: () => import('./spawn.mjs'),
  files: () => import('./files.mjs'),
  install: () => import('./install.mjs'),
  preview: () => import('./preview.mjs'),
  loopback: () => import('./loopback.mjs'),
  modules: () => import('./modules.mjs'),
  cpu: () => import('./cpu.mjs'),
  streams: () => import('./streams.mjs'),
  codecs: () => import('./codecs.mjs'),
};

const { values: { browser }, positionals: names } = parseArgs({ options: { browser: { type: 'string', default: 'chromium' } }, allowPositionals: true });
const unknown = names.find((name) => !(name in BENCHMARKS));
if (unknown) {
  console.error(`no benchmark ${unknown}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}

const report = new Report(browser);
for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  const { measure } = await BENCHMARKS[name]();
  // A browser of its own: what one benchmark leaves behind is not measured by the next.
  const session = await Session.open(browser);
  try {
    await measure(session, report);
  } finally {
    await session.close();
  }
}
report.print();
