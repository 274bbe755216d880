// How long it takes to load a program of 1,000 files, as CommonJS and as ES modules, against native Node.

import { besideNative } from './beside.mjs';

export const measure = (session, report) => besideNative(session, report, 'modules.cjs', { runs: 3 });
