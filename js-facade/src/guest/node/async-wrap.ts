/** The base of every object that has an asynchronous operation behind it, as `async_hooks` and `AsyncLocalStorage` see it. */

import type { Environment } from './environment';

/** The part of `internalBinding('async_wrap')` that this file works with. */
interface AsyncHooks {
  async_hook_fields: Uint32Array;
  async_id_fields: Float64Array;
  execution_async_resources: object[];
  constants: {
    kInit: number;
    kBefore: number;
    kAfter: number;
    kDestroy: number;
    kStackLength: number;
    kExecutionAsyncId: number;
    kAsyncIdCounter: number;
    kDefaultTriggerAsyncId: number;
  };
  Providers: Record<string, number>;
  pushAsyncContext(asyncId: number, triggerAsyncId: number): void;
  popAsyncContext(asyncId: number): boolean;
  queueDestroyAsyncId(asyncId: number): void;
  /** These call the hooks that the library has registered. */
  emitInit(asyncId: number, type: string, triggerAsyncId: number, resource: object): void;
  emitBefore(asyncId: number): void;
  emitAfter(asyncId: number): void;
}

/** The part of `internalBinding('async_context_frame')`: what `AsyncLocalStorage` keeps its stores in. */
interface ContextFrames {
  getContinuationPreservedEmbedderData(): unknown;
  setContinuationPreservedEmbedderData(frame: unknown): void;
}

interface Bindings {
  hooks: AsyncHooks;
  frames: ContextFrames;
}

const bindings = new WeakMap<Environment, Bindings>();

function bindingsOf(env: Environment): Bindings {
  let found = bindings.get(env);
  if (found === undefined) {
    found = { hooks: env.internalBinding('async_wrap'), frames: env.internalBinding('async_context_frame') };
    bindings.set(env, found);
  }
  return found;
}

/** `AsyncWrap`: an object with an async id, which tells the `init` hook of its birth. */
export abstract class AsyncWrap {
  readonly #env: Environment;
  readonly #provider: string;
  readonly #resource: object;
  #asyncId = -1;
  #triggerAsyncId = -1;
  #frame: unknown;

  /**
   * `provider` is one of the names of `async_wrap.Providers` (`TCPWRAP`, `FSREQCALLBACK`, ...). `resource` is the object that hooks are shown,
   * unless it is this one.
   */
  constructor(env: Environment, provider: string, resource?: object) {
    this.#env = env;
    this.#provider = provider;
    this.#resource = resource ?? this;
    this.#begin(this.#resource);
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  /** Id of the resource that caused this one. */
  getTriggerAsyncId(): number {
    return this.#triggerAsyncId;
  }

  getProviderType(): number {
    return bindingsOf(this.#env).hooks.Providers[this.#provider] ?? 0;
  }

  /** Gives a reused object (a parser, a request) a new identity. */
  asyncReset(resource: object = this.#resource): void {
    this.emitDestroy();
    this.#begin(resource);
  }

  /**
   * Runs `fn` as a callback of this object (`InternalCallbackScope`): with its async id as the executing one, and with the stores of
   * `AsyncLocalStorage` that were current when it was made. What it throws is handled in that scope: see `makeCallback`.
   */
  runInScope<T>(fn: () => T): T {
    const { hooks, frames } = bindingsOf(this.#env);
    const { async_hook_fields: fields, constants } = hooks;
    const outer = frames.getContinuationPreservedEmbedderData();
    // `fn` may reset this object (a parser that is used again), but what was pushed is what is popped.
    const asyncId = this.#asyncId;
    hooks.execution_async_resources[fields[constants.kStackLength]] = this.#resource;
    hooks.pushAsyncContext(asyncId, this.#triggerAsyncId);
    frames.setContinuationPreservedEmbedderData(this.#frame);
    if (fields[constants.kBefore] > 0) hooks.emitBefore(asyncId);
    const result = fn();
    if (fields[constants.kAfter] > 0) hooks.emitAfter(asyncId);
    frames.setContinuationPreservedEmbedderData(outer);
    hooks.popAsyncContext(asyncId);
    return result;
  }

  /** To be called when the operation is over for good. */
  protected emitDestroy(): void {
    const { hooks } = bindingsOf(this.#env);
    if (hooks.async_hook_fields[hooks.constants.kDestroy] > 0) hooks.queueDestroyAsyncId(this.#asyncId);
  }

  #begin(resource: object): void {
    const { hooks, frames } = bindingsOf(this.#env);
    const { async_id_fields: ids, async_hook_fields: fields, constants } = hooks;
    this.#asyncId = ++ids[constants.kAsyncIdCounter];
    const trigger = ids[constants.kDefaultTriggerAsyncId];
    this.#triggerAsyncId = trigger >= 0 ? trigger : ids[constants.kExecutionAsyncId];
    this.#frame = frames.getContinuationPreservedEmbedderData();
    if (fields[constants.kInit] > 0) hooks.emitInit(this.#asyncId, this.#provider, this.#triggerAsyncId, resource);
  }
}

/** `ReqWrap`: one asynchronous request. The library sets `oncomplete`; a binding calls it once by {@link completeRequest}. */
export abstract class RequestWrap extends AsyncWrap {
  declare oncomplete?: Function;
}

/** Calls `req.oncomplete(...args)` in a turn of its own, in the poll phase. The request keeps the loop alive until then. */
export function completeRequest(env: Environment, req: any, ...args: unknown[]): void {
  env.loop.resources.requests.add(req);
  env.loop.enqueue(() => {
    env.loop.resources.requests.delete(req);
    const { oncomplete } = req;
    if (typeof oncomplete === 'function') env.makeCallback(req, oncomplete, ...args);
  });
}
