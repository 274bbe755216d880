/** What the parts of the `crypto` binding share: bytes of arguments and Node's errors. */

import type { Codecs } from '../../../codecs';
import { codecsOf } from '../../../codecs';
import type { Environment } from '../../environment';
import { bytesOf } from '../../stream-base';
import { KeyObjectHandle } from './key-object';

export type ByteSource = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | KeyObjectHandle;

export function codecs(env: Environment): Codecs {
  return codecsOf(env.wasm('codecs'));
}

/** The bytes of a buffer, or of a secret key; never a `Buffer`, whose `slice` shares memory. */
export function bytesOfSource(source: ByteSource): Uint8Array {
  if (source instanceof KeyObjectHandle) return source.secret;
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}

/** A copy of those bytes, for what works on them later. A `slice` of a `Buffer` would be none. */
export function copyOfSource(source: ByteSource): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOfSource(source));
}

/** The bytes of what `update` of a hash takes. */
export function bytesOfData(env: Environment, data: string | ArrayBufferView, encoding?: string): Uint8Array {
  if (typeof data !== 'string') return bytesOf(data);
  if (encoding === undefined || encoding === 'utf8' || encoding === 'buffer') return new env.host.TextEncoder().encode(data);
  return env.requireBuiltin('buffer').Buffer.from(data, encoding);
}

/** A `Buffer`, or a string in `encoding`. */
export function encodeResult(env: Environment, bytes: Uint8Array, encoding?: string): unknown {
  const { Buffer } = env.requireBuiltin('buffer');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

/** An error with a `code`, as the native side of Node makes them. */
export function nodeError<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

export function invalidDigest(name: string): Error {
  return nodeError(new TypeError(`Invalid digest: ${name}`), 'ERR_CRYPTO_INVALID_DIGEST');
}

/** `feature` is part of Node but not of this build. */
export function unavailable(env: Environment, feature: string): Error {
  const { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM } = env.requireBuiltin('internal/errors').codes;
  return new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(feature);
}

/** `getRandomValues` fills no more than this at once. */
const RANDOM_QUOTA = 65536;

/** Fills `room`, which may be shared memory (that the browser's generator refuses). */
export function fillRandom(env: Environment, room: Uint8Array): void {
  const shared = typeof SharedArrayBuffer === 'function' && room.buffer instanceof SharedArrayBuffer;
  const bytes = shared ? new Uint8Array(room.length) : (room as Uint8Array<ArrayBuffer>);
  for (let at = 0; at < bytes.length; at += RANDOM_QUOTA) env.host.crypto.getRandomValues(bytes.subarray(at, at + RANDOM_QUOTA));
  if (shared) room.set(bytes);
}
