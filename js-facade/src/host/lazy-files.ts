/** Files that are mounted without contents: fetched when the first reader comes. */

import type { HostCalls } from '../guest/syscalls';
import { EIO, ENOENT } from './linux';

/** Fetches that run at once; a program that reads a large tree must not open a connection a file. */
const PARALLEL_LOADS = 16;

export class LazyFiles {
  private readonly sources = new Map<number, string>();
  private readonly queue: number[] = [];
  private active = 0;
  private nextToken = 1;
  private waiters: (() => void)[] = [];

  /** `performEffects` performs what the kernel has queued, so that it comes to {@link load}. */
  constructor(private readonly calls: HostCalls, private readonly performEffects: () => void, private readonly onError: (message: string) => void) {}

  /** A token for a file whose contents are at `url`. */
  register(url: string): number {
    const token = this.nextToken++;
    this.sources.set(token, url);
    return token;
  }

  /** Someone waits for the contents of `token`. */
  load(token: number): void {
    this.queue.push(token);
    this.next();
  }

  /**
   * After a call that answered EAGAIN: resolves with true when any file was filled or has failed, so that another try is worth it, and with
   * false when nothing is being loaded and the call must have meant something else.
   */
  async progress(): Promise<boolean> {
    this.performEffects();
    if (this.active === 0) return false;
    await new Promise<void>((resolve) => this.waiters.push(resolve));
    return true;
  }

  private next(): void {
    while (this.active < PARALLEL_LOADS && this.queue.length > 0) {
      const token = this.queue.shift()!;
      this.active++;
      this.fetch(token).finally(() => {
        this.active--;
        for (const waiter of this.waiters.splice(0)) waiter();
        this.next();
      });
    }
  }

  private async fetch(token: number): Promise<void> {
    const url = this.sources.get(token);
    try {
      if (url === undefined) throw new Error(`unknown lazy file ${token}`);
      const response = await fetch(url);
      if (response.status === 404) {
        this.calls.failLazy(token, ENOENT);
        return;
      }
      if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`);
      let offset = 0;
      for (const reader = response.body.getReader();;) {
        const { value, done } = await reader.read();
        if (done) break;
        const result = this.calls.fillLazy(token, value, offset, false);
        if (result < 0) throw new Error(`errno ${-result}`);
        offset += value.length;
      }
      this.calls.fillLazy(token, new Uint8Array(0), offset, true);
      this.sources.delete(token);
    } catch (error) {
      this.onError(`cannot load ${url}: ${error instanceof Error ? error.message : error}`);
      this.calls.failLazy(token, EIO);
    }
  }
}
