/** The host of a `file:` URL by the URL standard, for Firefox, whose own parser drops it. */

import type { Environment } from './environment';

const CONTROL_OR_SPACE_AROUND = /^[\0- ]+|[\0- ]+$/g;
const TAB_OR_NEWLINE = /[\t\n\r]/g;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const AUTHORITY = /^[\\/]{2}([^\\/?#]*)/;
const DRIVE_LETTER = /^[a-z][:|]$/i;

/** Whether this engine needs any of this. */
export function dropsFileHosts(host: Environment['host']): boolean {
  return new host.URL('file://host/').hostname === '';
}

/** The host that `input` has as a `file:` URL (`''`: none, or it is none), or undefined when that host is not valid. */
export function fileHostOf(host: Environment['host'], input: string, base?: string): string | undefined {
  const text = input.replace(CONTROL_OR_SPACE_AROUND, '').replace(TAB_OR_NEWLINE, '');
  const scheme = SCHEME.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && scheme !== 'file') return '';
  const authority = AUTHORITY.exec(scheme === undefined ? text : text.slice('file:'.length))?.[1];
  if (authority !== undefined) return parseFileHost(host, authority);
  return base === undefined ? '' : fileHostOf(host, base);
}

/** A host as the standard's file host state takes it: no port, no credentials, `localhost` is none. */
export function parseFileHost(host: Environment['host'], text: string): string | undefined {
  if (text === '' || DRIVE_LETTER.test(text)) return '';
  if (text.includes('@') || text.replace(/^\[.*\]/, '').includes(':')) return undefined;
  // Any scheme whose hosts are parsed as those of files are.
  const hostname = host.URL.parse(`ws://${text}/`)?.hostname;
  return hostname === 'localhost' ? '' : hostname;
}
