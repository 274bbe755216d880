/**
 * The way from this service worker to the host of the container: a MessagePort that the relay frame brings. A service worker that was stopped has
 * lost it and asks for another.
 */

import type { ToHost, ToServiceWorker } from '../host/preview-protocol';
import type { ServiceWorkerScope, WindowClient } from './scope';

export const RELAY_PATH = '/__wosix/relay.html';
/** How long a relay frame may take to bring a port, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How often it is checked that a relay frame is still there while an answer is awaited. */
const CHECK_INTERVAL = 2_000;

/** No tab has this preview's container. */
export class NotOpenError extends Error {}

export class HostChannel {
  private port: MessagePort | null = null;
  private arrived: ((port: MessagePort) => void)[] = [];
  private readonly handlers = new Map<number, (message: ToServiceWorker) => void>();
  private nextId = 1;

  constructor(private readonly scope: ServiceWorkerScope) {}

  /** A relay frame brought a port. Requests under way on an old one go on there. */
  adopt(port: MessagePort): void {
    this.port = port;
    port.onmessage = ({ data }: MessageEvent<ToServiceWorker>) => this.handlers.get(data.id)?.(data);
    for (const resolve of this.arrived.splice(0)) resolve(port);
  }

  /** Begins an exchange: `handle` gets every message with its id. */
  async open(handle: (message: ToServiceWorker) => void): Promise<Exchange> {
    const port = this.port ?? (await this.connect());
    const id = this.nextId++;
    this.handlers.set(id, handle);
    const lost = setInterval(async () => {
      if ((await this.relays()).length > 0) return;
      this.port = null;
      handle({ type: 'error', id, code: 'ENOTOPEN', message: 'the tab with the container was closed' });
    }, CHECK_INTERVAL);
    return {
      id,
      send: (message, transfer = []) => port.postMessage(message, transfer),
      close: () => {
        clearInterval(lost);
        this.handlers.delete(id);
      },
    };
  }

  private async connect(): Promise<MessagePort> {
    const relays = await this.relays();
    if (relays.length === 0) throw new NotOpenError('this preview is not open in any tab');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new NotOpenError('the tab with the container does not answer')), CONNECT_TIMEOUT);
      this.arrived.push((port) => {
        clearTimeout(timer);
        resolve(port);
      });
      for (const relay of relays) relay.postMessage({ type: 'wosix-need-port' });
    });
  }

  private async relays(): Promise<WindowClient[]> {
    const clients = await this.scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
    return clients.filter((client) => new URL(client.url).pathname === RELAY_PATH);
  }
}

export interface Exchange {
  id: number;
  send(message: ToHost, transfer?: Transferable[]): void;
  /** No more messages are wanted. */
  close(): void;
}
