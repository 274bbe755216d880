/** The kernel's worker, and the process workers that the page starts where the kernel's worker cannot (see `host/guest-link.ts`). */

import type { ConnectMessage, WorkerOrder } from '../host/guest-link';
import type { BootMessage } from './protocol';

export class HostWorker {
  private readonly worker: Worker;
  private readonly guests = new Map<number, Worker>();

  constructor(private readonly url: string) {
    this.worker = new Worker(url, { name: 'wosix kernel' });
    this.worker.addEventListener('message', ({ data }: MessageEvent<WorkerOrder>) => this.obey(data));
  }

  /** Rejects when the worker fails before it can answer. */
  get failure(): Promise<never> {
    return new Promise((_, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message ?? `cannot load ${this.url}`));
    });
  }

  boot(message: BootMessage): void {
    this.worker.postMessage(message, [message.port]);
  }

  terminate(): void {
    this.worker.terminate();
    for (const guest of this.guests.values()) guest.terminate();
    this.guests.clear();
  }

  private obey(order: WorkerOrder): void {
    switch (order.type) {
      case 'start-worker': {
        const guest = new Worker(order.url, { name: order.name });
        this.guests.set(order.id, guest);
        guest.onerror = (event) => {
          event.preventDefault();
          this.worker.postMessage({ type: 'worker-error', id: order.id, text: event.message ? `${event.message} (${event.filename}:${event.lineno})` : undefined });
        };
        guest.postMessage({ type: 'connect', port: order.port } satisfies ConnectMessage, [order.port]);
        return;
      }
      case 'terminate-worker':
        this.guests.get(order.id)?.terminate();
        this.guests.delete(order.id);
        return;
    }
  }
}
