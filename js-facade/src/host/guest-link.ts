/**
 * Starting a process worker, and talking with it.
 *
 * Workers of workers would do, but Firefox (153) may hang in `new Worker()` inside a worker: it waits for its debugger service to know of
 * the new worker, on the condition variable that the new worker's idle loop waits on too, and the single notification may wake the wrong
 * one. On the page's thread it does not wait. So there the page starts them for us (`api/host-worker.ts`).
 */

import type { GuestMessage, WorkerMessage } from '../guest/worker';

/** From the host to the page, where the page starts workers. */
export type WorkerOrder =
  /** Start a worker whose first message is `{type: 'connect'}` with the port. */
  | { type: 'start-worker'; id: number; url: string; name: string; port: MessagePort }
  | { type: 'terminate-worker'; id: number };

/** The first message to a worker that the page started: all others come by the port. */
export interface ConnectMessage { type: 'connect'; port: MessagePort }

export interface GuestLink {
  post(message: GuestMessage): void;
  terminate(): void;
}

export interface GuestListeners {
  message(message: WorkerMessage): void;
  /** An error that nothing inside caught, or (without a text) a script that could not be loaded. */
  error(text: string | undefined): void;
}

/** What we use of the host worker's global scope. */
interface HostScope {
  postMessage(message: WorkerOrder, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<{ type: 'worker-error'; id: number; text: string | undefined }>) => void): void;
}

const NESTED_WORKERS_HANG = /Firefox\//.test(navigator.userAgent);

export function startGuest(url: string, name: string, listeners: GuestListeners): GuestLink {
  return NESTED_WORKERS_HANG ? orderFromPage(url, name, listeners) : startNested(url, name, listeners);
}

function startNested(url: string, name: string, listeners: GuestListeners): GuestLink {
  const worker = new Worker(url, { name });
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => listeners.message(data);
  worker.onerror = (event) => {
    event.preventDefault();
    listeners.error(event.message ? `${event.message} (${event.filename}:${event.lineno})` : undefined);
  };
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
}

let nextId = 1;
const ordered = new Map<number, GuestListeners>();

function orderFromPage(url: string, name: string, listeners: GuestListeners): GuestLink {
  const scope = self as unknown as HostScope;
  if (nextId === 1) {
    scope.addEventListener('message', ({ data }) => {
      if (data.type === 'worker-error') ordered.get(data.id)?.error(data.text);
    });
  }
  const id = nextId++;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<WorkerMessage>) => listeners.message(data);
  ordered.set(id, listeners);
  scope.postMessage({ type: 'start-worker', id, url, name, port: port2 }, [port2]);
  return {
    post: (message) => port1.postMessage(message),
    terminate() {
      ordered.delete(id);
      port1.close();
      scope.postMessage({ type: 'terminate-worker', id });
    },
  };
}
