/** `internalBinding('options')`: the command line, parsed by the real binary's table (`command-line.ts`). */

import { optionsAsFlags } from '../command-line';
import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  const values = env.data.bindings.options;
  return {
    envSettings: values.envSettings,
    types: values.types,
    getCLIOptionsValues: () => env.commandLine.values,
    getCLIOptionsInfo() {
      const options = new Map<string, object>();
      for (const [name, type, envVarSettings, defaultIsTrue, helpText] of env.data.options.info) {
        options.set(name, { __proto__: null, helpText, envVarSettings, type, defaultIsTrue });
      }
      return { options, aliases: new Map(env.data.options.aliases) };
    },
    getOptionsAsFlags: () => optionsAsFlags(env.data, env.commandLine.values),
    getEmbedderOptions: () => ({ __proto__: null, ...env.data.options.embedder }),
    getEnvOptionsInputType: () => new Map(),
    getNamespaceOptionsInputType: () => new Map(),
  };
}
