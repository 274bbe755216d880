// Bytes a second through a pipeline of streams, and from a child's standard output, against native Node.

import { besideNative } from './beside.mjs';

export const measure = (session, report) => besideNative(session, report, 'streams.cjs');
