/** `LibuvStreamWrap`: a stream over a descriptor of the kernel, shared by `Pipe`, `TCP` and `TTY`. */

import { POLLIN, POLLOUT } from '../syscalls';
import type { Environment, Watcher } from './environment';
import { HandleWrap } from './handle-wrap';
import { bytesOf, chunksAfter, WRITE_DONE, WRITE_QUEUED, type WriteRequest, withStreamBase } from './stream-base';
import { codedError, UV } from './uv-errors';

/** As libuv suggests to its allocator; also what a pipe of the kernel holds. */
const READ_SIZE = 64 * 1024;

const SHUT_WR = 1;

/** Reads land here first and are copied out at their real size, so a short read does not pin 64 KiB. */
const readScratch = new Uint8Array(READ_SIZE);

interface QueuedWrite {
  req: any;
  chunks: Uint8Array[];
  /** Whose descriptor goes along with the first byte. */
  passed: PassedHandle | undefined;
}

/** A handle that can be sent to another process. */
interface PassedHandle {
  readonly fd: number;
}

export abstract class StreamHandle extends withStreamBase(HandleWrap) {
  #fd = -1;
  #watcher: Watcher | undefined;
  #interest = 0;
  #reading = false;
  #blockingWrites = false;
  readonly #writes: QueuedWrite[] = [];
  #queuedBytes = 0;
  #shutdownRequest: any;
  #listening = false;
  #connectRequest: any;

  constructor(env: Environment, provider: string) {
    super(env, provider);
  }

  /** The descriptor, or -1. */
  get fd(): number {
    return this.#fd;
  }

  get writeQueueSize(): number {
    return this.#queuedBytes;
  }

  setBlocking(blocking: boolean): number {
    this.#blockingWrites = Boolean(blocking);
    return 0;
  }

