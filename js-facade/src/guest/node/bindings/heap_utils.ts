/** `internalBinding('heap_utils')`: heap snapshots, which a page cannot take. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  const refuse = () => {
    throw unavailable('A heap snapshot');
  };
  const triggerHeapSnapshot = (filename = '') => {
    // Node asks this first.
    env.permissions.check('FileSystemWrite', filename);
    refuse();
  };
  return { buildEmbedderGraph: refuse, triggerHeapSnapshot, createHeapSnapshotStream: refuse };
}
