/** Node's buffer encodings in the page, without Buffer. */

/** Bytes of `text` in `encoding`; unknown encodings are an error as in Node. */
export function encode(text: string, encoding: string): Uint8Array<ArrayBuffer> {
  switch (normalize(encoding)) {
    case 'utf8': return new TextEncoder().encode(text);
    case 'latin1': return Uint8Array.from(text, (char) => char.charCodeAt(0));
    case 'utf16le': {
      const bytes = new Uint8Array(text.length * 2);
      for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(i * 2, text.charCodeAt(i), true);
      return bytes;
    }
    case 'hex': {
      // Node stops at the first pair that is no hexadecimal number.
      const digits = /^(?:[0-9a-f]{2})*/i.exec(text)![0];
      return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(i * 2, i * 2 + 2), 16));
    }
    case 'base64': {
      const standard = text.replace(/-/g, '+').replace(/_/g, '/').replace(/=.*$/s, '').replace(/[^A-Za-z0-9+/]/g, '');
      return Uint8Array.from(atob(standard.length % 4 === 1 ? standard.slice(0, -1) : standard), (char) => char.charCodeAt(0));
    }
  }
}

/** Text of `bytes` in `encoding`. */
export function decode(bytes: Uint8Array, encoding: string): string {
  switch (normalize(encoding)) {
    case 'utf8': return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'utf16le': {
      // Lone surrogates stay; TextDecoder would replace them.
      let text = '';
      for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes[i] | (bytes[i + 1] << 8));
      return text;
    }
    case 'latin1': return encoding === 'ascii' ? binary(bytes.map((byte) => byte & 0x7f)) : binary(bytes);
    case 'hex': return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    case 'base64': {
      const standard = btoa(binary(bytes));
      return encoding === 'base64url' ? standard.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') : standard;
    }
  }
}

function normalize(encoding: string): 'utf8' | 'latin1' | 'utf16le' | 'hex' | 'base64' {
  switch (encoding.toLowerCase()) {
    case 'utf8': case 'utf-8': return 'utf8';
    case 'latin1': case 'binary': case 'ascii': return 'latin1';
    case 'utf16le': case 'utf-16le': case 'ucs2': case 'ucs-2': return 'utf16le';
    case 'hex': return 'hex';
    case 'base64': case 'base64url': return 'base64';
    default: throw Object.assign(new TypeError(`Unknown encoding: ${encoding}`), { code: 'ERR_UNKNOWN_ENCODING' });
  }
}

/** One character a byte, in pieces that fit the argument limit of `fromCharCode`. */
function binary(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}
