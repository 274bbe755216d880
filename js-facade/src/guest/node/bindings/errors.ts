/** `internalBinding('errors')`: uncaught exceptions and stack traces. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  const { fatal, stacks } = env;
  return {
    exitCodes: env.data.bindings.errors.exitCodes,
    setPrepareStackTraceCallback(callback: typeof stacks.callback) {
      stacks.callback = callback;
    },
    // Source maps are applied by the library's own `prepareStackTrace`; the fatal path shows the generated line.
    setGetSourceMapErrorSource() {},
    setSourceMapsEnabled() {},
    setMaybeCacheGeneratedSourceMap() {},
    setEnhanceStackForFatalException(beforeInspector: (error: unknown) => unknown, afterInspector: (error: unknown) => unknown) {
      fatal.enhancers = { beforeInspector, afterInspector };
    },
    noSideEffectsToString(value: unknown): string {
      switch (typeof value) {
        case 'string': return value;
        case 'symbol': return value.toString();
        case 'function': return Function.prototype.toString.call(value);
        case 'object':
          if (value === null) return 'null';
          if (value instanceof Error) return Error.prototype.toString.call(value);
          return `#<${(value as object).constructor?.name ?? 'Object'}>`;
        default: return String(value);
      }
    },
    triggerUncaughtException(error: unknown, fromPromise: boolean) {
      fatal.trigger({ error }, fromPromise);
    },
    getErrorSourcePositions: (error: unknown) => fatal.sourcePositions(error),
  };
}