  readStart(): number {
    if (this.isClosing) return UV.EINVAL;
    if (this.#fd < 0) return UV.ENOTCONN;
    this.#reading = true;
    this.#updateInterest();
    return 0;
  }

  readStop(): number {
    this.#reading = false;
    this.#updateInterest();
    return 0;
  }

  /** Takes over `fd`. */
  attach(fd: number): void {
    this.#fd = fd;
  }

  /** Gives the descriptor away without closing it; -1 if there is none. */
  detach(): number {
    const fd = this.#fd;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#interest = 0;
    this.#fd = -1;
    return fd;
  }

  protected get streamEnvironment(): Environment {
    return this.env;
  }

  /** Makes a socket for `family` unless there is one. Answers an error number. */
  protected ensureSocket(family: 'tcp4' | 'tcp6' | 'unix'): number {
    if (this.#fd >= 0) return 0;
    const fd = this.env.sys.socket(family);
    if (fd < 0) return fd;
    this.#fd = fd;
    return 0;
  }

  /** Completes `req` with 0 or an error once the connection under way is decided. */
  protected finishConnect(req: any, result: number): void {
    if (result === UV.EINPROGRESS) {
      this.#connectRequest = req;
      this.env.loop.ref();
      this.#updateInterest();
    } else {
      this.#completeConnect(req, result);
    }
  }

  /** Calls {@link onConnection} for each connection that waits. Answers an error number. */
  protected startListening(backlog: number): number {
    const result = this.env.sys.listen(this.#fd, backlog);
    if (result < 0) return result;
    this.#listening = true;
    this.#updateInterest();
    return 0;
  }

  /** Something was read and is about to be handed over. */
  protected onBytesRead(): void {}

  /** An accepted descriptor, or the error of accepting. */
  protected onConnection(_fd: number): void {}

  /** Whether descriptors travel with the bytes: a pipe between processes. */
  protected get passesHandles(): boolean {
    return false;
  }

  /** As libuv does, a write that carries a handle is completed later, even if all of it could be written at once, or nothing ever will. */
  protected override doWrite(request: WriteRequest, chunks: Uint8Array[], total: number, sendHandle?: object): { error: number; async: boolean } {
    if (this.#fd < 0) return { error: UV.EBADF, async: false };
    let passed: PassedHandle | undefined;
    if (sendHandle !== undefined && sendHandle !== null) {
      if (!this.passesHandles) return { error: UV.EINVAL, async: false };
      passed = sendHandle as PassedHandle;
      if (!(passed.fd >= 0)) return { error: UV.EBADF, async: false };
    }
    let rest = chunks;
    let left = total;
    if (this.#writes.length === 0 && this.#connectRequest === undefined) {
      const written = this.#tryWrite(chunks, passed);
      if (written < 0 && passed !== undefined) {
        this.completeStreamRequest(request(), written);
        return WRITE_QUEUED;
      }
      if (written < 0) return { error: written, async: false };
      left -= written;
      if (left === 0 && passed === undefined) return WRITE_DONE;
      rest = chunksAfter(chunks, written);
      if (written > 0) passed = undefined;
    }
    this.#queuedBytes += left;
    this.#writes.push({ req: request(), chunks: rest, passed });
    this.env.loop.ref();
    this.#updateInterest();
    return WRITE_QUEUED;
  }

  protected override doShutdown(req: any): number {
    if (this.#fd < 0) return UV.ENOTCONN;
    this.env.loop.ref();
    this.#shutdownRequest = req;
    if (this.#writes.length === 0 && this.#connectRequest === undefined) this.#performShutdown();
    return 0;
  }

  protected override onClose(): void {
    const fd = this.detach();
    this.#reading = false;
    this.#listening = false;
    if (fd >= 0) this.env.sys.close(fd);
    if (this.#connectRequest !== undefined) {
      const req = this.#connectRequest;
      this.#connectRequest = undefined;
      this.env.loop.unref();
      this.#completeConnect(req, UV.ECANCELED);
    }
    for (const write of this.#writes.splice(0)) this.#completeCounted(write.req, UV.ECANCELED);
    this.#queuedBytes = 0;
    if (this.#shutdownRequest !== undefined) {
      const req = this.#shutdownRequest;
      this.#shutdownRequest = undefined;
      this.#completeCounted(req, UV.ECANCELED);
    }
  }

  /** Writes what the descriptor takes. Answers the number of bytes (0 when it takes none now) or an error. `passed` goes with the first of them. */
  #tryWrite(chunks: Uint8Array[], passed?: PassedHandle): number {
    const { sys } = this.env;
    let total = 0;
    for (const chunk of chunks) {
      const bytes = bytesOf(chunk);
      if (bytes.length === 0) continue;
      const nonblock = !this.#blockingWrites;
      const written =
        passed !== undefined && total === 0 ? sys.sendDescriptor(this.#fd, passed.fd, bytes, nonblock) : sys.write(this.#fd, bytes, -1, nonblock);
      if (written === UV.EAGAIN) break;
      if (written === UV.EINTR) break;
      if (written < 0) return total > 0 ? total : written;
      total += written;
      if (written < bytes.length) break;
    }
    return total;
  }

  #updateInterest(): void {
    let events = 0;
    if (this.#reading || this.#listening) events |= POLLIN;
    if (this.#writes.length > 0 || this.#connectRequest !== undefined) events |= POLLOUT;
    this.setActive(this.#reading || this.#listening);
    if (this.#fd < 0 || events === this.#interest) return;
    this.#interest = events;
    if (this.#watcher !== undefined) this.#watcher.update(events);
    else this.#watcher = this.env.loop.watch(this.#fd, events, (revents) => this.#onReady(revents));
  }

  /** One turn of the loop: at most one callback into the library is made, the loop comes back while there is more. */
  #onReady(revents: number): void {
    if (this.#connectRequest !== undefined) {
      const req = this.#connectRequest;
      this.#connectRequest = undefined;
      this.env.loop.unref();
      const error = -this.env.sys.socketError(this.#fd);
      this.#updateInterest();
      this.#callConnected(req, error);
      return;
    }
    // Anything but "writable only" (data, end, error) is found out by reading.
    if (this.#reading && (revents & ~POLLOUT) !== 0) this.#read();
    else if (this.#listening && (revents & POLLIN) !== 0) this.#accept();
    else if (this.#writes.length > 0) this.#flush();
    // Reading comes first, but must not starve the writers that the peer may be waiting for.
    if (this.#fd >= 0 && this.#writes.length > 0 && (revents & POLLOUT) !== 0) this.#flush();
  }

  #read(): void {
    const own = this.userBuffer;
    const target = own ?? readScratch;
    const nread = this.env.sys.read(this.#fd, target, -1, true);
    if (nread === UV.EAGAIN || nread === UV.EINTR) return;
    if (nread > 0) {
      this.onBytesRead();
      this.emitRead(nread, own === undefined ? readScratch.slice(0, nread) : undefined);
      return;
    }
    this.#reading = false;
    this.#updateInterest();
    if (nread === UV.ECONNRESET && this.#failWithReason()) return;
    this.emitRead(nread === 0 ? UV.EOF : nread);
  }

  /** If the host said why it reset the connection, the error of the library's socket says it too. */
  #failWithReason(): boolean {
    const reason = this.env.sys.failure(this.#fd);
    const owner = (this as any)[this.env.perIsolateSymbols.owner_symbol];
    if (reason === '' || typeof owner?.destroy !== 'function') return false;
    const error = Object.assign(codedError('ECONNRESET', `read ECONNRESET: ${reason}`), { errno: UV.ECONNRESET, syscall: 'read' });
    this.env.makeCallback(owner, owner.destroy, error);
    return true;
  }

  #accept(): void {
    const fd = this.env.sys.accept(this.#fd, true);
    if (fd === UV.EAGAIN || fd === UV.EINTR) return;
    this.onConnection(fd);
  }

  #flush(): void {
    while (this.#writes.length > 0) {
      const write = this.#writes[0];
      const written = this.#tryWrite(write.chunks, write.passed);
      if (written < 0) {
        this.#writes.shift();
        this.#queuedBytes -= sizeOf(write.chunks);
        this.#completeCounted(write.req, written);
        continue;
      }
      this.#queuedBytes -= written;
      if (written > 0) write.passed = undefined;
      write.chunks = chunksAfter(write.chunks, written);
      if (write.chunks.length > 0) break;
      this.#writes.shift();
      this.#completeCounted(write.req, 0);
    }
    this.#updateInterest();
    if (this.#writes.length === 0 && this.#shutdownRequest !== undefined) this.#performShutdown();
  }

  #performShutdown(): void {
    const req = this.#shutdownRequest;
    this.#shutdownRequest = undefined;
    this.#completeCounted(req, this.env.sys.shutdown(this.#fd, SHUT_WR));
  }

  /** Completes a request that had been counted by `loop.ref`. */
  #completeCounted(req: any, status: number): void {
    this.env.loop.unref();
    this.completeStreamRequest(req, status);
  }

  #completeConnect(req: any, status: number): void {
    // Closed before it heard of its connection: that was cancelled.
    this.env.loop.enqueue(() => this.#callConnected(req, this.isClosing && status === 0 ? UV.ECANCELED : status));
  }

  #callConnected(req: any, status: number): void {
    // Writes and a shutdown asked for meanwhile go on, or fail by themselves on the broken socket.
    if (this.#writes.length > 0) this.#updateInterest();
    else if (this.#shutdownRequest !== undefined && this.#fd >= 0) this.#performShutdown();
    const { oncomplete } = req;
    if (typeof oncomplete === 'function') this.env.makeCallback(req, oncomplete, status, this, req, true, true);
  }
}

function sizeOf(chunks: Uint8Array[]): number {
  let total = 0;
  for (const chunk of chunks) total += chunk.byteLength;
  return total;
}
