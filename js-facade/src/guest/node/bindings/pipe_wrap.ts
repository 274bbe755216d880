/** `internalBinding('pipe_wrap')`: pipes, Unix sockets and the channel between a parent and a forked child. */

import { RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import type { HandleWrap } from '../handle-wrap';
import { StreamHandle } from '../stream-handle';
import { UV } from '../uv-errors';

const SOCKET = 0, SERVER = 1, IPC = 2;
const UV_READABLE = 1, UV_WRITABLE = 2;

/** What `server.listen({ readableAll })` asks for, as permission bits of the socket's file. */
const READABLE_BITS = 0o444, WRITABLE_BITS = 0o222;

export function create(env: Environment): Record<string, unknown> {
  class Pipe extends StreamHandle {
    readonly #type: number;
    /** What came with the bytes that `onread` is about to get; the library puts `null` here to begin with. */
    declare pendingHandle?: HandleWrap | null;
    #path: string | undefined;

    constructor(type: number) {
      super(env, type === SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP');
      this.#type = type;
    }

    /** Takes over an open descriptor. */
    open(fd: number): number {
      const kind = env.sys.handleType(fd);
      if (kind === 'INVALID') return UV.EBADF;
      if (kind !== 'PIPE' && kind !== 'TCP') return UV.EINVAL;
      this.attach(fd);
      return 0;
    }

    bind(path: string): number {
      const error = this.ensureSocket('unix');
      if (error < 0) return error;
      const result = env.sys.bind(this.fd, { path });
      if (result < 0) return result;
      this.#path = path;
      return 0;
    }

    listen(backlog: number): number {
      return this.startListening(backlog);
    }

    /** libuv reports every failure of connecting to a path through the request. */
    connect(req: PipeConnectWrap, path: string): number {
      let result = this.ensureSocket('unix');
      if (result === 0) result = env.sys.connect(this.fd, { path }, true);
      this.finishConnect(req, result);
      return 0;
    }

    fchmod(mode: number): number {
      if (this.#path === undefined) return UV.EBADF;
      let bits = 0o700;
      if ((mode & UV_READABLE) !== 0) bits |= READABLE_BITS;
      if ((mode & UV_WRITABLE) !== 0) bits |= WRITABLE_BITS;
      return env.sys.chmod(this.#path, bits, true);
    }

    protected override onConnection(fd: number): void {
      if (fd < 0) {
        this.callback('onconnection', fd);
        return;
      }
      const client = new Pipe(this.#type === IPC ? IPC : SOCKET);
      client.attach(fd);
      this.callback('onconnection', 0, client);
    }

    protected override get passesHandles(): boolean {
      return this.#type === IPC;
    }

    protected override onBytesRead(): void {
      if (!this.passesHandles) return;
      const fd = env.sys.receiveDescriptor(this.fd);
      if (fd >= 0) this.pendingHandle = handleOf(fd);
    }

    protected override onClose(): void {
      super.onClose();
      // libuv removes the file of a socket that it bound.
      if (this.#path !== undefined) env.sys.unlink(this.#path);
    }
  }

  /** A handle for a descriptor that another process sent. */
  function handleOf(fd: number): HandleWrap | null {
    switch (env.sys.handleType(fd)) {
      case 'TCP': {
        const { TCP, constants } = env.internalBinding('tcp_wrap');
        const handle: StreamHandle = new TCP(constants.SOCKET);
        handle.attach(fd);
        return handle;
      }
      case 'UDP': {
        const handle = new (env.internalBinding('udp_wrap').UDP)();
        handle.open(fd);
        return handle;
      }
      case 'PIPE': {
        const handle = new Pipe(SOCKET);
        handle.attach(fd);
        return handle;
      }
      default:
        // The library answers that it did not arrive.
        env.sys.close(fd);
        return null;
    }
  }

  class PipeConnectWrap extends RequestWrap {
    constructor() {
      super(env, 'PIPECONNECTWRAP');
    }
  }

  return { Pipe, PipeConnectWrap, constants: { SOCKET, SERVER, IPC, UV_READABLE, UV_WRITABLE } };
}
