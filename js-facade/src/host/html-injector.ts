/** Puts HTML into pages as they stream by: at the start of `<head>`, or before everything when there is none near the beginning. */

import type { HeaderList } from './preview-protocol';

/** How far `<head>` is looked for, in bytes. */
const LOOK_AHEAD = 16 * 1024;

export class HtmlInjector {
  /** What has come before the place was found; null afterwards. */
  private held: Uint8Array<ArrayBuffer> | null = new Uint8Array(0);

  constructor(private readonly html: string) {}

  /** Only plain `text/html` of a declared type: nothing is guessed, nothing compressed is touched. */
  static applies(headers: HeaderList): boolean {
    const find = (name: string) => headers.find(([other]) => other.toLowerCase() === name)?.[1];
    return /^text\/html\b/i.test(find('content-type') ?? '') && [undefined, 'identity'].includes(find('content-encoding'));
  }

  /** Bytes that can go on now. */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.held === null) return bytes;
    this.held = concat(this.held, bytes);
    const place = this.findPlace(this.held);
    return place === null ? new Uint8Array(0) : this.insert(place);
  }

  /** The rest, at the end of the page. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.held === null ? new Uint8Array(0) : this.insert(fallbackPlace(latin1(this.held)));
  }

  private findPlace(bytes: Uint8Array): number | null {
    // One character a byte: offsets in the text are offsets in the bytes.
    const text = latin1(bytes);
    const head = /<head(\s[^>]*)?>/i.exec(text);
    if (head) return head.index + head[0].length;
    return /<body[\s>]/i.test(text) || bytes.length >= LOOK_AHEAD ? fallbackPlace(text) : null;
  }

  private insert(place: number): Uint8Array<ArrayBuffer> {
    const bytes = this.held!;
    this.held = null;
    return concat(bytes.subarray(0, place), new TextEncoder().encode(this.html), bytes.subarray(place));
  }
}

/** After the doctype: in front of it, a script would switch the page to quirks mode. */
function fallbackPlace(text: string): number {
  const start = /^\s*(<!doctype[^>]*>)?(\s*<html[^>]*>)?/i.exec(text);
  return start ? start[0].length : 0;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < Math.min(bytes.length, LOOK_AHEAD); i += 4096) text += String.fromCharCode(...bytes.subarray(i, Math.min(i + 4096, LOOK_AHEAD)));
  return text;
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
