/** Domain names between Unicode and ASCII, by the browser's own URL parser. */

import type { Environment, HostGlobals } from './environment';

/** Empty when the name is not a valid domain. */
export function domainToASCII(host: HostGlobals, domain: string): string {
  if (domain === '') return '';
  try {
    const url = new host.URL('ws://x');
    url.hostname = domain;
    // A setter that refuses leaves what was there.
    return url.hostname === 'x' && domain !== 'x' ? '' : url.hostname;
  } catch {
    return ''; // Not a domain.
  }
}

export function domainToUnicode(env: Environment, domain: string): string {
  const ascii = domainToASCII(env.host, domain);
  return ascii.includes('xn--') ? env.requireBuiltin('punycode').toUnicode(ascii) : ascii;
}
