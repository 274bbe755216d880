/**
 * What is known of the states of promises. No page can look into one, but Node's library decides by it: web streams replace a `ready` or
 * `closed` promise that has settled, and reject one that is pending. So the promises that the library itself makes by the static methods of
 * `Promise` are followed.
 */

/** V8's `Promise::PromiseState`. */
export const kPending = 0, kFulfilled = 1, kRejected = 2;

/** `[state, result]` by promise; what is not in it reads as pending. */
export type PromiseStates = WeakMap<Promise<unknown>, [state: number, result: unknown]>;

/** Whether a promise resolved with `value` is fulfilled at once: anything else may have a `then`, which is not ours to ask. */
function settlesAtOnce(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null;
}

/** Runs `capture`, which takes the static methods of `Promise` aside for the library, with ones that record what they do in `states`. */
export function whileStaticsRecord(states: PromiseStates, capture: () => void): void {
  const engine = Promise as any;
  const { resolve, reject, withResolvers } = engine;
  const settle = (promise: Promise<unknown>, state: number, result: unknown) => {
    if (!states.has(promise)) states.set(promise, [state, result]);
  };
  const recording = {
    resolve(this: unknown, value: unknown) {
      const promise = Reflect.apply<unknown, [unknown], Promise<unknown>>(resolve, this, [value]);
      if (settlesAtOnce(value)) settle(promise, kFulfilled, value);
      return promise;
    },
    reject(this: unknown, reason: unknown) {
      const promise = Reflect.apply<unknown, [unknown], Promise<unknown>>(reject, this, [reason]);
      settle(promise, kRejected, reason);
      return promise;
    },
    withResolvers(this: unknown) {
      const record = Reflect.apply<unknown, [], PromiseWithResolvers<unknown>>(withResolvers, this, []);
      const { promise, resolve: fulfil, reject: fail } = record;
      let resolved = false;
      record.resolve = (value: unknown) => {
        if (!resolved && settlesAtOnce(value)) settle(promise, kFulfilled, value);
        resolved = true;
        fulfil(value);
      };
      record.reject = (reason: unknown) => {
        if (!resolved) settle(promise, kRejected, reason);
        resolved = true;
        fail(reason);
      };
      return record;
    },
  };
  Object.assign(engine, recording);
  try {
    capture();
  } finally {
    Object.assign(engine, { resolve, reject, withResolvers });
  }
}
