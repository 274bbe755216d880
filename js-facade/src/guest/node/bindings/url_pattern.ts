/** `internalBinding('url_pattern')`: the browser's `URLPattern`. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return { URLPattern: env.host.URLPattern };
}
