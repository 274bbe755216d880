/** Going back to the browser, for just as long as the microtasks that are queued take to run. */

import type { HostGlobals } from './environment';

/**
 * Resolves in a task of its own, when every microtask has run and the browser has told of promises that were rejected meanwhile.
 * Chosen once a worker by trying what its engine does.
 */
export type Drain = () => Promise<void>;

/**
 * Chromium delivers `Atomics.notify` to `waitAsync` as a task (2 µs). Firefox resolves the promise at once, as a microtask, and needs a message
 * (4 µs). `unhandledrejection` is a task queued at the end of the microtasks, so it comes behind the first hop and two make a drain.
 */
export async function chooseDrain(host: HostGlobals): Promise<Drain> {
  const notified = notifyHop();
  if (notified && (await isTask(notified))) {
    return async () => {
      await notified();
      await notified();
    };
  }
  const { port1, port2 } = new host.MessageChannel();
  let resolve: () => void;
  port1.onmessage = () => resolve();
  const hop = () =>
    new Promise<void>((done) => {
      resolve = done;
      port2.postMessage(null);
    });
  return async () => {
    await hop();
    await hop();
  };
}

function notifyHop(): Drain | undefined {
  const { waitAsync } = Atomics;
  if (typeof waitAsync !== 'function') return undefined;
  const word = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    const wait = waitAsync(word, 0, 0);
    Atomics.notify(word, 0);
    return wait.value as Promise<any>;
  };
}

/** Whether a long chain of microtasks ends before `hop` comes back. */
async function isTask(hop: Drain): Promise<boolean> {
  let done = false;
  void (async () => {
    for (let index = 0; index < 100; index++) await null;
    done = true;
  })();
  await hop();
  return done;
}
