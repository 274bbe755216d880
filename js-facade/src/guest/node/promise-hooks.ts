/**
 * V8's promise hooks (`v8.promiseHooks`, and `async_hooks` for resources of the type `PROMISE`), as far as a page can see promises: those
 * that `then` and the static methods of `Promise` make, and each `await` of a rewritten source. A promise made in another way, by
 * `new Promise` or by calling an async function, is announced when it is first waited for.
 */

type Hook = ((promise: Promise<unknown>) => void) | undefined;

export interface PromiseHooks {
  init: ((promise: Promise<unknown>, parent: Promise<unknown> | undefined) => void) | undefined;
  before: Hook;
  after: Hook;
  settled: Hook;
}

const EnginePromise = Promise;
const { apply } = Reflect;
const noop = () => {};

/** The hooks that are set, if any is. */
export let promiseHooks: PromiseHooks | undefined;
let reportException: (error: unknown) => void = noop;
const announced = new WeakSet<object>();
/** What an `await` goes on as; nothing tells of its end, which is noticed when the next job begins. */
let continuing: Promise<unknown> | undefined;

/** `onException` takes what a hook throws. */
export function setPromiseHooks(hooks: PromiseHooks, onException: (error: unknown) => void): void {
  reportException = onException;
  const any = hooks.init || hooks.before || hooks.after || hooks.settled;
  promiseHooks = any ? hooks : undefined;
  if (any) replaceStatics();
}

function call(hook: Function | undefined, ...args: unknown[]): void {
  if (hook === undefined) return;
  try {
    hook(...args);
  } catch (error) {
    reportException(error);
  }
}

function announce(promise: Promise<unknown>, parent?: Promise<unknown>): void {
  if (announced.has(promise)) return;
  announced.add(promise);
  call(promiseHooks?.init, promise, parent);
}

/** To be called when a job begins, and between two turns of the loop. */
export function endContinuation(): void {
  if (continuing === undefined) return;
  const promise = continuing;
  continuing = undefined;
  call(promiseHooks?.after, promise);
}

/** `promise.then(...)`, whose callbacks run within `before` and `after`. `engineThen` is the engine's own. */
export function thenWithHooks(engineThen: Function, promise: Promise<unknown>, onFulfilled: unknown, onRejected: unknown): Promise<unknown> {
  let derived: Promise<unknown>;
  const reaction = (callback: (value: unknown) => unknown) => (value: unknown) => {
    endContinuation();
    call(promiseHooks?.before, derived);
    try {
      return callback(value);
    } finally {
      call(promiseHooks?.settled, derived);
      call(promiseHooks?.after, derived);
    }
  };
  const pass = (value: unknown) => value;
  const fail = (reason: unknown) => {
    throw reason;
  };
  derived = apply(engineThen, promise, [
    reaction(typeof onFulfilled === 'function' ? (onFulfilled as typeof pass) : pass),
    reaction(typeof onRejected === 'function' ? (onRejected as typeof fail) : fail),
  ]);
  announce(promise);
  announce(derived, promise);
  return derived;
}

/** The promise that is awaited for `value`, and what to call when the function goes on. */
export function beginAwait(value: unknown): { promise: Promise<unknown>; resume: () => void } {
  const promise = value instanceof EnginePromise ? value : new EnginePromise((resolve) => resolve(value));
  announce(promise);
  // As in V8, each `await` is a promise of its own that nobody gets to see.
  const reaction = new EnginePromise(noop);
  announce(reaction, promise);
  const resume = () => {
    endContinuation();
    continuing = reaction;
    call(promiseHooks?.before, reaction);
  };
  return { promise, resume };
}

let replaced = false;

/** The static methods announce what they make. Programs without hooks keep the engine's. */
function replaceStatics(): void {
  if (replaced) return;
  replaced = true;
  for (const name of ['resolve', 'reject', 'all', 'allSettled', 'any', 'race', 'try', 'withResolvers'] as const) {
    const engine = (EnginePromise as any)[name] as Function | undefined;
    if (engine === undefined) continue;
    const settles = name === 'resolve' || name === 'reject';
    const method = {
      [name](this: unknown, ...args: unknown[]) {
        const result = apply(engine, this, args);
        const promise = name === 'withResolvers' ? result.promise : result;
        if (promiseHooks !== undefined && promise !== args[0]) {
          announce(promise);
          if (settles) call(promiseHooks?.settled, promise);
        }
        return result;
      },
    }[name];
    Object.defineProperty(method, 'length', { value: engine.length, configurable: true });
    Object.defineProperty(EnginePromise, name, { configurable: true, enumerable: false, writable: true, value: method });
  }
}
