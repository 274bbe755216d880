/**
 * The continuation frame: V8's continuation-preserved embedder data, in which `AsyncLocalStorage` keeps its stores. A promise's reaction runs in
 * the frame that was current when it was made, whatever ran in between. V8 keeps it so by itself, for its embedder only; here it is done
 *
 * - by `then`, which wraps its callbacks once there are frames;
 * - by the library, for ticks, timers, microtasks and callbacks (`AsyncContextFrame`);
 * - for `await`, by the source itself: `transpile.wasm` rewrites it to call the functions below (`wosix-core/src/module/awaits.rs`).
 *
 * What an engine calls in a job of its own without any of these sees the frame of whatever ran last, until the loop's next turn.
 */

import { engineThen } from './engine-promise';
import { beginAwait, endContinuation, promiseHooks, thenWithHooks } from './promise-hooks';

type Restorer = (value?: unknown) => unknown;

// Variables of the global scope that are no properties of the global object: the bundle declares them (scripts/bundle.mjs).
declare global {
  /* eslint-disable no-var */
  /** Keeps what is to be awaited for `ºt`; answers the function that restores the current frame. */
  var ºs: (value?: unknown) => Restorer;
  /** What `ºs` kept. */
  var ºt: () => unknown;
  /** A result of an async function: with the frame for its `then`, if it has one of its own. */
  var ºa: <T>(value: T) => T;
  /** Restores, for `await` inside `try`. */
  var ºb: (restore: Restorer, value: unknown) => unknown;
  /** An iterable whose iterator tells `note` of the frame at each call. */
  var ºj: (iterable: unknown, note: (restore: Restorer) => void) => unknown;
  /** The first of its arguments. */
  var ºk: <T>(value: T) => T;
  /** The second of its arguments. */
  var ºr: <T>(first: unknown, value: T) => T;
  /** Text for a direct `eval`. */
  var ºe: (text: unknown) => unknown;
  /* eslint-enable no-var */
}

let current: unknown;
/** Whether there ever was a frame: until then nothing needs care. */
let active = false;

export function continuationFrame(): unknown {
  return current;
}

export function setContinuationFrame(frame: unknown): void {
  current = frame;
  if (frame !== undefined && !active) activate();
}

/** At the start of a turn of the loop, or of a job that is no promise's, there is no frame. */
export function resetContinuationFrame(): void {
  endContinuation();
  current = undefined;
}

// --- then ----------------------------------------------------------------------------------------------

const EnginePromise = Promise;
const { apply, defineProperty } = Reflect;
const rejected = Promise.reject.bind(Promise);

function inFrame(fn: unknown, frame: unknown): any {
  if (typeof fn !== 'function') return fn;
  return (value: unknown) => {
    const prior = current;
    current = frame;
    try {
      return ownThenInFrame(fn(value));
    } finally {
      current = prior;
    }
  };
}

/** The engine calls a thenable's `then` in a job of its own when a promise is resolved with it; that has to run in the frame. */
function ownThenInFrame<T>(value: T): T {
  if (!active || !mayBeThenable(value) || !('then' in (value as object))) return value;
  const ownThen = (value as { then?: unknown }).then;
  return typeof ownThen !== 'function' ? value : (thenableInFrame(value as object, ownThen) as T);
}

function thenableInFrame(value: object, ownThen: Function): object {
  const frame = current;
  return {
    then(resolve: unknown, reject: unknown) {
      return inFrame(() => apply(ownThen, value, [resolve, reject]), frame)();
    },
  };
}

const { then } = {
  then(this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown): Promise<unknown> {
    if (!active) return apply(engineThen, this, [onFulfilled, onRejected]);
    const callbacks = [inFrame(onFulfilled, current), inFrame(onRejected, current)] as const;
    return promiseHooks === undefined ? apply(engineThen, this, callbacks) : thenWithHooks(engineThen, this, ...callbacks);
  },
};

function replaceThen(value: unknown): void {
  defineProperty(Promise.prototype, 'then', { configurable: true, enumerable: false, writable: true, value });
}

/** Programs without a store, or promise hooks, keep the engine's own fast `then`. */
export function activate(): void {
  active = true;
  if (Promise.prototype.then === engineThen) replaceThen(then);
}

