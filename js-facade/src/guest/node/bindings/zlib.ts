/** `internalBinding('zlib')`: compression streams over the modules `codecs`, `brotli` and `zstd`, and CRC-32. */

import { codecsOf } from '../../codecs';
import type { Environment } from '../environment';
import { bytesOf } from '../stream-base';
import { createBrotli } from './zlib/brotli-context';
import { createZlib } from './zlib/zlib-context';
import { createZstd } from './zlib/zstd-context';

export function create(env: Environment): Record<string, unknown> {
  return {
    Zlib: createZlib(env),
    ...createBrotli(env),
    ...createZstd(env),
    ZLIB_VERSION: '1.3.1',
    crc32(data: string | ArrayBufferView, value: number): number {
      return codecsOf(env.wasm('codecs')).crc32(typeof data === 'string' ? new env.host.TextEncoder().encode(data) : bytesOf(data), value);
    },
  };
}
