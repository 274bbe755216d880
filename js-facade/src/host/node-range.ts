/** npm's ranges, for the `engines` of projects. A script of its own (`node-choice.ts` loads it): few containers need it. */

import satisfies from 'semver/functions/satisfies.js';

Object.assign(globalThis, { wosixSatisfies: (version: string, range: string) => satisfies(version, range) });
