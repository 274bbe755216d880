/**
 * `MessagePort`, `MessageChannel` and what `BroadcastChannel` is built on. A message is delivered in a turn of the loop; a port keeps
 * its thread alive while it is referenced, which the library does while somebody listens.
 */

import type { Environment } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { codedError } from '../uv-errors';
import { deserialize, serialize, type PortKind } from './message';
import { PortEnd } from './port-end';
import { Attachments } from './wire';

/** Messages that a port delivers before others have their turn, unless more had come before. */
const BATCH = 1000;

export interface MessagePort {
  postMessage(message: unknown, transfer?: unknown): boolean | undefined;
  start(): void;
  close(callback?: Function): void;
  ref(): void;
  unref(): void;
  hasRef(): boolean | undefined;
}

/** The binding's functions, and what other bindings need of ports. */
export interface Messaging {
  readonly attachments: Attachments;
  /** The constructor that the library shows: it only throws. */
  readonly MessagePort: Function;
  isPort(value: unknown): value is MessagePort;
  isDetached(port: MessagePort): boolean;
  create(end: PortEnd): MessagePort;
  stop(port: unknown): void;
  /** Delivers at once what has arrived. */
  drain(port: unknown): void;
  /** The oldest message, or the symbol that says there is none. */
  receive(port: unknown): unknown;
  /** The same port as another object; the old one is closed. */
  move(port: MessagePort): MessagePort;
  structuredClone(value: unknown, transfer: readonly unknown[]): unknown;
}

const created = new WeakMap<Environment, Messaging>();

export function messagingOf(env: Environment): Messaging {
  let messaging = created.get(env);
  if (!messaging) created.set(env, (messaging = createMessaging(env)));
  return messaging;
}

/** What is behind a `MessagePort`, whose own prototype belongs to the library. */
class PortHandle extends HandleWrap {
  #end: PortEnd | undefined;
  #receiving = false;
  #posted = false;

  constructor(env: Environment, private readonly port: object, private readonly kind: PortKind) {
    super(env, 'MESSAGEPORT', port);
  }

