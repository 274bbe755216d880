/** `internalBinding('mksnapshot')`: start-up snapshots are V8's; this process is never being built into one. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  const refuse = () => {
    throw unavailable('A start-up snapshot');
  };
  return {
    anonymousMainPath: env.data.bindings.mksnapshot.anonymousMainPath,
    isBuildingSnapshotBuffer: new Uint8Array(1),
    setSerializeCallback() {},
    setDeserializeCallback() {},
    setDeserializeMainFunction() {},
    compileSerializeMain: refuse,
    runEmbedderPreload: refuse,
  };
}
