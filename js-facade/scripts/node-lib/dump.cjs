// Runs inside the Node whose library is extracted (`node --expose-internals dump.cjs OUTPUT`), and writes down what only that binary
// knows: the sources of its library, the option table, and every value of its bindings that is not a function.
'use strict';

const { writeFileSync } = require('node:fs');
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
