/** What the kernel tells this thread of its message ports and of the threads it made. */

import { MAILBOX, POLLIN } from '../../syscalls';
import type { Environment } from '../environment';

interface Listeners {
  ports: Map<number, () => void>;
  threads: Map<number, () => void>;
}

const listening = new WeakMap<Environment, Listeners>();

function listenersOf(env: Environment): Listeners {
  let listeners = listening.get(env);
  if (!listeners) {
    const { ports, threads } = (listeners = { ports: new Map(), threads: new Map() });
    listening.set(env, listeners);
    env.loop.signalsAreShared = true;
    env.loop.watch(MAILBOX, POLLIN, () => {
      for (const news of env.sys.takeNews()) {
        if ('port' in news) ports.get(news.port)?.();
        else threads.get(news.endedThread)?.();
      }
    });
  }
  return listeners;
}

/** Calls `listener` when a port has got messages, or its other end was closed. */
export function onPortNews(env: Environment, port: number, listener: () => void): void {
  listenersOf(env).ports.set(port, listener);
}

export function forgetPort(env: Environment, port: number): void {
  listenersOf(env).ports.delete(port);
}

/** Calls `listener` when a thread that this one made has ended. */
export function onThreadEnd(env: Environment, thread: number, listener: () => void): void {
  listenersOf(env).threads.set(thread, listener);
}

export function forgetThread(env: Environment, thread: number): void {
  listenersOf(env).threads.delete(thread);
}
