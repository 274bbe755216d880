/** `internalBinding('udp_wrap')`: datagrams inside the container. A browser has none, so nothing leads outside. */

import { POLLIN, POLLOUT } from '../../syscalls';
import { RequestWrap } from '../async-wrap';
import type { Environment, Watcher } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { parseIpv4, parseIpv6 } from '../ip-address';
import { bytesOf } from '../stream-base';
import { UV, uvErrorName, uvErrorText } from '../uv-errors';
import { fillAddress, type AddressOut } from './tcp_wrap';

const UV_UDP_IPV6ONLY = 1, UV_UDP_REUSEADDR = 4, UV_UDP_REUSEPORT = 64;

const TTL_MAX = 255;
/** Sizes of buffers are `int`s of C. */
const BUFFER_SIZE_MAX = 0x7fffffff;

interface QueuedSend {
  req: SendRequest;
  bytes: Uint8Array;
  to: { address: string; port: number } | null;
}

interface SendRequest extends RequestWrap {
  list: Uint8Array[];
}

export function create(env: Environment): Record<string, unknown> {
  class UDP extends HandleWrap {
    #fd = -1;
    #watcher: Watcher | undefined;
    #receiving = false;
    readonly #sends: QueuedSend[] = [];
    #queuedBytes = 0;

    constructor() {
      super(env, 'UDPWRAP');
    }

    get fd(): number {
      return this.#fd < 0 ? UV.EBADF : this.#fd;
    }

    open(fd: number): number {
      if (this.#fd >= 0) return UV.EBUSY;
      const kind = env.sys.handleType(fd);
      if (kind === 'INVALID') return UV.EBADF;
      if (kind !== 'UDP') return UV.EINVAL;
      this.#fd = fd;
      return 0;
    }

    bind(address: string, port: number, flags: number): number {
      return this.#bind(4, address, port, flags);
    }

    bind6(address: string, port: number, flags: number): number {
      return this.#bind(6, address, port, flags);
    }

    connect(address: string, port: number): number {
      return this.#connect(4, address, port);
    }

    connect6(address: string, port: number): number {
      return this.#connect(6, address, port);
    }

    disconnect(): number {
      return env.sys.disconnect(this.#fd);
    }

    /** Sends `list` as one datagram, to an address or, without one, to the peer. Answers its length plus one if it is done, 0 if `req` hears of it later. */
    send(req: SendRequest, list: ArrayBufferView[], count: number, ...to: [number, string, boolean] | [boolean]): number {
      return this.#send(4, req, list.slice(0, count), to);
    }

    send6(req: SendRequest, list: ArrayBufferView[], count: number, ...to: [number, string, boolean] | [boolean]): number {
      return this.#send(6, req, list.slice(0, count), to);
    }

    recvStart(): number {
      if (this.#fd < 0) return UV.EBADF;
      this.#receiving = true;
      this.#updateInterest();
      return 0;
    }

    recvStop(): number {
      this.#receiving = false;
      this.#updateInterest();
      return 0;
    }

    getsockname(out: AddressOut): number {
      return this.#fd < 0 ? UV.EBADF : fillAddress(out, env.sys.sockname(this.#fd));
    }

    getpeername(out: AddressOut): number {
      return this.#fd < 0 ? UV.EBADF : fillAddress(out, env.sys.peername(this.#fd));
    }

    addMembership(group: string, address?: string): number {
      return this.#setMembership(true, group, address);
    }

    dropMembership(group: string, address?: string): number {
      return this.#setMembership(false, group, address);
    }

    addSourceSpecificMembership(source: string, group: string, address?: string): number {
      return this.#setMembership(true, group, address, source);
    }

    dropSourceSpecificMembership(source: string, group: string, address?: string): number {
      return this.#setMembership(false, group, address, source);
    }

    /** There is one interface, the loopback; "any" chooses it too. */
    setMulticastInterface(address: string): number {
      if (this.#fd < 0) return UV.EBADF;
      const ipv4 = parseIpv4(address);
      if (ipv4 === undefined) return parseIpv6(address) === undefined ? UV.EINVAL : 0;
      return isOwnIpv4(ipv4) ? 0 : UV.EADDRNOTAVAIL;
    }

    setMulticastTTL(ttl: number): number {
      return this.#checkTtl(ttl, 0);
    }

    setTTL(ttl: number): number {
      return this.#checkTtl(ttl, 1);
    }

    setMulticastLoopback(on: number): number {
      return this.#fd < 0 ? UV.EBADF : env.sys.setSocketOption(this.#fd, 'multicastLoop', on);
    }

    setBroadcast(on: number): number {
      return this.#fd < 0 ? UV.EBADF : env.sys.setSocketOption(this.#fd, 'broadcast', on);
    }

    /** Sets a buffer's size, or asks for it with 0. Answers nothing when it fails, and says why in `context`. */
    bufferSize(size: number, isReceive: boolean, context: Record<string, unknown>): number | undefined {
      const option = isReceive ? 'receiveBuffer' : 'sendBuffer';
      const result = this.#fd < 0 ? UV.EBADF
        : size > BUFFER_SIZE_MAX ? UV.EINVAL
        : size > 0 ? env.sys.setSocketOption(this.#fd, option, size)
        : env.sys.socketOption(this.#fd, option);
      if (result >= 0) return size > 0 ? size : result;
      Object.assign(context, { errno: result, code: uvErrorName(result), message: uvErrorText(result), syscall: isReceive ? 'uv_recv_buffer_size' : 'uv_send_buffer_size' });
      return undefined;
    }

    getSendQueueSize(): number {
      return this.#queuedBytes;
    }

    getSendQueueCount(): number {
      return this.#sends.length;
    }

    protected override onClose(): void {
      this.#watcher?.close();
      this.#watcher = undefined;
      this.#receiving = false;
      if (this.#fd >= 0) env.sys.close(this.#fd);
      this.#fd = -1;
      for (const { req } of this.#sends.splice(0)) this.#completeSend(req, UV.ECANCELED, 0);
      this.#queuedBytes = 0;
    }

    /** Makes a socket of `family`, with what `flags` ask for, unless there is one. */
    #ensureSocket(family: 4 | 6, flags = 0): number {
      if (this.#fd >= 0) return 0;
      const fd = env.sys.socket(family === 4 ? 'udp4' : 'udp6');
      if (fd < 0) return fd;
      this.#fd = fd;
      if ((flags & UV_UDP_REUSEADDR) !== 0) env.sys.setSocketOption(fd, 'reuseAddress', 1);
      if ((flags & UV_UDP_REUSEPORT) !== 0) env.sys.setSocketOption(fd, 'reusePort', 1);
      if ((flags & UV_UDP_IPV6ONLY) !== 0) env.sys.setSocketOption(fd, 'v6Only', 1);
      return 0;
    }

    #bind(family: 4 | 6, address: string, port: number, flags: number): number {
      if (parse(family, address) === undefined || (family === 4 && (flags & UV_UDP_IPV6ONLY) !== 0)) return UV.EINVAL;
      const error = this.#ensureSocket(family, flags);
      return error < 0 ? error : env.sys.bind(this.#fd, { family, address, port });
    }

    /** libuv binds to any port what was not bound when it is needed. */
    #bindLater(family: 4 | 6, flags = 0): number {
      if (this.#fd >= 0) return 0;
      return this.#bind(family, family === 4 ? '0.0.0.0' : '::', 0, flags);
    }

    #connect(family: 4 | 6, address: string, port: number): number {
      if (parse(family, address) === undefined) return UV.EINVAL;
      const error = this.#bindLater(family);
      return error < 0 ? error : env.sys.connect(this.#fd, { family, address, port }, true);
    }

    #send(family: 4 | 6, req: SendRequest, list: ArrayBufferView[], rest: [number, string, boolean] | [boolean]): number {
      const to = rest.length === 1 ? null : { port: rest[0], address: rest[1] };
      if (to !== null && parse(family, to.address) === undefined) return UV.EINVAL;
      const error = this.#bindLater(family);
      if (error < 0) return error;
      const bytes = joined(list);
      if (!env.requireBuiltin('internal/options').getOptionValue('--test-udp-no-try-send')) {
        const sent = env.sys.sendTo(this.#fd, bytes, to);
        return sent < 0 ? sent : sent + 1;
      }
      this.#sends.push({ req, bytes, to });
      this.#queuedBytes += bytes.length;
      env.loop.ref();
      this.#updateInterest();
      return 0;
    }

    #setMembership(isMember: boolean, group: string, address: string | undefined, source = ''): number {
      const family = parseIpv4(group) !== undefined ? 4 : 6;
      if (parse(family, group) === undefined || (source !== '' && parse(family, source) === undefined)) return UV.EINVAL;
      const error = this.#bindLater(family, UV_UDP_REUSEADDR);
      if (error < 0) return error;
      if (typeof address === 'string') {
        const own = parse(family, address);
        if (own === undefined) return UV.EINVAL;
        if (family === 4 && !isOwnIpv4(own)) return UV.ENODEV;
      }
      return env.sys.setMembership(this.#fd, isMember, group, source);
    }

    /** Nothing goes farther than the loopback, so there are no hops to count. */
    #checkTtl(ttl: number, lowest: number): number {
      if (this.#fd < 0) return UV.EBADF;
      return ttl < lowest || ttl > TTL_MAX ? UV.EINVAL : 0;
    }

    #updateInterest(): void {
      this.setActive(this.#receiving);
      if (this.#fd < 0) return;
      const events = (this.#receiving ? POLLIN : 0) | (this.#sends.length > 0 ? POLLOUT : 0);
      if (this.#watcher !== undefined) this.#watcher.update(events);
      else if (events !== 0) this.#watcher = env.loop.watch(this.#fd, events, (revents) => this.#onReady(revents));
    }

    #onReady(revents: number): void {
      if (this.#sends.length > 0) this.#flush();
      if (this.#receiving && (revents & ~POLLOUT) !== 0) this.#receive();
    }

    /** One datagram a turn; the loop comes back while there are more. */
    #receive(): void {
      const datagram = env.sys.receiveFrom(this.#fd, true);
      if (typeof datagram === 'number') {
        if (datagram !== UV.EAGAIN && datagram !== UV.EINTR) this.callback('onmessage', datagram, this, undefined, undefined);
        return;
      }
      const { from: { address, family, port }, bytes } = datagram;
      const buffer = env.requireBuiltin('buffer').Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.callback('onmessage', bytes.length, this, buffer, { address, family: family === 6 ? 'IPv6' : 'IPv4', port });
    }

    #flush(): void {
      for (const { req, bytes, to } of this.#sends.splice(0)) {
        this.#queuedBytes -= bytes.length;
        const sent = env.sys.sendTo(this.#fd, bytes, to);
        this.#completeSend(req, Math.min(sent, 0), Math.max(sent, 0));
      }
      this.#updateInterest();
    }

    #completeSend(req: SendRequest, status: number, sent: number): void {
      env.loop.unref();
      env.loop.enqueue(() => {
        if (typeof req.oncomplete === 'function') env.makeCallback(req, req.oncomplete, status, sent);
      });
    }
  }

  class SendWrap extends RequestWrap {
    constructor() {
      super(env, 'UDPSENDWRAP');
    }
  }

  return { UDP, SendWrap, constants: { UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT } };
}

function parse(family: 4 | 6, address: string): Uint8Array | undefined {
  return family === 4 ? parseIpv4(address) : parseIpv6(address);
}

/** Whether an IPv4 address may stand for the loopback interface: 127.0.0.0/8, or "any". */
function isOwnIpv4(bytes: Uint8Array): boolean {
  return bytes[0] === 127 || bytes.every((byte) => byte === 0);
}

function joined(list: ArrayBufferView[]): Uint8Array {
  if (list.length === 1) return bytesOf(list[0]);
  const bytes = new Uint8Array(list.reduce((total, { byteLength }) => total + byteLength, 0));
  let at = 0;
  for (const chunk of list) {
    bytes.set(bytesOf(chunk), at);
    at += chunk.byteLength;
  }
  return bytes;
}
