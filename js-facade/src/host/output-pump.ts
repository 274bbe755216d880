/** Moves what a process writes (pipe or terminal master) to the page as it comes. */

import type { HostCalls } from '../guest/syscalls';
import { POLLIN } from '../guest/syscalls';
import { EAGAIN, EINTR } from './linux';
import type { Poller } from './poller';

const CHUNK = 64 * 1024;
/** Chunks read in one go before others get a turn. */
const BURST = 32;

/** Reads land here; each chunk is copied out at its real length, to be transferred. */
const buffer = new Uint8Array(CHUNK);

export interface PumpOptions {
  fd: number;
  /** Stop reading while this many bytes are unacknowledged; 0 = never. */
  window: number;
  onData(bytes: Uint8Array<ArrayBuffer>): void;
  /** End of file; the descriptor is closed already. */
  onEnd(): void;
}

export class OutputPump {
  private unacknowledged = 0;
  private waiting = false;
  private ended = false;
  private endWhenDry = false;

  constructor(private readonly sys: HostCalls, private readonly poller: Poller, private readonly options: PumpOptions) {
    this.arm();
  }

  /** The page has consumed `bytes`. */
  acknowledge(bytes: number): void {
    this.unacknowledged -= bytes;
    if (!this.full()) this.arm();
  }

  /** Reads what is there now, as far as the window allows. */
  drain(): void {
    for (let i = 0; i < BURST && !this.ended && !this.full(); i++) {
      const length = this.sys.read(this.options.fd, buffer, -1, true);
      if (length === -EINTR) continue;
      if (length === -EAGAIN) {
        if (this.endWhenDry) this.end();
        return this.arm();
      }
      // Zero is end of file; a terminal whose last slave is closed answers EIO. No other error can be acted on here.
      if (length <= 0) return this.end();
      this.unacknowledged += length;
      this.options.onData(buffer.slice(0, length));
    }
    this.arm();
  }

  /** The process is over: what its descendants write after the present contents is not waited for. */
  finish(): void {
    this.endWhenDry = true;
    this.drain();
  }

  /** Stops at once and closes the descriptor. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.poller.forget(this.options.fd);
    this.sys.close(this.options.fd);
    this.options.onEnd();
  }

  private full(): boolean {
    return this.options.window > 0 && this.unacknowledged >= this.options.window;
  }

  private arm(): void {
    if (this.waiting || this.ended || this.full()) return;
    this.waiting = true;
    this.poller.once(this.options.fd, POLLIN, () => {
      this.waiting = false;
      this.drain();
    });
  }
}
