/** `internalBinding('sea')`: this is no single executable application. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return { isSea: () => false, isVfsEnabled: () => false, isExperimentalSeaWarningNeeded: () => false, getAsset: () => undefined, getAssetKeys: () => [] };
}