/** Runs `capture`, in which Node's library takes the built-in functions aside, with the `then` that knows of frames. */
export function whileThenKnowsFrames(capture: () => void): void {
  replaceThen(then);
  try {
    capture();
  } finally {
    replaceThen(engineThen);
  }
}

// --- await ---------------------------------------------------------------------------------------------

let awaited: unknown;
const restorers = new WeakMap<object, Restorer>();
const restoreNone: Restorer = (value) => {
  current = undefined;
  return value;
};
let lastFrame: unknown;
let lastRestorer = restoreNone;

function restorerOf(frame: unknown): Restorer {
  if (frame === lastFrame) return lastRestorer;
  let restorer = frame === undefined ? restoreNone : restorers.get(frame as object);
  if (restorer === undefined) {
    restorer = (value) => {
      current = frame;
      return value;
    };
    restorers.set(frame as object, restorer);
  }
  lastFrame = frame;
  lastRestorer = restorer;
  return restorer;
}

/** The current frame's restoring function, for code that goes on in a later job. */
export function restorerOfContinuationFrame(): () => void {
  return restorerOf(current) as () => void;
}

function save(value?: unknown): Restorer {
  if (promiseHooks !== undefined) return saveWithHooks(value);
  if (active && mayBeThenable(value)) return saveThenable(value as object);
  awaited = value;
  return restorerOf(current);
}

function saveWithHooks(value: unknown): Restorer {
  const { promise, resume } = beginAwait(ownThenInFrame(value));
  awaited = promise;
  const restore = restorerOf(current);
  return (result) => {
    resume();
    return restore(result);
  };
}

/** Promises are not: their `then` is no guest code. */
function mayBeThenable(value: unknown): boolean {
  return typeof value === 'object' ? value !== null && !(value instanceof EnginePromise) : typeof value === 'function';
}

/** As {@link ownThenInFrame}, but reads `then` once, as the engine would. */
function saveThenable(value: object): Restorer {
  const frame = current;
  let ownThen: unknown;
  try {
    ownThen = (value as { then?: unknown }).then;
  } catch (error) {
    awaited = rejected(error);
    return restorerOf(frame);
  }
  if (typeof ownThen !== 'function') {
    awaited = undefined;
    return () => {
      current = frame;
      return value;
    };
  }
  awaited = thenableInFrame(value, ownThen);
  return restorerOf(frame);
}

function take(): unknown {
  const value = awaited;
  awaited = undefined;
  return value;
}

// --- for await, yield* ---------------------------------------------------------------------------------

function noting(iterable: any, note: (restore: Restorer) => void): unknown {
  if (iterable === null || iterable === undefined) return iterable;
  for (const symbol of [Symbol.asyncIterator, Symbol.iterator]) {
    const method = iterable[symbol];
    if (method === null || method === undefined) continue;
    // The engine says what is wrong.
    if (typeof method !== 'function') break;
    return { [symbol]: () => notingIterator(apply(method, iterable, []), note) };
  }
  return iterable;
}

function notingIterator(iterator: any, note: (restore: Restorer) => void): unknown {
  if ((typeof iterator !== 'object' || iterator === null) && typeof iterator !== 'function') return iterator;
  const call = (method: Function, args: ArrayLike<unknown>) => {
    const result = apply(method, iterator, args);
    note(restorerOf(current));
    return result;
  };
  const optional = (name: 'return' | 'throw') => {
    const method = iterator[name];
    return typeof method !== 'function' ? method : (...args: unknown[]) => call(method, args);
  };
  const { next } = iterator;
  return {
    next: typeof next !== 'function' ? next : (...args: unknown[]) => call(next, args),
    get return() {
      return optional('return');
    },
    get throw() {
      return optional('throw');
    },
  };
}

/** Sets the functions that rewritten sources call. `rewriteEvaluated` does for a text what was done for the source around it. */
export function installAwaits(rewriteEvaluated: (text: string) => string): void {
  ºs = save;
  ºt = take;
  ºa = ownThenInFrame;
  ºb = (restore, value) => restore(value);
  ºj = noting;
  ºk = (value) => value;
  ºr = (_first, value) => value;
  ºe = (text) => (typeof text === 'string' ? rewriteEvaluated(text) : text);
}
