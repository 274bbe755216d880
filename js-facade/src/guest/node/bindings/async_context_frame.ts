/**
 * `internalBinding('async_context_frame')`: what `AsyncLocalStorage` keeps its stores in. V8 carries the frame through promise jobs by itself;
 * a page cannot, so it is carried through `then` here, and the library carries it through ticks, timers and callbacks. A continuation after
 * `await` gets the frame that is current when it runs, since engines do not call `then` for it.
 */

import type { Environment } from '../environment';

export function create(_env: Environment): Record<string, unknown> {
  let current: unknown;

  const engineThen = Promise.prototype.then;
  const inFrame = (fn: unknown, frame: unknown): any => {
    if (typeof fn !== 'function') return fn;
    return (value: unknown) => {
      const prior = current;
      current = frame;
      try {
        return (fn as Function)(value);
      } finally {
        current = prior;
      }
    };
  };
  const then = function (this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown) {
    if (current === undefined) return Reflect.apply(engineThen, this, [onFulfilled, onRejected]);
    return Reflect.apply(engineThen, this, [inFrame(onFulfilled, current), inFrame(onRejected, current)]);
  };
  Object.defineProperty(then, 'name', { value: 'then' });
  let patched = false;

  return {
    getContinuationPreservedEmbedderData: () => current,
    setContinuationPreservedEmbedderData(frame: unknown) {
      current = frame;
      // Programs without a store keep the engine's own fast `then`.
      if (frame !== undefined && !patched) {
        patched = true;
        Object.defineProperty(Promise.prototype, 'then', { configurable: true, enumerable: false, writable: true, value: then });
      }
    },
  };
}
