// Runs inside the Node whose library is extracted (`node --expose-internals dump.cjs OUTPUT`), and writes down what only that binary
// knows: the sources of its library, the option table, and every value of its bindings that is not a function.
'use strict';

const { cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { internalBinding } = require('internal/test/binding');
const { stringify } = require('./json.cjs');

/** Values that a binding makes anew in each process; ours make their own. */
const OWN_STATE = new Set(['natives', 'builtinIds', 'builtinCategories', 'config', 'privateSymbols', 'async_ids_stack', 'execution_async_resources']);

/** Plain data only: numbers, strings, arrays and objects of them. Functions, symbols and typed arrays are left out. */
function plain(value, depth = 0) {
  switch (typeof value) {
    case 'number': case 'string': case 'boolean': return value;
    case 'object': {
      if (value === null) return null;
      if (depth > 4 || ArrayBuffer.isView(value)) return undefined;
      if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
      const prototype = Object.getPrototypeOf(value);
      if (prototype !== null && prototype !== Object.prototype) return undefined;
      const copy = {};
      // Some constants are not enumerable.
      for (const key of Object.getOwnPropertyNames(value)) {
        const data = plain(value[key], depth + 1);
        if (data !== undefined) copy[key] = data;
      }
      return copy;
    }
    default: return undefined;
  }
}

function bindingValues(name) {
  const values = {};
  for (const [key, value] of Object.entries(internalBinding(name))) {
    if (OWN_STATE.has(key)) continue;
    const data = plain(value);
    if (data === undefined) continue;
    if (typeof data === 'object' && data !== null && !Array.isArray(data) && Object.keys(data).length === 0) continue;
    values[key] = data;
  }
  return values;
}

// The names that Node's own sources ask for; a binding that this build lacks is skipped.
const sources = {};
for (const [id, source] of Object.entries(internalBinding('builtins').natives)) {
  if (typeof source === 'string' && id !== 'config') sources[id] = source;
}
const names = new Set();
for (const source of Object.values(sources)) {
  for (const [, name] of source.matchAll(/internalBinding\('(\w+)'\)/g)) names.add(name);
}
const bindings = {};
for (const name of [...names].sort()) {
  try {
    bindings[name] = bindingValues(name);
  } catch (error) {
    if (error.code !== 'ERR_INVALID_MODULE' && !/No such binding/.test(error.message)) throw error;
  }
}

/** The order of a private key's fields as a JWK, by `kty`, which its native code decides. */
const jwkFields = {};
// Not before the bindings were read: the module adds to its constants.
const { generateKeyPairSync } = require('node:crypto');
for (const type of ['rsa', 'ec', 'ed25519', 'ml-dsa-44']) {
  const { privateKey } = generateKeyPairSync(type, { modulusLength: 1024, namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  jwkFields[jwk.kty] = Object.keys(jwk);
}

/** Whether `cpSync` with `dereference` follows links inside a folder. */
const trial = mkdtempSync(path.join(tmpdir(), 'wosix-node-'));
mkdirSync(path.join(trial, 'from'));
writeFileSync(path.join(trial, 'file'), '');
symlinkSync('../file', path.join(trial, 'from/link'));
cpSync(path.join(trial, 'from'), path.join(trial, 'to'), { recursive: true, dereference: true });
const cpSyncFollowsLinks = lstatSync(path.join(trial, 'to/link')).isFile();
rmSync(trial, { recursive: true });

const options = internalBinding('options');
const { options: optionInfo, aliases } = options.getCLIOptionsInfo();
const optionValues = { ...options.getCLIOptionsValues() };
// The flag that this very program was started with.
optionValues['--expose-internals'] = false;
if ('--no-expose-internals' in optionValues) optionValues['--no-expose-internals'] = true;

const { builtinIds, builtinCategories, config } = internalBinding('builtins');
const { versions, release, version } = process;

writeFileSync(process.argv[2], stringify({
  sources,
  bindings,
  builtinIds,
  canBeRequired: [...builtinCategories.canBeRequired],
  config,
  behaviour: { jwkFields, cpSyncFollowsLinks, laterGlobals: ['Temporal'].filter((name) => name in globalThis) },
  version,
  versions: { ...versions },
  release: { ...release },
  errorMap: [...internalBinding('uv').getErrorMap()].map(([errno, [name, message]]) => [errno, name, message]),
  options: {
    values: optionValues,
    info: [...optionInfo].map(([name, { helpText, envVarSettings, type, defaultIsTrue }]) => [name, type, envVarSettings, defaultIsTrue, helpText]),
    aliases: [...aliases],
    embedder: { ...options.getEmbedderOptions() },
  },
}));
