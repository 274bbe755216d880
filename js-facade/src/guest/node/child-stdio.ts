/** Turns the `stdio` of a child process into descriptors, for `process_wrap` and `spawn_sync`. */

import { O_RDONLY, O_RDWR } from '../linux';
import type { Syscalls } from '../syscalls';
import { UV } from './uv-errors';

/** One element of `stdio` as `lib/internal/child_process.js` normalizes it. */
export interface StdioOption {
  type: 'ignore' | 'pipe' | 'overlapped' | 'inherit' | 'fd' | 'wrap';
  /** `inherit`, `fd`: the parent's descriptor. */
  fd?: number;
  /** `pipe`: the handle that gets the parent's end; `wrap`: the stream to share. */
  handle?: { readonly fd: number };
  /** `pipe` of `spawnSync`: what the *child* may do with it, and what is written to it. */
  readable?: boolean;
  writable?: boolean;
  input?: ArrayBufferView | null;
}

/** The descriptors of a child under construction. */
export class StdioPlan {
  /** Child descriptor `i` becomes the caller's `childFds[i]`; -1 leaves it closed. */
  readonly childFds: number[] = [];
  /** The caller's ends of pipes; `index` is the child's descriptor. */
  readonly parentEnds: { index: number; fd: number }[] = [];
  readonly #owned: number[] = [];
  readonly #sys: Syscalls;

  constructor(sys: Syscalls) {
    this.#sys = sys;
  }

  /** Answers an error number; what was opened so far is then released by {@link abandon}. */
  add(stdio: readonly StdioOption[]): number {
    for (const [index, option] of stdio.entries()) {
      const fd = this.#descriptorFor(index, option);
      if (fd < -1) return fd;
      this.childFds.push(fd);
    }
    return 0;
  }

  /** To be called once the child has its descriptors. */
  closeChildEnds(): void {
    for (const fd of this.#owned.splice(0)) this.#sys.close(fd);
  }

  /** Releases everything. */
  abandon(): void {
    this.closeChildEnds();
    for (const { fd } of this.parentEnds.splice(0)) this.#sys.close(fd);
  }

  #descriptorFor(index: number, option: StdioOption): number {
    switch (option.type) {
      case 'ignore':
        // libuv opens /dev/null for the standard three only.
        if (index > 2) return -1;
        return this.#own(this.#sys.open('/dev/null', index === 0 ? O_RDONLY : O_RDWR, 0));
      case 'inherit':
        return option.fd ?? index;
      case 'fd':
        return option.fd ?? UV.EINVAL;
      case 'wrap': {
        const fd = option.handle?.fd ?? -1;
        return fd < 0 ? UV.EBADF : fd;
      }
      case 'pipe':
      case 'overlapped': {
        // A socket pair and not a pipe, as in libuv: both directions work and it can be shut down one by one.
        const pair = this.#sys.socketpair();
        if (typeof pair === 'number') return pair;
        this.parentEnds.push({ index, fd: pair[0] });
        return this.#own(pair[1]);
      }
      default:
        return UV.EINVAL;
    }
  }

  #own(fd: number): number {
    if (fd >= 0) this.#owned.push(fd);
    return fd;
  }
}