  attach(end: PortEnd): void {
    this.#end = end;
    end.owner = { onNews: () => this.#post() };
    this.setActive(true);
    const init = (this.port as any)[this.env.perIsolateSymbols.oninit!];
    if (typeof init === 'function') init.call(this.port);
    if (end.mayHaveNews) this.#post();
  }

  get isDetached(): boolean {
    return this.#end === undefined || this.isClosing;
  }

  /** Takes the channel's end away; the port itself is closed. */
  detach(): PortEnd {
    const end = this.#end!;
    this.#end = undefined;
    end.owner = undefined;
    this.close();
    return end;
  }

  postMessage(message: unknown, transfer: unknown[]): boolean | undefined {
    const end = this.#end;
    const encoded = serialize(this.env, this.kind, message, transfer, this.port);
    if (!end || this.isClosing) return undefined;
    if (end.send(encoded) === 'lost') {
      this.env.process.emitWarning('The target port was posted to itself, and the communication channel was lost');
    }
    return true;
  }

  start(): void {
    if (!this.#end) return;
    this.#receiving = true;
    this.#post();
  }

  stop(): void {
    this.#receiving = false;
  }

  /** `undefined` when it is nobody's any more. */
  get referenced(): boolean | undefined {
    return this.isClosed ? undefined : this.hasRef();
  }

  drain(): void {
    while (this.#end && this.#deliver(true));
  }

  receive(): unknown {
    const message = this.#end?.receive() ?? 'closed';
    if (message === 'closed') this.close();
    return typeof message === 'string' ? this.env.perIsolateSymbols.no_message_symbol! : deserialize(this.env, this.kind, message, []);
  }

  /** Has the loop look at this port. */
  #post(): void {
    if (this.#posted || !this.#end) return;
    this.#posted = true;
    this.env.loop.post({
      limit: BATCH,
      step: (more) => {
        this.#posted = false;
        const delivered = this.#end !== undefined && this.#deliver(false);
        if (delivered && !more) this.#post();
        return delivered;
      },
    });
  }

  /** Delivers a message. Answers whether there may be another. */
  #deliver(force: boolean): boolean {
    const { env, kind, port } = this;
    const end = this.#end!;
    // Who does not listen is still told of the end, when nothing waits before it.
    if (!this.#receiving && !force) {
      if (end.isOver) this.close();
      return false;
    }
    const message = end.receive();
    if (message === 'closed') this.close();
    if (typeof message === 'string') return false;
    const { emitMessage } = env.perContext;
    const hasObjects = message.objects.length > 0;
    const ports: object[] = [];
    let data: unknown;
    try {
      data = deserialize(env, kind, message, ports);
    } catch (error) {
      env.makeCallback(this, () => emitMessage.call(port, error, undefined, 'messageerror'));
      return true;
    }
    env.makeCallback(this, () => emitMessage.call(port, data, hasObjects ? ports : undefined, 'message'));
    return true;
  }

  override close(callback?: Function): void {
    super.close(() => {
      // Until now it got what had arrived.
      this.#end?.close();
      this.#end = undefined;
      const onclose = (this.port as any)[this.env.perIsolateSymbols.handle_onclose!];
      if (typeof onclose === 'function') onclose.call(this.port);
      callback?.call(this.port);
    });
  }

  protected override onClose(): void {
    this.setActive(false);
  }
}

function createMessaging(env: Environment): Messaging {
  const attachments = new Attachments(env);
  const handles = new WeakMap<object, PortHandle>();
  /** Hooks see a port before there is anything behind it. */
  let beingMade: object | undefined;

  /** Also the library sees what is behind a port: nothing while it is being made. */
  function handleOf(port: object): PortHandle | undefined {
    const handle = handles.get(port);
    if (!handle && port !== beingMade) throw new TypeError('Illegal invocation');
    return handle;
  }

  // Made as a property, which keeps its name in the bundle.
  const { MessagePort } = {
    MessagePort: function () {
      throw codedError('ERR_CONSTRUCT_CALL_INVALID', 'Constructor cannot be called', TypeError);
    },
  };
  const methods: MessagePort = {
    postMessage(message, transfer) {
      const handle = handleOf(this)!;
      if (arguments.length === 0) throw codedError('ERR_MISSING_ARGS', 'Not enough arguments to MessagePort.postMessage', TypeError);
      return handle.postMessage(message, transferList(transfer));
    },
    start() { handleOf(this)!.start(); },
    close(callback) { handleOf(this)!.close(callback); },
    ref() { handleOf(this)!.ref(); },
    unref() { handleOf(this)!.unref(); },
    hasRef() {
      const handle = handleOf(this);
      return handle ? handle.referenced : false;
    },
  };
  Object.assign(MessagePort.prototype, methods);

  function create(end: PortEnd): MessagePort {
    const port = Object.create(MessagePort.prototype) as MessagePort;
    beingMade = port;
    let handle: PortHandle;
    try {
      handle = new PortHandle(env, port, kind);
    } finally {
      beingMade = undefined;
    }
    handles.set(port, handle);
    handle.attach(end);
    return port;
  }

  const isPort = (value: unknown): value is MessagePort => typeof value === 'object' && value !== null && handles.has(value);
  const kind: PortKind = {
    is: isPort,
    isDetached: (port) => handles.get(port)!.isDetached,
    detach: (port) => handles.get(port)!.detach(),
    create,
  };

  return {
    attachments,
    MessagePort,
    isPort,
    isDetached: kind.isDetached,
    create,
    stop: (port) => handles.get(port as object)?.stop(),
    drain: (port) => handles.get(port as object)?.drain(),
    receive(port) {
      if (!isPort(port)) throw codedError('ERR_INVALID_ARG_TYPE', 'The "port" argument must be a MessagePort instance', TypeError);
      return handles.get(port)!.receive();
    },
    move: (port) => create(kind.detach(port)),
    structuredClone: (value, transfer) => deserialize(env, kind, serialize(env, kind, value, transfer), []),
  };
}

/** The second argument of `postMessage`: a list, or options with one. */
function transferList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') throw notIterable('transferList');
  const list = readIterable(value);
  if (list) return list;
  const { transfer } = value as { transfer?: unknown };
  if (transfer === undefined) return [];
  return readIterable(transfer) ?? fail(notIterable('options.transfer'));
}

/** What an iterable yields; undefined for what breaks the protocol. */
function readIterable(value: unknown): unknown[] | undefined {
  const isObject = (candidate: unknown): candidate is object => (typeof candidate === 'object' && candidate !== null) || typeof candidate === 'function';
  if (!isObject(value)) return undefined;
  if (Array.isArray(value)) return [...value];
  const method = (value as any)[Symbol.iterator];
  if (typeof method !== 'function') return undefined;
  const iterator = method.call(value);
  if (!isObject(iterator)) return undefined;
  const { next } = iterator as any;
  if (typeof next !== 'function') return undefined;
  const items: unknown[] = [];
  for (;;) {
    const result = next.call(iterator);
    if (!isObject(result)) return undefined;
    if ((result as any).done) return items;
    items.push((result as any).value);
  }
}

function notIterable(what: string): Error {
  return codedError('ERR_INVALID_ARG_TYPE', `Optional ${what} argument must be an iterable`, TypeError);
}

function fail(error: Error): never {
  throw error;
}
