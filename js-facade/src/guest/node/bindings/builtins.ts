/** `internalBinding('builtins')`: the modules of Node's library. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  const { data, loader } = env;
  return {
    builtinIds: data.builtinIds,
    builtinCategories: {
      canBeRequired: new Set(data.canBeRequired),
      cannotBeRequired: new Set(data.builtinIds.filter((id) => !data.canBeRequired.includes(id))),
    },
    config: data.config,
    compileFunction: (id: string) => loader.compile(id),
    setInternalLoaders(internalBinding: Environment['internalBinding'], requireBuiltin: Environment['requireBuiltin']) {
      env.setInternalLoaders(internalBinding, requireBuiltin);
    },
    hasCachedBuiltins: () => true,
    getCacheUsage: () => ({ compiledWithCache: new Set(), compiledWithoutCache: new Set(), compiledInSnapshot: [] }),
    /** Sources by id, read by `process.binding('natives')` only. */
    get natives() {
      return Object.fromEntries(data.builtinIds.map((id) => [id, loader.has(id) ? loader.compile(id).toString() : '']));
    },
    importBuiltinSourceTextModule(id: string) {
      throw new Error(`No such built-in source text module: ${id}`);
    },
  };
}
