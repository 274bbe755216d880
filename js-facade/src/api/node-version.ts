/// <reference path="../build-constants.d.ts" />

/** The versions of Node that can be chosen, and what may name them. */

export interface NodeVersion {
  /** As `26.10.0`. */
  version: string;
  /** Name of its long-term line, as `Krypton`. */
  lts?: string;
}

/** One of each major version. */
export const NODE_VERSIONS: readonly NodeVersion[] = WOSIX_NODE_VERSIONS;
/** What runs when nobody chooses. */
export const DEFAULT_NODE = NODE_VERSIONS[0]!.version;

const byAge = [...NODE_VERSIONS].sort((a, b) => major(a.version) - major(b.version));
const newest = byAge[byAge.length - 1]!.version;
const newestLts = byAge.findLast(({ lts }) => lts !== undefined)?.version;

/** The number before the first point. */
export function major(version: string): number {
  return Number.parseInt(version, 10);
}

/**
 * The version that `name` means, in the words of `.nvmrc`: `26`, `v26`, `26.1.0` (the one of its major version), `lts/*`, `lts/krypton`, `node`, `current`,
 * `latest`, `stable`. Undefined if there is none.
 */
export function findNode(name: string): string | undefined {
  const text = name.trim().toLowerCase();
  const [, number] = /^v?(\d+)(?:\.(?:\d+|x|\*)){0,2}$/.exec(text) ?? [];
  if (number !== undefined) return byAge.find(({ version }) => major(version) === Number(number))?.version;
  if (text === 'lts/*' || text === 'lts') return newestLts;
  if (text.startsWith('lts/')) return byAge.find(({ lts }) => lts?.toLowerCase() === text.slice('lts/'.length))?.version;
  return ['node', 'current', 'latest', 'stable'].includes(text) ? newest : undefined;
}

/** The same for a choice that somebody made in so many words. Throws a RangeError that lists what there is. */
export function requireNode(name: string | number): string {
  const version = findNode(String(name));
  if (version === undefined) throw new RangeError(`there is no Node '${name}': choose ${NODE_VERSIONS.map(({ version }) => `${major(version)} (${version})`).join(' or ')}`);
  return version;
}
