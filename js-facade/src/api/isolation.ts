/** Why a page is not cross-origin isolated, said so that one can fix it. */

/** Throws an error (`code` `ERR_NOT_ISOLATED`) that names the missing header unless the page is isolated. */
export async function requireIsolation(): Promise<void> {
  if (globalThis.crossOriginIsolated) return;
  throw Object.assign(new Error(`Wosix needs a cross-origin isolated page: ${await findReason()}`), { code: 'ERR_NOT_ISOLATED' });
}

async function findReason(): Promise<string> {
  if (!globalThis.isSecureContext) return `${location.origin} is not a secure context; serve it over https or from localhost`;
  let headers: Headers;
  try {
    headers = (await fetch(location.href, { method: 'HEAD', cache: 'no-store' })).headers;
  } catch (error) {
    return `serve it with 'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp' (its headers could not be read: ${error})`;
  }
  const missing: string[] = [];
  const opener = headers.get('cross-origin-opener-policy')?.split(';')[0].trim();
  const embedder = headers.get('cross-origin-embedder-policy')?.split(';')[0].trim();
  const found = (value: string | undefined) => (value ? `it is '${value}'` : 'it is missing');
  if (opener !== 'same-origin') missing.push(`header 'Cross-Origin-Opener-Policy: same-origin' is needed (${found(opener)})`);
  if (embedder !== 'require-corp' && embedder !== 'credentialless') {
    missing.push(`header 'Cross-Origin-Embedder-Policy: require-corp' or 'credentialless' is needed (${found(embedder)})`);
  }
  if (missing.length > 0) return missing.join('; ');
  return window.top === window ? 'its headers are right, but the browser did not isolate it' : "the frame needs allow=\"cross-origin-isolated\" and isolated embedders";
}
