/** `internalBinding('messaging')`: message ports, structured clones and `DOMException`. */

import type { Environment } from '../environment';
import { createMessagePorts } from '../message-port';

export function create(env: Environment): Record<string, unknown> {
  const { DOMException, emitMessage } = env.perContext;
  const ports = createMessagePorts(env, emitMessage);
  return {
    ...ports,
    DOMException,
    exposeLazyDOMExceptionProperty(target: object) {
      Object.defineProperty(target, 'DOMException', { configurable: true, enumerable: false, writable: true, value: DOMException });
    },
    setDeserializerCreateObjectFunction(create: (info: string) => any) {
      env.createDeserialized = create;
    },
  };
}
