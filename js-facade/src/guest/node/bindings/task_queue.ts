/** `internalBinding('task_queue')`: nextTicks, microtasks, and promises that were rejected without a handler. */

import { resetContinuationFrame } from '../continuation-frame';
import type { Environment } from '../environment';

const kPromiseRejectWithNoHandler = 0;
const kPromiseHandlerAddedAfterReject = 1;

type RejectCallback = (type: number, promise: Promise<unknown>, reason: unknown) => void;

export function create(env: Environment): Record<string, unknown> {
  const { host, loop } = env;
  const { hooks } = loop;
  let rejected: RejectCallback | undefined;

  // The browser tells of them once the microtasks are done, which is when Node looks at them too.
  host.addEventListener('unhandledrejection', (event: PromiseRejectionEvent) => {
    if (!rejected || env.isInternalRejection(event.reason)) return;
    event.preventDefault();
    env.stacks.materialize(event.reason);
    rejected(kPromiseRejectWithNoHandler, event.promise, event.reason);
  });
  host.addEventListener('rejectionhandled', (event: PromiseRejectionEvent) => {
    rejected?.(kPromiseHandlerAddedAfterReject, event.promise, undefined);
  });

  return {
    tickInfo: hooks.tickInfo,
    promiseRejectEvents: env.data.bindings.task_queue.promiseRejectEvents,
    enqueueMicrotask(callback: () => void) {
      host.queueMicrotask(() => {
        resetContinuationFrame();
        try {
          callback();
        } catch (error) {
          env.fatalException(error); // Left to the browser, it would be an error of the worker.
        }
      });
    },
    setTickCallback(processTicks: typeof hooks.processTicks) {
      hooks.processTicks = () => processTicks!.call(env.process);
    },
    // Only the browser can: the library's functions that need it yield to the loop instead (scripts/node-lib/edits.mjs).
    runMicrotasks() {},
    setPromiseRejectCallback(callback: RejectCallback) {
      rejected = callback;
    },
  };
}
