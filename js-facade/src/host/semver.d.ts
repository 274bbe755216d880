declare module 'semver/functions/satisfies.js' {
  /** Whether `version` is in `range`; false for a range that is none. */
  export default function satisfies(version: string, range: string): boolean;
}
