/** `internalBinding('messaging')`: message ports, structured clones and `DOMException`. */

import type { Environment } from '../environment';
import { messagingOf } from '../messaging/message-port';
import { PortEnd } from '../messaging/port-end';
import { codedError } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const messaging = messagingOf(env);
  const { attachments } = messaging;
  const { DOMException, QuotaExceededError } = env.perContext;
  return {
    MessagePort: messaging.MessagePort,
    MessageChannel: function (this: object) {
      if (new.target === undefined) throw codedError('ERR_CONSTRUCT_CALL_REQUIRED', "Class constructor MessageChannel cannot be invoked without `new`", TypeError);
      const [first, second] = PortEnd.pair(env, attachments);
      Object.assign(this, { port1: messaging.create(first), port2: messaging.create(second) });
    },
    broadcastChannel: (name: string) => messaging.create(PortEnd.ofPort(env, attachments, env.sys.portChannel(name))),
    stopMessagePort: messaging.stop,
    drainMessagePort: messaging.drain,
    receiveMessageOnPort: messaging.receive,
    checkMessagePort: messaging.isPort,
    moveMessagePortToContext(port: unknown, context: unknown) {
      if (!messaging.isPort(port)) throw codedError('ERR_INVALID_ARG_TYPE', 'The "port" argument must be a MessagePort instance', TypeError);
      if (messaging.isDetached(port)) throw codedError('ERR_CLOSED_MESSAGE_PORT', 'Cannot send data on closed MessagePort');
      const contextified = typeof context === 'object' && context !== null
        && (context as any)[env.privateSymbols.contextify_context_private_symbol!] !== undefined;
      if (!contextified) throw codedError('ERR_INVALID_ARG_TYPE', 'Invalid context argument', TypeError);
      return messaging.move(port);
    },
    structuredClone: (value: unknown, options: { transfer?: unknown[] } = {}) => messaging.structuredClone(value, options.transfer ?? []),
    DOMException,
    /** Of its own kind since Node 26. */
    ...(QuotaExceededError ? { QuotaExceededError } : {}),
    exposeLazyDOMExceptionProperty(target: object) {
      Object.defineProperty(target, 'DOMException', { configurable: true, enumerable: false, writable: true, value: DOMException });
    },
    setDeserializerCreateObjectFunction(create: (info: string) => any) {
      env.createDeserialized = create;
    },
  };
}
