/** The base of every object that has an asynchronous operation behind it, as `async_hooks` sees it. */

import type { Environment } from './environment';

/** The part of `internalBinding('async_wrap')` that this file works with. */
interface AsyncWrapBinding {
  async_hook_fields: Uint32Array;
  async_id_fields: Float64Array;
  constants: {
    kInit: number;
    kDestroy: number;
    kExecutionAsyncId: number;
    kAsyncIdCounter: number;
    kDefaultTriggerAsyncId: number;
  };
  Providers: Record<string, number>;
  queueDestroyAsyncId(asyncId: number): void;
  /** Calls the `init` hook of `async_hooks`. Absent until the library has registered one. */
  emitInit?(asyncId: number, type: string, triggerAsyncId: number, resource: object): void;
}

const bindings = new WeakMap<Environment, AsyncWrapBinding>();

function bindingOf(env: Environment): AsyncWrapBinding {
  let binding = bindings.get(env);
  if (binding === undefined) bindings.set(env, (binding = env.internalBinding('async_wrap') as AsyncWrapBinding));
  return binding;
}

/** `AsyncWrap`: an object with an async id, which tells the `init` hook of its birth. */
export abstract class AsyncWrap {
  readonly #env: Environment;
  readonly #provider: string;
  #asyncId = -1;
  #triggerAsyncId = -1;

  /** `provider` is one of the names of `async_wrap.Providers` (`TCPWRAP`, `FSREQCALLBACK`, ...). */
  constructor(env: Environment, provider: string) {
    this.#env = env;
    this.#provider = provider;
    this.#begin(this);
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  /** Id of the resource that caused this one. */
  getTriggerAsyncId(): number {
    return this.#triggerAsyncId;
  }

  getProviderType(): number {
    return bindingOf(this.#env).Providers[this.#provider] ?? 0;
  }

  /** Gives a reused object (a parser, a request) a new identity. */
  asyncReset(resource: object = this): void {
    this.emitDestroy();
    this.#begin(resource);
  }

  /** To be called when the operation is over for good. */
  protected emitDestroy(): void {
    const { async_hook_fields, constants, queueDestroyAsyncId } = bindingOf(this.#env);
    if (async_hook_fields[constants.kDestroy] > 0) queueDestroyAsyncId(this.#asyncId);
  }

  #begin(resource: object): void {
    const binding = bindingOf(this.#env);
    const { async_id_fields: ids, async_hook_fields: hooks, constants } = binding;
    this.#asyncId = ++ids[constants.kAsyncIdCounter];
    const trigger = ids[constants.kDefaultTriggerAsyncId];
    this.#triggerAsyncId = trigger >= 0 ? trigger : ids[constants.kExecutionAsyncId];
    if (hooks[constants.kInit] > 0) binding.emitInit?.(this.#asyncId, this.#provider, this.#triggerAsyncId, resource);
  }
}

/** `ReqWrap`: one asynchronous request. The library sets `oncomplete`; a binding calls it once by {@link RequestWrap.complete}. */
export abstract class RequestWrap extends AsyncWrap {
  declare oncomplete?: Function;
}

/** Calls `req.oncomplete(...args)` in a turn of its own, in the poll phase. The request keeps the loop alive until then. */
export function completeRequest(env: Environment, req: any, ...args: unknown[]): void {
  env.loop.enqueue(() => {
    const { oncomplete } = req;
    if (typeof oncomplete === 'function') env.makeCallback(req, oncomplete, ...args);
  });
}
