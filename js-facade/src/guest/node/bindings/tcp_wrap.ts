/** `internalBinding('tcp_wrap')`: TCP sockets and servers on the kernel's loopback. */

import { RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { StreamHandle } from '../stream-handle';
import { UV } from '../uv-errors';

const SOCKET = 0, SERVER = 1;
const UV_TCP_IPV6ONLY = 1, UV_TCP_REUSEPORT = 2;

/** What `getsockname` and `getpeername` fill in. */
export interface AddressOut {
  address?: string;
  family?: string;
  port?: number;
}

export function create(env: Environment): Record<string, unknown> {
  const ownerSymbol: symbol = env.perIsolateSymbols.owner_symbol;

  class TCP extends StreamHandle {
    // Node's object template has these three, and `util.inspect(socket)` shows them.
    reading = false;
    onconnection: Function | null = null;
    [ownerSymbol]: unknown = null;
    /** libuv reports a port in use at the next call after `bind`, so that it is `listen` that fails. */
    #delayedError = 0;
    #typeOfService = 0;

    constructor(type: number) {
      super(env, type === SERVER ? 'TCPSERVERWRAP' : 'TCPWRAP');
    }

    open(fd: number): number {
      const kind = env.sys.handleType(fd);
      if (kind === 'INVALID') return UV.EBADF;
      if (kind !== 'TCP') return UV.ENOTSOCK;
      this.attach(fd);
      return 0;
    }

    bind(address: string, port: number, flags = 0): number {
      return this.#bind(4, address, port, flags);
    }

    bind6(address: string, port: number, flags = 0): number {
      return this.#bind(6, address, port, flags);
    }

    listen(backlog: number): number {
      if (this.#delayedError !== 0) return this.#delayedError;
      if (this.fd < 0) {
        const error = this.ensureSocket('tcp4');
        if (error < 0) return error;
      }
      return this.startListening(backlog);
    }

    connect(req: TCPConnectWrap, address: string, port: number): number {
      return this.#connect(req, 4, address, port);
    }

    connect6(req: TCPConnectWrap, address: string, port: number): number {
      return this.#connect(req, 6, address, port);
    }

    getsockname(out: AddressOut): number {
      return this.#delayedError || fillAddress(out, env.sys.sockname(this.fd));
    }

    getpeername(out: AddressOut): number {
      return fillAddress(out, env.sys.peername(this.fd));
    }

    /** The loopback never delays small segments, so there is nothing to switch off. */
    setNoDelay(_enable: boolean): number {
      return this.fd < 0 ? UV.EBADF : 0;
    }

    /** A peer on the loopback cannot vanish unnoticed, so there is nothing to probe. */
    setKeepAlive(_enable: boolean, _delay: number): number {
      return this.fd < 0 ? UV.EBADF : 0;
    }

    setSimultaneousAccepts(_enable: boolean): number {
      return 0;
    }

    setTypeOfService(value: number): number {
      if (this.fd < 0) return UV.EBADF;
      this.#typeOfService = value;
      return 0;
    }

    getTypeOfService(): number {
      return this.fd < 0 ? UV.EBADF : this.#typeOfService;
    }

    /** Closes without the orderly end; what the peer has not read is lost to it. */
    reset(callback?: Function): number {
      if (this.isClosing) return 0;
      const fd = this.detach();
      if (fd >= 0) env.sys.abort(fd, '');
      this.close(callback);
      return 0;
    }

    protected override onConnection(fd: number): void {
      if (fd < 0) {
        this.callback('onconnection', fd);
        return;
      }
      const client = new TCP(SOCKET);
      client.attach(fd);
      this.callback('onconnection', 0, client);
    }

    #bind(family: 4 | 6, address: string, port: number, flags: number): number {
      const error = this.ensureSocket(family === 4 ? 'tcp4' : 'tcp6');
      if (error < 0) return error;
      if ((flags & UV_TCP_REUSEPORT) !== 0) env.sys.setSocketOption(this.fd, 'reusePort', 1);
      if (family === 6 && (flags & UV_TCP_IPV6ONLY) !== 0) env.sys.setSocketOption(this.fd, 'v6Only', 1);
      const result = env.sys.bind(this.fd, { family, address, port });
      if (result === EADDRINUSE) this.#delayedError = result;
      else if (result < 0) return result;
      return 0;
    }

    #connect(req: TCPConnectWrap, family: 4 | 6, address: string, port: number): number {
      if (this.#delayedError !== 0) return this.#delayedError;
      const error = this.ensureSocket(family === 4 ? 'tcp4' : 'tcp6');
      if (error < 0) return error;
      const result = env.sys.connect(this.fd, { family, address, port }, true);
      // As in libuv, a refused connection is reported by the request and everything else at once.
      if (result < 0 && result !== UV.EINPROGRESS && result !== UV.ECONNREFUSED) return result;
      this.finishConnect(req, result);
      return 0;
    }
  }

  class TCPConnectWrap extends RequestWrap {
    constructor() {
      super(env, 'TCPCONNECTWRAP');
    }
  }

  return { TCP, TCPConnectWrap, constants: { SOCKET, SERVER, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT } };
}

const EADDRINUSE = -98;

/** Writes what a call answered into `out`; answers its error number otherwise. */
export function fillAddress(out: AddressOut, answer: ReturnType<Environment['sys']['sockname']>): number {
  if (typeof answer === 'number') return answer;
  if (!('address' in answer)) return UV.EINVAL;
  out.address = answer.address;
  out.family = answer.family === 6 ? 'IPv6' : 'IPv4';
  out.port = answer.port;
  return 0;
}
