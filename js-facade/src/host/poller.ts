/**
 * Waits for descriptors of the host's process. The host may not block: interests are collected, `poll` with timeout 0 tells which are ready
 * and arms the wake word for the others.
 */

import type { HostCalls, PollEntry } from '../guest/syscalls';

/** Something that waits for a descriptor, once. */
interface Interest extends PollEntry { ready: (revents: number) => void }

export class Poller {
  private interests: Interest[] = [];
  private scheduled = false;

  constructor(private readonly sys: HostCalls) {}

  /** Calls `ready(revents)` once when `fd` is ready for `events` (or failed, or hung up). */
  once(fd: number, events: number, ready: (revents: number) => void): void {
    this.interests.push({ fd, events, revents: 0, ready });
    this.schedule();
  }

  /** Resolves with the ready events of `fd`. */
  wait(fd: number, events: number): Promise<number> {
    return new Promise((resolve) => this.once(fd, events, resolve));
  }

  /** Forgets everything that waits for `fd`; call it before the descriptor is closed. Waiting promises are answered with 0. */
  forget(fd: number): void {
    const gone = this.interests.filter((interest) => interest.fd === fd);
    this.interests = this.interests.filter((interest) => interest.fd !== fd);
    for (const { ready } of gone) ready(0);
  }

  /** Asks the kernel and calls those that are ready. Run it whenever the wake word was bumped. */
  poll(): void {
    if (this.interests.length === 0) return;
    const asked = this.interests;
    if (this.sys.poll(asked, 0) <= 0) return;
    this.interests = asked.filter((interest) => interest.revents === 0);
    for (const interest of asked) if (interest.revents !== 0) interest.ready(interest.revents);
  }

  /** New interests are armed together, at the end of the current turn. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.poll();
    });
  }
}
