/**
 * The cookies of one preview origin. A service worker can neither see `Set-Cookie` nor set `Cookie`, so the browser's own jar is out of
 * reach; `HttpOnly` therefore needs no care, and cookies set by scripts of the page stay with the browser.
 */

interface Cookie { name: string; value: string; path: string; expires: number }

export class CookieJar {
  private cookies: Cookie[] = [];

  /** Takes a `Set-Cookie` value that came for `path` (RFC 6265, section 5.2; no domains: an origin is one host). */
  store(header: string, path: string, now: number): void {
    const [pair, ...attributes] = header.split(';');
    const equals = pair.indexOf('=');
    if (equals <= 0) return;
    const cookie: Cookie = { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), path: defaultPath(path), expires: Infinity };
    let maxAge: number | undefined;
    for (const attribute of attributes) {
      const at = attribute.indexOf('=');
      const value = at < 0 ? '' : attribute.slice(at + 1).trim();
      switch ((at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase()) {
        case 'path': if (value.startsWith('/')) cookie.path = value; break;
        case 'max-age': if (/^-?\d+$/.test(value)) maxAge = Number(value); break;
        case 'expires': {
          const time = Date.parse(value);
          if (!Number.isNaN(time)) cookie.expires = time;
        }
      }
    }
    if (maxAge !== undefined) cookie.expires = maxAge <= 0 ? 0 : now + maxAge * 1000;
    this.cookies = this.cookies.filter((other) => other.name !== cookie.name || other.path !== cookie.path);
    if (cookie.expires > now) this.cookies.push(cookie);
  }

  /** The `Cookie` header for a request to `path`, or undefined. Longer paths first. */
  header(path: string, now: number): string | undefined {
    this.cookies = this.cookies.filter((cookie) => cookie.expires > now);
    const found = this.cookies.filter((cookie) => pathMatches(path, cookie.path)).sort((a, b) => b.path.length - a.path.length);
    return found.length === 0 ? undefined : found.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

function defaultPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

function pathMatches(path: string, cookiePath: string): boolean {
  return path === cookiePath || (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'));
}
