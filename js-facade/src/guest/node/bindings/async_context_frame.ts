/** `internalBinding('async_context_frame')`: what `AsyncLocalStorage` keeps its stores in. */

import { continuationFrame, setContinuationFrame } from '../continuation-frame';

export function create(): Record<string, unknown> {
  return {
    getContinuationPreservedEmbedderData: continuationFrame,
    setContinuationPreservedEmbedderData: setContinuationFrame,
  };
}
