/** The base of long-lived things the event loop watches: sockets, terminals, children, signals, file watchers. */

import { AsyncWrap } from './async-wrap';
import type { Environment } from './environment';

/**
 * `HandleWrap`. A handle keeps the loop alive while it is *active* (it may still call back), *referenced* and not closing;
 * closing keeps it alive until the close callback has run.
 */
export abstract class HandleWrap extends AsyncWrap {
  readonly #env: Environment;
  #active = false;
  #referenced = true;
  #counted = false;
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(env: Environment, provider: string, resource?: object) {
    super(env, provider, resource);
    this.#env = env;
    env.loop.resources.handles.add(this);
  }

  protected get env(): Environment {
    return this.#env;
  }

  hasRef(): boolean {
    return this.#referenced && this.#state !== 'closed';
  }

  ref(): void {
    this.#referenced = true;
    this.#count();
  }

  unref(): void {
    this.#referenced = false;
    this.#count();
  }

  /** Releases what is behind the handle; `callback` is called, with the handle as `this`, in the close phase. */
  close(callback?: Function): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#count();
    this.onClose();
    this.env.loop.enqueueClose(() => {
      this.#state = 'closed';
      this.env.loop.resources.handles.delete(this);
      if (typeof callback === 'function') this.env.makeCallback(this, callback);
      this.emitDestroy();
    });
  }

  /** Whether `close` was called. */
  protected get isClosing(): boolean {
    return this.#state !== 'open';
  }

  /** Whether closing is over, too. */
  protected get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Says whether the handle may call back from now on. */
  protected setActive(active: boolean): void {
    this.#active = active;
    this.#count();
  }

  /** Releases descriptors, watchers and the like; called once. */
  protected abstract onClose(): void;

  /** Calls the method `name` that the library put on this handle, from inside a turn of the loop. */
  protected callback(name: string, ...args: unknown[]): unknown {
    const fn = (this as any)[name];
    return typeof fn === 'function' ? this.env.makeCallback(this, fn, ...args) : undefined;
  }

  #count(): void {
    const counts = this.#active && this.#referenced && this.#state === 'open';
    if (counts === this.#counted) return;
    this.#counted = counts;
    if (counts) this.#env.loop.ref();
    else this.#env.loop.unref();
  }
}
