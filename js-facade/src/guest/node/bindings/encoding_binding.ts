/** `internalBinding('encoding_binding')`: `TextEncoder` and the fast path of `TextDecoder`. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';
import { encodeUtf8, encodeUtf8Into } from '../text-codec';
import { domainToUnicode, namesToASCII } from '../domain';

export function create(env: Environment): Record<string, unknown> {
  const { TextDecoder } = env.host;
  // By `ignoreBOM` (1) and `fatal` (2).
  const decoders = [0, 1, 2, 3].map((flags) => new TextDecoder('utf-8', { ignoreBOM: (flags & 1) !== 0, fatal: (flags & 2) !== 0 }));
  const encodeIntoResults = new Uint32Array(2);
  return {
    encodeIntoResults,
    encodeInto(text: string, target: Uint8Array) {
      const { read, written } = encodeUtf8Into(text, target);
      encodeIntoResults[0] = read;
      encodeIntoResults[1] = written;
    },
    encodeUtf8String: encodeUtf8,
    decodeUTF8(input: ArrayBuffer | SharedArrayBuffer | ArrayBufferView, ignoreBOM: boolean, fatal: boolean): string {
      let bytes: Uint8Array;
      if (ArrayBuffer.isView(input)) bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
      else if (input instanceof ArrayBuffer && input.detached) bytes = new Uint8Array(0);
      else if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) bytes = new Uint8Array(input);
      else {
        throw codedError('ERR_INVALID_ARG_TYPE', 'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.', TypeError);
      }
      if (!(bytes.buffer instanceof ArrayBuffer)) bytes = bytes.slice();
      try {
        return decoders[(ignoreBOM ? 1 : 0) | (fatal ? 2 : 0)]!.decode(bytes as Uint8Array<ArrayBuffer>);
      } catch {
        throw codedError('ERR_ENCODING_INVALID_ENCODED_DATA', 'The encoded data was not valid for encoding utf-8', TypeError);
      }
    },
    toASCII: (text: string) => namesToASCII(env.host, text),
    toUnicode: (text: string) => domainToUnicode(env.host, text),
  };
}
