/**
 * The life of a process worker: take the Web Lock that proves it lives, instantiate the kernel, warm the runtime up, then run one
 * process after another (or just one, when the runtime leaves traces behind).
 */

import { instantiateKernel } from './kernel';
import { KernelPanic, ProcessExit, type Syscalls } from './syscalls';
import type { ConnectMessage } from '../host/guest-link';
import type { Attachments, GuestMessage, InitMessage, RunMessage, Runtime, WorkerMessage } from './worker';

/** What we use of DedicatedWorkerGlobalScope; saved before a runtime replaces globals. */
interface WorkerScope {
  postMessage(message: WorkerMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<GuestMessage | ConnectMessage>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  addEventListener(type: 'unhandledrejection', listener: (event: PromiseRejectionEvent) => void): void;
  close(): void;
}

/** Makes this worker a process worker of `runtime`. Call it once, at the top of the worker's script. */
export function startWorker(runtime: Runtime): void {
  const scope = self as unknown as WorkerScope;
  let post: (message: WorkerMessage) => void = scope.postMessage.bind(scope);
  const close = scope.close.bind(scope);
  let attach: ((pid: number, thread: number) => Syscalls) | null = null;
  /** Who waits for what another thread attached. */
  const fetching = new Map<string, ((value: unknown) => void)[]>();
  /** Who waits for the answer to `ask-node`. */
  let tellNode: ((version: string) => void) | null = null;
  /** The process that runs now has ended and the host knows. */
  let over = true;
  /** This worker runs no process any more. */
  let ended = false;

  const finish = () => {
    if (over) return;
    over = true;
    ended = !runtime.reusable;
    post({ type: runtime.reusable ? 'idle' : 'done' });
  };

  const fail = (error: unknown) => {
    if (error instanceof ProcessExit) finish();
    // Nothing of ours is on the stack any more: the safest moment to end this thread. Whatever else fails in it now is nobody's.
    if (ended) return close();
    if (error instanceof ProcessExit) return;
    if (error instanceof KernelPanic) return post({ type: 'panic', message: error.message });
    const message = error instanceof Error ? (error.stack?.includes(error.message) ? error.stack : `${error}\n${error.stack ?? ''}`) : String(error);
    post({ type: 'broken', message });
  };

  const attachments: Attachments = {
    attach: (key, value, count) => post({ type: 'attach', key, value, count }),
    release: (key) => post({ type: 'release', key }),
    fetch(key, arrived) {
      const waiting = fetching.get(key);
      if (waiting) waiting.push(arrived);
      else fetching.set(key, [arrived]);
      post({ type: 'fetch', key });
    },
  };

  const init = async (message: InitMessage) => {
    await takeLock(message.lock);
    attach = await instantiateKernel(message.kernel, message.memory, message.block);
    const { assets, modules, settings, thread, node } = message;
    await runtime.warm({
      assets, modules, settings, thread, node, attachments,
      askNode: () => new Promise((resolve) => {
        tellNode = resolve;
        post({ type: 'ask-node' });
      }),
      compiled: (name, module) => post({ type: 'module', name, module }),
      progress: (progress) => post({ type: 'progress', progress }),
    });
    post({ type: 'ready' });
  };

  const run = async ({ pid, thread }: RunMessage) => {
    if (!attach) throw new Error('told to run a process before the worker was ready');
    over = false;
    const sys = attach(pid, thread);
    if (!runtime.reusable) announceExitEarly(sys, finish);
    await runtime.run(sys);
    // A runtime ends a process by `exit`; falling off its end means exit code 0.
    if (!over) sys.exit(0);
  };

  // Not by `catch`: guest code that ran meanwhile may have changed it.
  const guarded = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      fail(error);
    }
  };

  const receive = ({ data }: MessageEvent<GuestMessage | ConnectMessage>) => {
    if (data?.type === 'init') void guarded(init(data));
    else if (data?.type === 'run') void guarded(run(data));
    else if (data?.type === 'node') tellNode!(data.version);
    else if (data?.type === 'attachment') {
      const waiting = fetching.get(data.key)!;
      const arrived = waiting.shift()!;
      if (waiting.length === 0) fetching.delete(data.key);
      arrived(data.value);
    } else if (data?.type === 'connect') {
      post = data.port.postMessage.bind(data.port);
      data.port.onmessage = receive;
    }
  };
  scope.addEventListener('message', receive);
  // `exit` throws through guest callbacks, which may run in a turn of their own.
  scope.addEventListener('error', (event) => {
    if (!(ended || event.error instanceof ProcessExit || event.error instanceof KernelPanic)) return;
    event.preventDefault();
    fail(event.error);
  });
  scope.addEventListener('unhandledrejection', (event) => {
    if (!(ended || event.reason instanceof ProcessExit || event.reason instanceof KernelPanic)) return;
    event.preventDefault();
    fail(event.reason);
  });
}

/** Resolves when the lock is ours; it is released only by the end of this worker. */
function takeLock(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    }).catch(reject);
  });
}

/**
 * Tells the host at `exit` itself instead of when {@link ProcessExit} has come through: guest code may catch that, and would then run on
 * in a process that does not exist any more.
 */
function announceExitEarly(sys: Syscalls, finish: () => void): void {
  const exit = sys.exit.bind(sys);
  sys.exit = (code: number): never => {
    try {
      return exit(code);
    } finally {
      finish();
    }
  };
  const exec = sys.exec.bind(sys);
  sys.exec = (file, args, env): number => {
    try {
      return exec(file, args, env);
    } catch (error) {
      if (error instanceof ProcessExit) finish();
      throw error;
    }
  };
}
