/**
 * `MessagePort`, `MessageChannel` and `BroadcastChannel` over the browser's. A message is delivered in a turn of the loop; a port keeps the
 * process alive while it is referenced, which the library does while somebody listens.
 */

import { AsyncWrap } from './async-wrap';
import { HandleWrap } from './handle-wrap';
import type { Environment } from './environment';
import { decodeNodeObjects, encodeNodeObjects } from './structured-clone';

interface Delivered {
  data: unknown;
  ports: unknown[];
}

export function createMessagePorts(env: Environment, emitMessage: (this: object, data: unknown, ports: unknown[], type: string) => void): Record<string, unknown> {
  const { host } = env;
  const symbols = env.perIsolateSymbols;
  const wrappers = new WeakMap<MessagePort, NodePort>();
  const noMessage = symbols.no_message_symbol!;

  /** Constructing one is for the binding only, as in Node. */
  class NodePort extends HandleWrap {
    #port!: MessagePort | BroadcastChannel;
    #queue: Delivered[] = [];
    #receiving = false;
    #scheduled = false;

    attach(port: MessagePort | BroadcastChannel): void {
      this.#port = port;
      if (port instanceof host.MessagePort) wrappers.set(port, this);
      env.loop.expectExternal(1);
      port.onmessage = (event: MessageEvent) => {
        if (event.data === CLOSED) return this.#closedByPeer();
        this.#queue.push({ data: event.data, ports: event.ports.map(wrap) });
        this.#schedule();
      };
      this.setActive(true);
      const init = (this as any)[symbols.oninit!];
      if (typeof init === 'function') init.call(this);
    }

    get raw(): MessagePort | BroadcastChannel {
      return this.#port;
    }

    postMessage(message: unknown, transferOrOptions?: unknown): boolean | undefined {
      if (this.isClosing) return undefined;
      const list = (Array.isArray(transferOrOptions) ? transferOrOptions : ((transferOrOptions as any)?.transfer ?? [])) as object[];
      const encoded = encodeNodeObjects(env, replacePorts(message, list));
      try {
        if (this.#port instanceof host.MessagePort) this.#port.postMessage(encoded, list.map(unwrap));
        else this.#port.postMessage(encoded);
      } catch (error) {
        throw asNodeException(error);
      }
      return true;
    }

    start(): void {
      this.#receiving = true;
      this.#schedule();
    }

    stop(): void {
      this.#receiving = false;
    }

    /** Delivers at once what has arrived. */
    drainQueue(): void {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#deliver(next);
    }

    takeMessage(): unknown {
      const next = this.#queue.shift();
      return next ? decodeNodeObjects(env, next.data) : noMessage;
    }

    #schedule(): void {
      if (this.#scheduled || !this.#receiving || this.#queue.length === 0) return;
      this.#scheduled = true;
      env.loop.enqueueExternal(() => {
        this.#scheduled = false;
        if (!this.#receiving) return;
        const next = this.#queue.shift();
        if (next) this.#deliver(next);
        this.#schedule();
      });
    }

    #deliver({ data, ports }: Delivered): void {
      env.makeCallback(this, () => emitMessage.call(this, decodeNodeObjects(env, data), ports, 'message'));
    }

    #closedByPeer(): void {
      env.loop.enqueueExternal(() => this.close());
    }

    override close(callback?: Function): void {
      if (!this.isClosing && this.#port instanceof host.MessagePort) this.#port.postMessage(CLOSED);
      // Not `super`, which the library changes.
      HandleWrap.prototype.close.call(this, () => {
        const onclose = (this as any)[symbols.handle_onclose!];
        if (typeof onclose === 'function') onclose.call(this);
        callback?.call(this);
      });
    }

    protected override onClose(): void {
      env.loop.expectExternal(-1);
      this.#port.onmessage = null;
      this.#port.close();
      this.setActive(false);
    }
  }

  // The library gives this prototype a new parent; what it keeps of ours has to be its own.
  for (const parent of [AsyncWrap.prototype, HandleWrap.prototype]) {
    for (const name of Object.getOwnPropertyNames(parent)) {
      if (name === 'constructor' || Object.hasOwn(NodePort.prototype, name)) continue;
      Object.defineProperty(NodePort.prototype, name, Object.getOwnPropertyDescriptor(parent, name)!);
    }
  }

  function MessagePort(): never {
    throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_CONSTRUCT_CALL_INVALID' });
  }
  MessagePort.prototype = NodePort.prototype;
  Object.defineProperty(MessagePort, 'name', { configurable: true, value: 'MessagePort' }); // Whatever the bundler calls it.
  Object.defineProperty(NodePort.prototype, 'constructor', { configurable: true, writable: true, value: MessagePort });

  function wrap(port: MessagePort | BroadcastChannel): NodePort {
    const known = port instanceof host.MessagePort ? wrappers.get(port) : undefined;
    if (known) return known;
    const wrapper = new NodePort(env, 'MESSAGEPORT');
    wrapper.attach(port);
    return wrapper;
  }

  const unwrap = (value: object): Transferable => (value instanceof NodePort ? (value.raw as MessagePort) : (value as Transferable));

  /** Ports in the message itself go by their raw selves. */
  function replacePorts(message: unknown, list: object[]): unknown {
    if (list.some((item) => item instanceof NodePort) && message instanceof NodePort) return unwrap(message);
    if (typeof message !== 'object' || message === null || !list.some((item) => item instanceof NodePort)) return message;
    const copy: any = Array.isArray(message) ? [...message] : { ...message };
    for (const key of Object.keys(copy)) if (copy[key] instanceof NodePort) copy[key] = unwrap(copy[key]);
    return copy;
  }

  /** The browser's `DOMException` as Node's. */
  function asNodeException(error: unknown): unknown {
    if (error instanceof host.DOMException) return new env.perContext.DOMException(error.message, error.name);
    return error;
  }

  return {
    MessagePort,
    MessageChannel: class MessageChannel {
      port1: NodePort;
      port2: NodePort;
      constructor() {
        const { port1, port2 } = new host.MessageChannel();
        this.port1 = wrap(port1);
        this.port2 = wrap(port2);
      }
    },
    broadcastChannel: (name: string) => wrap(new host.BroadcastChannel(name)),
    stopMessagePort: (port: NodePort) => port.stop?.(),
    drainMessagePort: (port: NodePort) => port.drainQueue?.(),
    receiveMessageOnPort: (port: NodePort) => (port instanceof NodePort ? port.takeMessage() : undefined),
    moveMessagePortToContext: (port: NodePort) => port,
    structuredClone(value: unknown, options: { transfer?: object[] } = {}) {
      const transfer = options.transfer ?? [];
      try {
        const encoded = encodeNodeObjects(env, replacePorts(value, transfer));
        return decodeNodeObjects(env, host.structuredClone(encoded, { transfer: transfer.map(unwrap) }));
      } catch (error) {
        throw asNodeException(error);
      }
    },
  };
}

/** Tells the other end that this one is closed; browsers do not. */
const CLOSED = 'wosix:port-closed';
