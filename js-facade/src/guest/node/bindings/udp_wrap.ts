/** `internalBinding('udp_wrap')`: the classes that `dgram` needs. A browser has no datagrams, so every use answers ENOTSUP. */

import { RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { UV } from '../uv-errors';

const UV_UDP_IPV6ONLY = 1, UV_UDP_REUSEADDR = 4, UV_UDP_REUSEPORT = 64;

const UNSUPPORTED = [
  'open', 'bind', 'bind6', 'connect', 'connect6', 'send', 'send6', 'disconnect', 'getpeername', 'getsockname', 'addMembership',
  'dropMembership', 'addSourceSpecificMembership', 'dropSourceSpecificMembership', 'setMulticastInterface', 'setMulticastTTL',
  'setMulticastLoopback', 'setBroadcast', 'setTTL', 'recvStart', 'recvStop',
];

export function create(env: Environment): Record<string, unknown> {
  class UDP extends HandleWrap {
    constructor() {
      super(env, 'UDPWRAP');
    }

    get fd(): number {
      return UV.EBADF;
    }

    /** Answers nothing and tells the error in `context`, as the library expects of this one. */
    bufferSize(_size: number, isReceive: boolean, context: { errno?: number; code?: string; message?: string; syscall?: string }): undefined {
      context.errno = UV.ENOTSUP;
      context.code = 'ENOTSUP';
      context.message = 'operation not supported on socket';
      context.syscall = isReceive ? 'uv_recv_buffer_size' : 'uv_send_buffer_size';
      return undefined;
    }

    getSendQueueSize(): number {
      return 0;
    }

    getSendQueueCount(): number {
      return 0;
    }

    protected override onClose(): void {}
  }
  for (const name of UNSUPPORTED) {
    Object.defineProperty(UDP.prototype, name, { value: () => UV.ENOTSUP, writable: true, configurable: true });
  }

  class SendWrap extends RequestWrap {
    constructor() {
      super(env, 'UDPSENDWRAP');
    }
  }

  return { UDP, SendWrap, constants: { UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT } };
}
