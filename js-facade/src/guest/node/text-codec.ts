/** Node's string encodings over bytes. Encoding numbers are those of `internalBinding('string_decoder').encodings`. */

import { codedError } from './uv-errors';

export const ENCODINGS = ['ascii', 'utf8', 'base64', 'utf16le', 'latin1', 'hex', 'buffer', 'base64url'] as const;
export const ASCII = 0, UTF8 = 1, BASE64 = 2, UTF16LE = 3, LATIN1 = 4, HEX = 5, BUFFER = 6, BASE64URL = 7;

/** V8's limit on a 64-bit machine, as Node reports it: in UTF-16 units. */
export const MAX_STRING_LENGTH = 0x1fff_ffe8;

/** Throws `ERR_STRING_TOO_LONG` for a text of `length` units that no engine can hold. */
export function checkTextLength(length: number): void {
  if (length > MAX_STRING_LENGTH) {
    throw codedError('ERR_STRING_TOO_LONG', `Cannot create a string longer than 0x${MAX_STRING_LENGTH.toString(16)} characters`);
  }
}

// The engine's own, taken before Node's library puts its classes over the globals.
const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });
const fromCharCode = String.fromCharCode;

/** Below this many bytes a loop beats the engine's decoder, whose call costs about a microsecond. */
const SHORT = 24;
/** Arguments that one `fromCharCode` call is given. */
const CHUNK = 8192;

/** `TextDecoder` refuses shared memory. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // `slice` of a Buffer does not copy.
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

export function utf8Slice(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = '';
    let index = start;
    for (; index < end; index++) {
      const byte = bytes[index]!;
      if (byte >= 0x80) break;
      text += fromCharCode(byte);
    }
    if (index >= end) return text;
  }
  return utf8.decode(unshared(bytes.subarray(start, end)));
}

export function latin1Slice(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += CHUNK) text += fromCharCode.apply(null, bytes.subarray(at, Math.min(end, at + CHUNK)) as unknown as number[]);
  return text;
}

export function asciiSlice(bytes: Uint8Array, start: number, end: number): string {
  const masked = new Uint8Array(end - start);
  for (let index = 0; index < masked.length; index++) masked[index] = bytes[start + index]! & 0x7f;
  return latin1Slice(masked, 0, masked.length);
}

export function ucs2Slice(bytes: Uint8Array, start: number, end: number): string {
  const units = (end - start) >> 1;
  if (units > SHORT) {
    const view = bytes.subarray(start, start + units * 2);
    // The decoder replaces lone surrogates, which Node keeps.
    const text = utf16.decode(unshared(view));
    if (!text.includes('\ufffd')) return text;
  }
  let text = '';
  for (let index = 0; index < units; index++) text += fromCharCode(bytes[start + 2 * index]! | (bytes[start + 2 * index + 1]! << 8));
  return text;
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hexSlice(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let index = start; index < end; index++) text += HEX_BYTES[bytes[index]!];
  return text;
}

const BASE64_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64URL_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const encodeTable = (characters: string) => Uint8Array.from(characters, (character) => character.charCodeAt(0));
const BASE64_CODES = encodeTable(BASE64_CHARACTERS);
const BASE64URL_CODES = encodeTable(BASE64URL_CHARACTERS);

export function base64Slice(bytes: Uint8Array, start: number, end: number, url = false): string {
  const codes = url ? BASE64URL_CODES : BASE64_CODES;
  const length = end - start;
  const tail = length % 3;
  const out = new Uint8Array(Math.floor(length / 3) * 4 + (tail === 0 ? 0 : url ? tail + 1 : 4));
  let to = 0;
  let at = start;
  for (const last = end - tail; at < last; at += 3) {
    const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out[to++] = codes[word >> 18]!;
    out[to++] = codes[(word >> 12) & 63]!;
    out[to++] = codes[(word >> 6) & 63]!;
    out[to++] = codes[word & 63]!;
  }
  if (tail > 0) {
    const word = (bytes[at]! << 16) | (tail === 2 ? bytes[at + 1]! << 8 : 0);
    out[to++] = codes[word >> 18]!;
    out[to++] = codes[(word >> 12) & 63]!;
    if (tail === 2) out[to++] = codes[(word >> 6) & 63]!;
    if (!url) while (to < out.length) out[to++] = 0x3d;
  }
  return latin1Slice(out, 0, out.length);
}

/** 0–63, 64 for anything else. Both alphabets decode, as in Node. */
const DECODE = new Uint8Array(256).fill(64);
for (const characters of [BASE64_CHARACTERS, BASE64URL_CHARACTERS]) {
  for (let index = 0; index < 64; index++) DECODE[characters.charCodeAt(index)] = index;
}

