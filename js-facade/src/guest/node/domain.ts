/** Domain names between Unicode and ASCII, by the browser's own URL parser. */

import type { HostGlobals } from './environment';

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

/** As {@link domainToASCII}, for names that need be no domain: only those that are not ASCII are looked at. */
export function namesToASCII(host: HostGlobals, names: string): string {
  const labels = names.toLowerCase().split(/[.\u3002\uff0e\uff61]/);
  const converted = labels.map((label) => (/[^\0-\x7f]/.test(label) ? domainToASCII(host, label) : label));
  return converted.some((label, index) => label === '' && labels[index] !== '') ? '' : converted.join('.');
}

export function domainToUnicode(host: HostGlobals, domain: string): string {
  const ascii = domainToASCII(host, domain);
  return ascii.split('.').map((label) => (label.startsWith('xn--') ? decodePunycode(label.slice(4)) : label)).join('.');
}

/** RFC 3492 with the parameters of IDNA. */
function decodePunycode(text: string): string {
  const last = text.lastIndexOf('-');
  const output = last > 0 ? [...text.slice(0, last)] : [];
  let point = 128;
  let index = 0;
  let bias = 72;
  for (let at = last > 0 ? last + 1 : 0; at < text.length; ) {
    const before = index;
    for (let weight = 1, k = 36; ; k += 36) {
      const code = text.charCodeAt(at++);
      const digit = code >= 0x61 ? code - 0x61 : code - 0x30 + 26;
      index += digit * weight;
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      if (digit < threshold) break;
      weight *= 36 - threshold;
    }
    const length = output.length + 1;
    let delta = Math.floor((index - before) / (before === 0 ? 700 : 2));
    delta += Math.floor(delta / length);
    let steps = 0;
    for (; delta > 455; steps += 36) delta = Math.floor(delta / 35);
    bias = steps + Math.floor((36 * delta) / (delta + 38));
    point += Math.floor(index / length);
    index %= length;
    output.splice(index++, 0, String.fromCodePoint(point));
  }
  return output.join('');
}
