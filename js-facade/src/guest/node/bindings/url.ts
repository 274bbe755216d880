/** `internalBinding('url')`: the WHATWG URL parser, which is the browser's; positions are told as ada (Node's parser) tells them. */

import type { Environment } from '../environment';
import { domainToASCII, domainToUnicode } from '../domain';
import { dropsFileHosts, fileHostOf, parseFileHost } from '../file-url-host';
import { codedError } from '../uv-errors';

/** `uint32_t(-1)`: the part is absent. */
const OMITTED = 4294967295;
/** ada::scheme::type */
const SCHEMES: Record<string, number> = { 'http:': 0, 'https:': 2, 'ws:': 3, 'ftp:': 4, 'wss:': 5, 'file:': 6 };
const NOT_SPECIAL = 1;
/** `updateActions` of `internal/url`, by number. */
const ACTIONS = ['protocol', 'host', 'hostname', 'port', 'username', 'password', 'pathname', 'search', 'hash', 'href'] as const;

/** What would not survive as part of a path, and what Node escapes beside. A backslash separates on Windows. */
const UNSAFE_IN_WINDOWS_PATH = /[\0\t\n\r "#%?[\]^|~]/g;
const UNSAFE_IN_PATH = /[\0\t\n\r "#%?[\]^|~\\]/g;

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function withFileHost(href: string, host: string): string {
  return `file://${host}${href.slice('file://'.length)}`;
}

export function create(env: Environment): Record<string, unknown> {
  const { URL } = env.host;
  const urlComponents = new Uint32Array(9);
  const fileHostsDropped = dropsFileHosts(env.host);

  /** The host that the engine dropped from a `file:` URL, if it did. */
  const droppedHost = (input: string, base?: string) => (fileHostsDropped ? fileHostOf(env.host, input, base) : '');

  /** Fills {@link urlComponents} for `url` and answers its href. `fileHost` is the host of a file that the engine has dropped. */
  function publish(url: URL, fileHost = ''): string {
    const { protocol, username, password, hash, search, pathname } = url;
    const isFile = fileHost !== '' && protocol === 'file:';
    const hostname = isFile ? fileHost : url.hostname;
    const href = isFile ? withFileHost(url.href, fileHost) : url.href;
    const protocolEnd = protocol.length;
    const hasAuthority = href.startsWith('//', protocolEnd);
    let usernameEnd = protocolEnd;
    let hostStart = protocolEnd;
    let hostEnd = protocolEnd;
    if (hasAuthority) {
      usernameEnd = protocolEnd + 2 + username.length;
      hostStart = usernameEnd;
      if (password !== '') hostStart += 1 + password.length;
      // The host starts at the `@`, if there are credentials.
      const at = username !== '' || password !== '' ? 1 : 0;
      hostEnd = hostStart + at + hostname.length;
    }
    // An absent search and an empty one read the same; the serialization tells them apart.
    let hashStart = OMITTED;
    let end = href.length;
    if (hash !== '') hashStart = end = end - hash.length;
    else if (href.endsWith('#')) hashStart = end = end - 1;
    let searchStart = OMITTED;
    if (search !== '') searchStart = end = end - search.length;
    else if (href[end - 1] === '?') searchStart = end = end - 1;
    urlComponents[0] = protocolEnd;
    urlComponents[1] = usernameEnd;
    urlComponents[2] = hostStart;
    urlComponents[3] = hostEnd;
    urlComponents[4] = url.port === '' ? OMITTED : Number(url.port);
    urlComponents[5] = end - pathname.length;
    urlComponents[6] = searchStart;
    urlComponents[7] = hashStart;
    urlComponents[8] = SCHEMES[protocol] ?? NOT_SPECIAL;
    return href;
  }

  function invalid(input: string, base: string | undefined): TypeError {
    const error = Object.assign(codedError('ERR_INVALID_URL', 'Invalid URL', TypeError), { input });
    return base === undefined ? error : Object.assign(error, { base });
  }

  /** The browser's answer, where it keeps to the standard: Chromium takes forbidden characters in a host and escapes them. */
  function parsed(input: string, base: string | undefined): URL | undefined {
    const url = URL.parse(input, base);
    if (url === null || (url.hostname.includes('%') && url.protocol in SCHEMES)) return undefined;
    return url;
  }

  function located(input: string, base: string | undefined): { url: URL; fileHost: string } | undefined {
    const url = parsed(input, base);
    const fileHost = url?.protocol === 'file:' ? droppedHost(input, base) : '';
    return url === undefined || fileHost === undefined ? undefined : { url, fileHost };
  }

  function parse(input: string, base: string | undefined, raiseException: boolean): string | undefined {
    const found = located(input, base);
    if (found !== undefined) return publish(found.url, found.fileHost);
    if (raiseException) throw invalid(input, base);
    return undefined;
  }

  return {
    urlComponents,
    parse,
    canParse: (input: string, base?: string) => located(input, base) !== undefined,
    update(href: string, action: number, value: string): string | false {
      const url = new URL(href);
      const name = ACTIONS[action]!;
      try {
        url[name] = value;
      } catch {
        return false; // Only `href` can be refused loudly.
      }
      let fileHost = droppedHost(name === 'href' ? value : href);
      if (fileHostsDropped && (name === 'host' || name === 'hostname')) fileHost = parseFileHost(env.host, value) ?? fileHost;
      return publish(url, fileHost);
    },
    pathToFileURL(path: string, windows: boolean, hostname?: string): string {
      const escaped = path.replace(windows ? UNSAFE_IN_WINDOWS_PATH : UNSAFE_IN_PATH, percentEncoded);
      const url = new URL('file://');
      url.pathname = escaped;
      if (!windows || hostname === undefined) return publish(url);
      url.hostname = hostname;
      return publish(url, fileHostsDropped ? parseFileHost(env.host, hostname) : '');
    },
    format(href: string, hash: boolean, unicode: boolean, search: boolean, auth: boolean): string {
      const url = new URL(href);
      if (!hash) url.hash = '';
      if (!search) url.search = '';
      if (!auth) {
        url.username = '';
        url.password = '';
      }
      const fileHost = droppedHost(href) || '';
      const hostname = fileHost || url.hostname;
      let text = fileHost === '' ? url.href : withFileHost(url.href, fileHost);
      if (unicode && hostname.includes('xn--')) text = text.replace(hostname, domainToUnicode(env.host, hostname));
      return text;
    },
    getOrigin(href: string): string {
      return new URL(href).origin;
    },
    domainToASCII: (domain: string) => domainToASCII(env.host, domain),
    domainToUnicode: (domain: string) => domainToUnicode(env.host, domain),
  };
}
