// Work that stays within the engine, JSON above all, against native Node.

import { besideNative } from './beside.mjs';

export const measure = (session, report) => besideNative(session, report, 'cpu.cjs', {
  targets: { 'the five together': { text: '≥ 0.9 × native', met: (_, ratio) => ratio >= 0.9 } },
});
