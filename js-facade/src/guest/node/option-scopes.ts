/** Which options concern the whole process, so that a thread cannot have them for itself. */

import type { NodeData } from './node-data';

/** `PerProcessOptionsParser` of Node 24's `node_options.cc`. */
const PER_PROCESS = new Set([
  '--abort-on-uncaught-exception', '--build-snapshot', '--build-snapshot-config', '--build-sea', '--debug-arraybuffer-allocations', '--disable-proto',
  '--disable-wasm-trap-handler', '--enable-fips',
  '--experimental-sea-config', '--force-fips', '--icu-data-dir', '--node-memory-debug', '--node-snapshot', '--openssl-config',
  '--openssl-legacy-provider', '--openssl-shared-config', '--print', '--report-on-signal', '--report-signal', '--run', '--secure-heap',
  '--secure-heap-min', '--security-revert', '--stack-trace-limit', '--ssl-key-log', '--title', '--tls-cipher-list', '--trace-event-categories',
  '--trace-event-file-pattern', '--use-bundled-ca', '--use-largepages', '--use-openssl-ca', '--use-system-ca', '--v8-options', '--v8-pool-size',
  '--version', '--help', '--completion-bash', '--zero-fill-buffers', '--trace-sigint', '--experimental-default-config-file', '--experimental-config-file',
]);

/** `internalBinding('options').types` */
const V8_OPTION = 1;

/** The options among `words` that a thread may not have: those of the process, those of V8, and unknown ones. */
export function perProcessOptions(data: NodeData, words: readonly string[]): string[] {
  const types = new Map(data.options.info.map(([name, type]) => [name, type]));
  const aliases = new Set(data.options.aliases.map(([name]) => name));
  return words.filter((word) => {
    if (!word.startsWith('-')) return false;
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('_', '-');
    if (PER_PROCESS.has(name)) return true;
    const positive = name.startsWith('--no-') ? `--${name.slice('--no-'.length)}` : name;
    const type = types.get(name) ?? types.get(positive);
    return type === undefined ? !aliases.has(name) : type === V8_OPTION;
  });
}
