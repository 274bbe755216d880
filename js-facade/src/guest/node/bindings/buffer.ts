/** `internalBinding('buffer')`: everything of `Buffer` that is not written in JavaScript. */

import type { Environment } from '../environment';
import {
  ASCII, BASE64, BASE64URL, HEX, LATIN1, MAX_STRING_LENGTH, UTF16LE, UTF8, asciiSlice, base64Slice, checkTextLength, encodeText, hexSlice,
  latin1Slice, ucs2Slice, utf8ByteLength, utf8Slice, writeText,
} from '../text-codec';

type Slice = (bytes: Uint8Array, start: number, end: number) => string;

const outOfRange = () => Object.assign(new RangeError('Index out of range'), { code: 'ERR_OUT_OF_RANGE' });

/** A detached buffer counts as an empty one. */
function isDetached(value: ArrayBufferView | ArrayBuffer): boolean {
  return value instanceof ArrayBuffer && value.detached;
}

/** As a plain `Uint8Array`: a `Buffer` has methods of its own under the same names, some of which lead back here. */
function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  if (Object.getPrototypeOf(value) === Uint8Array.prototype) return value as Uint8Array;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

/**
 * `SLICE_START_END`: absent bounds mean the whole; what lies outside is cut. `unitsPerByte` is the length of the text that a byte makes
 * (for UTF-8 at most).
 */
function slicer(slice: Slice, unitsPerByte = 1): (value: Uint8Array, start?: number, end?: number) => string {
  return (value, start, end) => {
    const bytes = bytesOf(value);
    const from = start === undefined ? 0 : Math.trunc(start);
    let to = end === undefined ? bytes.length : Math.trunc(end);
    if (from < 0 || to < 0) throw outOfRange();
    if (to < from) to = from;
    if (to > bytes.length) throw outOfRange();
    checkTextLength((to - from) * unitsPerByte);
    return from >= to ? '' : slice(bytes, from, to);
  };
}

