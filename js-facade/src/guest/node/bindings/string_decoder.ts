/** `internalBinding('string_decoder')`: a decoder's state is a few bytes that the library allocates; layout as in `string_decoder.h`. */

import type { Environment } from '../environment';
import { ASCII, BASE64, BASE64URL, ENCODINGS, HEX, LATIN1, UTF16LE, UTF8, checkTextLength, decodeText } from '../text-codec';

const kIncompleteCharactersStart = 0;
const kIncompleteCharactersEnd = 4;
const kMissingBytes = 4;
const kBufferedBytes = 5;
const kEncodingField = 6;
const kNumFields = 7;

/** How many bytes at the end of `bytes` belong to a character that is not complete, and how many it lacks. */
function incompleteTail(bytes: Uint8Array, encoding: number): { buffered: number; missing: number } {
  const { length } = bytes;
  if (encoding === UTF8) {
    for (let back = 1; back <= Math.min(3, length); back++) {
      const byte = bytes[length - back]!;
      if ((byte & 0xc0) === 0x80) continue;
      // Only the bits that tell the length count: what is invalid otherwise is the decoder's to replace, once it is whole.
      const size = (byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 1;
      if (size > back) return { buffered: back, missing: size - back };
      break;
    }
  } else if (encoding === UTF16LE) {
    if (length % 2 === 1) return { buffered: 1, missing: 1 };
    if (length >= 2 && (bytes[length - 1]! & 0xfc) === 0xd8) return { buffered: 2, missing: 2 };
  } else if (encoding === BASE64 || encoding === BASE64URL) {
    const buffered = length % 3;
    if (buffered > 0) return { buffered, missing: 3 - buffered };
  }
  return { buffered: 0, missing: 0 };
}

/** How many bytes of `bytes` complete the character that is held: fewer than it lacks when UTF-8 goes on with another one. */
function completion(bytes: Uint8Array, encoding: number, missing: number): { taken: number; complete: boolean } {
  const limit = Math.min(missing, bytes.length);
  if (encoding === UTF8) {
    for (let index = 0; index < limit; index++) if ((bytes[index]! & 0xc0) !== 0x80) return { taken: index, complete: true };
  }
  return { taken: limit, complete: limit === missing };
}

function decode(state: Uint8Array, view: ArrayBufferView): string {
  const encoding = state[kEncodingField]!;
  let bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (encoding !== UTF16LE) checkTextLength(bytes.length);
  if (encoding === ASCII || encoding === LATIN1 || encoding === HEX) return decodeText(bytes, encoding);
  const held = state[kBufferedBytes]!;
  let head = '';
  if (held > 0) {
    // What is held is completed by itself, and let go of even if it is the first unit of a pair.
    const { taken, complete } = completion(bytes, encoding, state[kMissingBytes]!);
    state.set(bytes.subarray(0, taken), kIncompleteCharactersStart + held);
    state[kBufferedBytes] = held + taken;
    state[kMissingBytes] = complete ? 0 : state[kMissingBytes]! - taken;
    if (!complete) return '';
    head = decodeText(state, encoding, kIncompleteCharactersStart, held + taken);
    bytes = bytes.subarray(taken);
  }
  const { buffered, missing } = incompleteTail(bytes, encoding);
  const end = bytes.length - buffered;
  state.set(bytes.subarray(end), kIncompleteCharactersStart);
  state[kBufferedBytes] = buffered;
  state[kMissingBytes] = missing;
  return end === 0 ? head : head + decodeText(bytes, encoding, 0, end);
}

function flush(state: Uint8Array): string {
  const encoding = state[kEncodingField]!;
  let held = state[kBufferedBytes]!;
  // Half a UTF-16 unit is dropped.
  if (encoding === UTF16LE && held % 2 === 1) held -= 1;
  state[kMissingBytes] = 0;
  state[kBufferedBytes] = 0;
  return held === 0 ? '' : decodeText(state, encoding, kIncompleteCharactersStart, held);
}

export function create(_env: Environment): Record<string, unknown> {
  return {
    encodings: [...ENCODINGS],
    kIncompleteCharactersStart,
    kIncompleteCharactersEnd,
    kMissingBytes,
    kBufferedBytes,
    kEncodingField,
    kNumFields,
    kSize: kNumFields,
    decode,
    flush,
  };
}
