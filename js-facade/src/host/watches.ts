/** Watches of files and directories for the page. */

import type { HostCalls, WatchEvent } from '../guest/syscalls';
import { POLLIN } from '../guest/syscalls';
import type { Target } from './files';
import { check } from './linux';
import type { Poller } from './poller';

export class Watches {
  private readonly byId = new Map<number, number>();

  constructor(
    private readonly sys: HostCalls,
    private readonly poller: Poller,
    private readonly onEvent: (id: number, kind: WatchEvent['kind'], name: Uint8Array) => void,
  ) {}

  add(id: number, { path, name }: Target, recursive: boolean): void {
    const fd = check(this.sys.watch(path, recursive), 'watch', name);
    this.sys.cloexec(fd, true);
    this.byId.set(id, fd);
    this.arm(id, fd);
  }

  remove(id: number): void {
    const fd = this.byId.get(id);
    if (fd === undefined) return;
    this.byId.delete(id);
    this.poller.forget(fd);
    this.sys.close(fd);
  }

  private arm(id: number, fd: number): void {
    this.poller.once(fd, POLLIN, () => {
      if (this.byId.get(id) !== fd) return;
      const events = this.sys.readWatch(fd);
      if (typeof events !== 'number') for (const { kind, name } of events) this.onEvent(id, kind, name.slice());
      this.arm(id, fd);
    });
  }
}
