/** Seeds for the generator inside `crypto.wasm`, which draws no random numbers of its own. */

import type { Environment } from '../../environment';

/** Bytes of a seed (`rng.rs`). */
const SEED = 32;

/** A seed, to be used for one call. */
export function randomSeed(env: Environment): Uint8Array {
  return env.host.crypto.getRandomValues(new Uint8Array(SEED));
}