/** Decodes leniently: characters outside the alphabet are skipped, `=` ends. Answers the number of bytes written. */
export function base64Decode(text: string, out: Uint8Array, limit: number): number {
  let written = 0;
  let word = 0;
  let bits = 0;
  for (let index = 0; index < text.length && written < limit; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x3d) break;
    const value = code < 256 ? DECODE[code]! : 64;
    if (value === 64) continue;
    word = (word << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[written++] = (word >> bits) & 0xff;
    }
  }
  return written;
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Stops at the first pair that is not hexadecimal. */
export function hexDecode(text: string, out: Uint8Array, limit: number): number {
  const pairs = Math.min(limit, text.length >> 1);
  for (let index = 0; index < pairs; index++) {
    const high = hexValue(text.charCodeAt(2 * index));
    const low = hexValue(text.charCodeAt(2 * index + 1));
    if (high < 0 || low < 0) return index;
    out[index] = (high << 4) | low;
  }
  return pairs;
}

export function utf8ByteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else {
      bytes += 2;
      if (code >= 0xd800 && code <= 0xdbff) {
        const next = text.charCodeAt(index + 1);
        // A pair is four bytes of two units; a lone surrogate becomes U+FFFD, three bytes.
        if (next >= 0xdc00 && next <= 0xdfff) index += 1;
      }
    }
  }
  return bytes;
}

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text) as Uint8Array<ArrayBuffer>;
}

export function encodeUtf8Into(text: string, out: Uint8Array): { read: number; written: number } {
  if (out.buffer instanceof ArrayBuffer) return encoder.encodeInto(text, out as Uint8Array<ArrayBuffer>);
  const bytes = new Uint8Array(out.length);
  const result = encoder.encodeInto(text, bytes);
  out.set(bytes.subarray(0, result.written));
  return result;
}

/** Writes as much of `text` as fits (whole characters only); answers the bytes written. */
export function writeText(text: string, encoding: number, out: Uint8Array): number {
  switch (encoding) {
    case UTF8:
    case BUFFER: {
      const { length } = text;
      if (length <= SHORT && length <= out.length) {
        let index = 0;
        for (; index < length; index++) {
          const code = text.charCodeAt(index);
          if (code >= 0x80) break;
          out[index] = code;
        }
        if (index === length) return length;
      }
      return encodeUtf8Into(text, out).written;
    }
    case ASCII:
    case LATIN1: {
      const count = Math.min(text.length, out.length);
      for (let index = 0; index < count; index++) out[index] = text.charCodeAt(index);
      return count;
    }
    case UTF16LE: {
      const units = Math.min(text.length, out.length >> 1);
      for (let index = 0; index < units; index++) {
        const code = text.charCodeAt(index);
        out[2 * index] = code & 0xff;
        out[2 * index + 1] = code >> 8;
      }
      return units * 2;
    }
    case BASE64:
    case BASE64URL:
      return base64Decode(text, out, out.length);
    case HEX:
      return hexDecode(text, out, out.length);
    default:
      throw new Error(`unknown encoding ${encoding}`);
  }
}

export function encodeText(text: string, encoding: number): Uint8Array<ArrayBuffer> {
  switch (encoding) {
    case UTF8:
    case BUFFER:
      return encodeUtf8(text);
    case UTF16LE: {
      const bytes = new Uint8Array(text.length * 2);
      writeText(text, encoding, bytes);
      return bytes;
    }
    default: {
      const bytes = new Uint8Array(text.length);
      return bytes.subarray(0, writeText(text, encoding, bytes));
    }
  }
}

export function decodeText(bytes: Uint8Array, encoding: number, start = 0, end = bytes.length): string {
  switch (encoding) {
    case UTF8:
    case BUFFER: return utf8Slice(bytes, start, end);
    case ASCII: return asciiSlice(bytes, start, end);
    case LATIN1: return latin1Slice(bytes, start, end);
    case UTF16LE: return ucs2Slice(bytes, start, end);
    case BASE64: return base64Slice(bytes, start, end);
    case BASE64URL: return base64Slice(bytes, start, end, true);
    case HEX: return hexSlice(bytes, start, end);
    default: throw new Error(`unknown encoding ${encoding}`);
  }
}
