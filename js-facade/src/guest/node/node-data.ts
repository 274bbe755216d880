/** What the build read off the real Node binary: `dist/node/<major>/data.json`, written by `scripts/extract-node-lib.mjs`. */

/** `[name, type, environment setting, default is true, help text]`; the numbers are those of `internalBinding('options')`. */
export type OptionInfo = [name: string, type: number, envVarSettings: number, defaultIsTrue: boolean, helpText: string];

export type OptionValue = boolean | number | string | string[] | { host: string; port: number } | undefined;

export interface NodeData {
  /** `v24.21.0` */
  version: string;
  versions: Record<string, string>;
  release: Record<string, unknown>;
  /** `process.config` as JSON text. */
  config: string;
  builtinIds: string[];
  canBeRequired: string[];
  /** Group → builtin → number of lines of the group's script before the builtin's first line. */
  groups: Record<string, Record<string, number>>;
  /** Binding → every value of it that is plain data. */
  bindings: Record<string, any>;
  /** What native code does otherwise from version to version, and the library does not tell: measured. */
  behaviour: {
    /** `kty` → the fields of a private key as a JWK, in order. */
    jwkFields: Record<string, string[]>;
    /** `cpSync` with `dereference` copies what links inside the folder lead to. */
    cpSyncFollowsLinks: boolean;
    /** Globals of ECMAScript that not all versions have. */
    laterGlobals: string[];
  };
  errorMap: [errno: number, name: string, message: string][];
  options: {
    values: Record<string, OptionValue>;
    info: OptionInfo[];
    aliases: [name: string, expansion: string[]][];
    embedder: Record<string, boolean>;
  };
}