function writer(encoding: number): (value: Uint8Array, text: string, offset?: number, length?: number) => number {
  return (value, text, offset = 0, length) => {
    const bytes = bytesOf(value);
    if (offset > bytes.length) throw Object.assign(new RangeError('"offset" is outside of buffer bounds'), { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
    const room = Math.min(length ?? bytes.length - offset, bytes.length - offset);
    if (room <= 0) return 0;
    return writeText(text, encoding, offset === 0 && room === bytes.length ? bytes : bytes.subarray(offset, offset + room));
  };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/**
 * Position of `needle`; -1 when absent. Node's rules: a negative offset counts from the end, an empty needle is found at the (clipped)
 * offset; with `step` 2 both are UTF-16 units, of which an odd byte at the end is none.
 */
function search(haystack: Uint8Array, needle: Uint8Array, offset: number, forward: boolean, endOffset: number, step: number): number {
  let limit = Math.min(endOffset, haystack.length);
  let start = indexOfOffset(limit, offset, needle.length, forward);
  if (needle.length === 0) return start;
  if (limit === 0 || start <= -1 || needle.length > limit || (forward && needle.length + start > limit)) return -1;
  if (step === 2) {
    if (limit < 2 || needle.length < 2) return -1;
    limit -= limit % 2;
    start -= start % 2;
    needle = needle.subarray(0, needle.length - (needle.length % 2));
  }
  if (forward) {
    const first = needle[0]!;
    const last = limit - needle.length;
    for (let at = haystack.indexOf(first, start); at >= 0 && at <= last; at = haystack.indexOf(first, at + 1)) {
      if (at % step === 0 && matches(haystack, needle, at)) return at;
    }
    return -1;
  }
  for (let at = Math.min(start, limit - needle.length); at >= 0; at -= step) if (matches(haystack, needle, at)) return at;
  return -1;
}

function matches(haystack: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let index = 0; index < needle.length; index++) if (haystack[at + index] !== needle[index]) return false;
  return true;
}

/** `IndexOfOffset` of `node_buffer.cc`. */
function indexOfOffset(length: number, offset: number, needleLength: number, forward: boolean): number {
  if (offset < 0) {
    if (offset + length >= 0) return length + offset;
    if (forward || needleLength === 0) return 0;
    return -1;
  }
  if (offset + needleLength <= length) return offset;
  if (needleLength === 0) return length;
  return forward ? -1 : length - 1;
}

function fill(target: Uint8Array, value: unknown, start: number, end: number, encoding?: string): number | void {
  const bytes = bytesOf(target);
  if (start < 0 || end < 0) throw outOfRange();
  if (end > bytes.length) return -2;
  if (start >= end) return undefined;
  if (typeof value !== 'string' && !ArrayBuffer.isView(value)) {
    bytes.fill(Number(value) & 255, start, end);
    return undefined;
  }
  const pattern = typeof value === 'string' ? encodeText(value, encodingNumber(encoding)) : bytesOf(value);
  if (pattern.length === 0) return -1;
  bytes.set(pattern.subarray(0, end - start), start);
  for (let done = pattern.length; done < end - start; done *= 2) bytes.copyWithin(start + done, start, Math.min(start + done, end - done));
  return undefined;
}

function encodingNumber(encoding: string | undefined): number {
  switch (encoding?.toLowerCase()) {
    case 'hex': return HEX;
    case 'base64': return BASE64;
    case 'base64url': return BASE64URL;
    case 'latin1': case 'binary': return LATIN1;
    case 'ascii': return ASCII;
    case 'ucs2': case 'ucs-2': case 'utf16le': case 'utf-16le': return UTF16LE;
    default: return UTF8;
  }
}

function swap(size: number): (value: Uint8Array) => Uint8Array {
  return (value) => {
    const bytes = bytesOf(value);
    for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
    return value;
  };
}

export function create(env: Environment): Record<string, unknown> {
  const { host } = env;
  return {
    // V8's limit on a 64-bit machine, as Node reports it.
    kMaxLength: 9007199254740991,
    kStringMaxLength: MAX_STRING_LENGTH,
    setBufferPrototype() {},
    atob(input: string): string | number {
      // Errors as `buffer.atob` reads them: -1 single character remained, -2 invalid character.
      const text = input.replace(/[\t\n\f\r ]/g, '');
      const body = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
      if (/[^A-Za-z0-9+/]/.test(body)) return -2;
      if (body.length % 4 === 1) return -1;
      return host.atob(body);
    },
    btoa(input: string): string | number {
      for (let index = 0; index < input.length; index++) if (input.charCodeAt(index) > 255) return -1;
      return host.btoa(input);
    },
    byteLengthUtf8: utf8ByteLength,
    compare: (a: Uint8Array, b: Uint8Array) => compareBytes(bytesOf(a), bytesOf(b)),
    compareOffset(a: Uint8Array, b: Uint8Array, targetStart: number, sourceStart: number, targetLength: number, sourceLength: number) {
      const source = bytesOf(a), target = bytesOf(b);
      if (sourceStart > source.length) throw Object.assign(new RangeError('The value of "sourceStart" is out of range.'), { code: 'ERR_OUT_OF_RANGE' });
      if (targetStart > target.length) throw Object.assign(new RangeError('The value of "targetStart" is out of range.'), { code: 'ERR_OUT_OF_RANGE' });
      return compareBytes(source.subarray(sourceStart, sourceStart + sourceLength), target.subarray(targetStart, targetStart + targetLength));
    },
    copy(source: Uint8Array, target: Uint8Array, targetStart: number, sourceStart: number, count: number) {
      bytesOf(target).set(bytesOf(source).subarray(sourceStart, sourceStart + count), targetStart);
      return count;
    },
    copyArrayBuffer(target: ArrayBuffer, targetOffset: number, source: ArrayBuffer, sourceOffset: number, count: number) {
      new Uint8Array(target, targetOffset, count).set(new Uint8Array(source, sourceOffset, count));
    },
    createUnsafeArrayBuffer: (size: number) => new ArrayBuffer(size),
    /** Where the first aligned byte of a buffer is. A page sees no addresses: each buffer begins at one that is as aligned as one likes. */
    arrayBufferAlignedOffset: (_buffer: ArrayBuffer, _alignment: number) => 0,
    fill,
    indexOfBuffer: (haystack: Uint8Array, needle: Uint8Array, offset: number, encoding: number, forward: boolean, end = haystack.length) =>
      search(bytesOf(haystack), bytesOf(needle), offset, forward, end, encoding === UTF16LE ? 2 : 1),
    indexOfString: (haystack: Uint8Array, needle: string, offset: number, encoding: number, forward: boolean, end = haystack.length) =>
      search(bytesOf(haystack), encodeText(needle, encoding), offset, forward, end, encoding === UTF16LE ? 2 : 1),
    indexOfNumber(haystack: Uint8Array, needle: number, offset: number, forward: boolean, end = haystack.length) {
      const bytes = bytesOf(haystack);
      const limit = Math.min(end, bytes.length);
      const start = indexOfOffset(limit, offset, 1, forward);
      if (start <= -1 || limit === 0) return -1;
      const at = forward ? bytes.indexOf(needle & 255, start) : bytes.lastIndexOf(needle & 255, start);
      return at < limit ? at : -1;
    },
    swap16: swap(2),
    swap32: swap(4),
    swap64: swap(8),
    isUtf8(value: ArrayBufferView | ArrayBuffer) {
      if (isDetached(value)) return true;
      try {
        new host.TextDecoder('utf-8', { fatal: true }).decode(bytesOf(value).slice());
        return true;
      } catch {
        return false; // That it throws is the answer.
      }
    },
    isAscii: (value: ArrayBufferView | ArrayBuffer) => isDetached(value) || bytesOf(value).every((byte) => byte < 0x80),
    asciiSlice: slicer(asciiSlice),
    base64Slice: slicer(base64Slice, 4 / 3),
    base64urlSlice: slicer((bytes, start, end) => base64Slice(bytes, start, end, true), 4 / 3),
    latin1Slice: slicer(latin1Slice),
    hexSlice: slicer(hexSlice, 2),
    ucs2Slice: slicer(ucs2Slice, 0.5),
    utf8Slice: slicer(utf8Slice),
    base64Write: writer(BASE64),
    base64urlWrite: writer(BASE64URL),
    hexWrite: writer(HEX),
    ucs2Write: writer(UTF16LE),
    asciiWriteStatic: writer(LATIN1),
    latin1WriteStatic: writer(LATIN1),
    utf8WriteStatic: writer(UTF8),
    /** A buffer with a key can be detached only by who has it, and nobody has one: messaging goes by the library's mark, its methods by this. */
    setDetachKey(buffer: ArrayBuffer) {
      for (const method of ['transfer', 'transferToFixedLength']) {
        Object.defineProperty(buffer, method, {
          configurable: true,
          writable: true,
          value() {
            throw new TypeError('Provided key did not match [[ArrayBufferDetachKey]]');
          },
        });
      }
    },
  };
}
