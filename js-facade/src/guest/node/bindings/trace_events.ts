/** `internalBinding('trace_events')`: tracing is never on. */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  return {
    getEnabledCategories: () => undefined,
    setTraceCategoryStateUpdateHandler() {},
    getCategoryEnabledBuffer: () => new Uint8Array(1),
    isTraceCategoryEnabled: () => false,
    trace() {},
    CategorySet: class CategorySet {
      enable() {}
      disable() {}
    },
    available: false,
    // As with Node 24, the module can be loaded, and traces nothing.
    hasAgent: () => true,
    usePerfetto: false,
  };
}
