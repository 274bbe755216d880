/** Reactions of the runtime's own, on promises of the guest's: no hook and no continuation frame sees them. */

const { apply } = Reflect;

export const engineThen = Promise.prototype.then;

/** `promise.then(...)`, as the engine has it. */
export function react<T>(promise: Promise<T>, onFulfilled?: (value: T) => void, onRejected?: (reason: unknown) => void): Promise<unknown> {
  return apply(engineThen, promise, [onFulfilled, onRejected]);
}

/** Keeps a rejection from being reported, which is seen elsewhere. */
export function ignoreRejection(promise: Promise<unknown>): void {
  react(promise, undefined, () => {});
}
