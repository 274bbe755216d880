/** `internalBinding('icu')`: text decoders of the browser, transcoding, and widths of characters on a terminal. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';
import { encodeText, decodeText, ASCII, LATIN1, UTF16LE, UTF8 } from '../text-codec';

const CONVERTER_FLUSH = 1, CONVERTER_FATAL = 2, CONVERTER_IGNORE_BOM = 4;
const TRANSCODINGS: Record<string, number> = { ucs2: UTF16LE, utf16le: UTF16LE, utf8: UTF8, latin1: LATIN1, binary: LATIN1, ascii: ASCII };
/** ICU's U_ILLEGAL_ARGUMENT_ERROR. */
const ILLEGAL_ARGUMENT = 1;

/** Ranges that take two columns (East Asian wide and full width, emoji). */
const WIDE = /^[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f004}\u{1f0cf}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f200}-\u{1f320}\u{1f32d}-\u{1f335}\u{1f337}-\u{1f37c}\u{1f37e}-\u{1f393}\u{1f3a0}-\u{1f3ca}\u{1f3cf}-\u{1f3d3}\u{1f3e0}-\u{1f3f0}\u{1f3f4}\u{1f3f8}-\u{1f43e}\u{1f440}\u{1f442}-\u{1f4fc}\u{1f4ff}-\u{1f53d}\u{1f54b}-\u{1f54e}\u{1f550}-\u{1f567}\u{1f57a}\u{1f595}\u{1f596}\u{1f5a4}\u{1f5fb}-\u{1f64f}\u{1f680}-\u{1f6c5}\u{1f6cc}\u{1f6d0}-\u{1f6d2}\u{1f6d5}-\u{1f6d7}\u{1f6dc}-\u{1f6df}\u{1f6eb}\u{1f6ec}\u{1f6f4}-\u{1f6fc}\u{1f7e0}-\u{1f7eb}\u{1f7f0}\u{1f90c}-\u{1f93a}\u{1f93c}-\u{1f945}\u{1f947}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

export function create(env: Environment): Record<string, unknown> {
  const { TextDecoder } = env.host;

  class Converter {
    readonly decoder: InstanceType<typeof TextDecoder>;
    constructor(encoding: string, flags: number) {
      this.decoder = new TextDecoder(encoding, { fatal: (flags & CONVERTER_FATAL) !== 0, ignoreBOM: (flags & CONVERTER_IGNORE_BOM) !== 0 });
    }
  }

  return {
    hasConverter(name: string) {
      try {
        return Boolean(new TextDecoder(name));
      } catch {
        return false; // The browser does not know it.
      }
    },
    getConverter(encoding: string, flags: number) {
      try {
        return new Converter(encoding, flags);
      } catch {
        return undefined; // The library says that it is not supported.
      }
    },
    decode(converter: Converter, input: ArrayBuffer | ArrayBufferView, flags: number, encoding: string): string {
      const bytes = ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
      try {
        return converter.decoder.decode(bytes.slice(), { stream: (flags & CONVERTER_FLUSH) === 0 });
      } catch {
        throw codedError('ERR_ENCODING_INVALID_ENCODED_DATA', `The encoded data was not valid for encoding ${encoding}`, TypeError);
      }
    },
    icuErrName: (code: number) => (code === ILLEGAL_ARGUMENT ? 'U_ILLEGAL_ARGUMENT_ERROR' : `U_ERROR_${code}`),
    /** A `Buffer`, or the number of an ICU error. */
    transcode(source: Uint8Array, from: string, to: string) {
      const fromEncoding = TRANSCODINGS[from];
      const toEncoding = TRANSCODINGS[to];
      if (fromEncoding === undefined || toEncoding === undefined) return ILLEGAL_ARGUMENT;
      let text = decodeText(source, fromEncoding);
      // What the narrower encodings cannot say becomes a question mark.
      if (toEncoding === ASCII) text = text.replace(/[^\x00-\x7f]/gu, '?');
      else if (toEncoding === LATIN1) text = text.replace(/[^\x00-\xff]/gu, '?');
      const bytes = encodeText(text, toEncoding);
      return env.requireBuiltin('buffer').Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    getStringWidth(text: string, _ambiguousAsFullWidth = false, _expandEmoji = false): number {
      let width = 0;
      for (const character of text.normalize('NFC')) {
        if (WIDE.test(character)) width += 2;
        else if (!ZERO_WIDTH.test(character)) width += 1;
      }
      return width;
    },
  };
}
