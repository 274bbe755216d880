/** Constants that the bundler fills in (`scripts/bundle.mjs`). */

/** Version of this package. */
declare const WOSIX_VERSION: string;
/** npm's own default registry: absolute URL with trailing slash. */
declare const WOSIX_DEFAULT_REGISTRY: string;
/** The extracted versions of Node, the default first (`scripts/node-lib/versions.mjs`). */
declare const WOSIX_NODE_VERSIONS: { version: string; lts?: string }[];
