/** `internalBinding('heap_utils')`: heap snapshots, which a page cannot take. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(_env: Environment): Record<string, unknown> {
  const refuse = () => {
    throw unavailable('A heap snapshot');
  };
  return { buildEmbedderGraph: refuse, triggerHeapSnapshot: refuse, createHeapSnapshotStream: refuse };
}
