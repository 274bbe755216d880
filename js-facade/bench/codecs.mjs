// Bytes a second through zlib, hashes and a cipher, against native Node.

import { besideNative } from './beside.mjs';

export const measure = (session, report) => besideNative(session, report, 'codecs.cjs');
