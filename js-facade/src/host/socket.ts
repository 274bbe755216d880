/** A connected socket of the host's process, read and written without blocking. */

import { POLLERR, POLLHUP, POLLIN, POLLOUT, type HostCalls } from '../guest/syscalls';
import { EAGAIN, EINTR, SystemError, check } from './linux';
import type { Poller } from './poller';

const EPIPE = 32, ECONNRESET = 104;

export class Socket {
  private closed = false;

  constructor(private readonly sys: HostCalls, private readonly poller: Poller, private readonly fd: number) {}

  /** Reads into `buffer`; 0 is the end. */
  async read(buffer: Uint8Array): Promise<number> {
    for (;;) {
      if (this.closed) throw new SystemError(ECONNRESET, 'read');
      const length = this.sys.read(this.fd, buffer, -1, true);
      if (length === -EAGAIN) await this.poller.wait(this.fd, POLLIN);
      else if (length !== -EINTR) return check(length, 'read');
    }
  }

  /** Resolves when the socket has taken all of `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      if (this.closed) throw new SystemError(EPIPE, 'write');
      const written = this.sys.write(this.fd, bytes.subarray(offset), -1, true);
      if (written === -EAGAIN) await this.poller.wait(this.fd, POLLOUT);
      else if (written !== -EINTR) offset += check(written, 'write');
    }
  }

  /** Calls `gone` once if the other end is closed before this one is. */
  onHangUp(gone: () => void): void {
    this.poller.once(this.fd, 0, (revents) => {
      if (!this.closed && (revents & (POLLHUP | POLLERR)) !== 0) gone();
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.poller.forget(this.fd);
    this.sys.close(this.fd);
  }

  /** Closes with a reset, so that the other end's reads fail; `reason` tells people why. */
  abort(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.poller.forget(this.fd);
    this.sys.abort(this.fd, reason);
  }
}
