/** `internalBinding('config')`: how this Node was built. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  return {
    ...env.data.bindings.config,
    hasInspector: false,
    fipsMode: false,
    // `TextDecoder` and friends come from `internalBinding('icu')`, which is the browser's.
    hasIntl: true,
    noBrowserGlobals: false,
    getDefaultLocale: () => Intl.DateTimeFormat().resolvedOptions().locale,
  };
}
