/** {@link HostCalls}: the system calls of process 1, and what only the kernel's worker may ask for. */

import type { Effect, HostCalls, ThreadBlock, TreeEntry } from '../syscalls';
import type { Call, KernelInstance } from './instance';
import { Writer } from './scratch';
import { Thread } from './thread';

const HOST_PID = 1;
/** Where the text of an effect is in the scratch block, behind its numbers. */
const EFFECT_TEXT = 16;
const RUNTIMES = ['native', 'node', 'wasi'] as const;
const KINDS = { directory: 0, symlink: 1, lazy: 2 } as const;

export class HostThread extends Thread implements HostCalls {
  private readonly host: Record<'next_effect' | 'free_thread' | 'fail_process' | 'mount_tree' | 'fill_lazy' | 'fail_lazy', Call>;

  constructor(kernel: KernelInstance, block: ThreadBlock) {
    super(kernel, block, HOST_PID);
    this.host = {
      next_effect: kernel.call('host_next_effect'),
      free_thread: kernel.call('host_free_thread'),
      fail_process: kernel.call('host_fail_process'),
      mount_tree: kernel.call('host_mount_tree'),
      fill_lazy: kernel.call('host_fill_lazy'),
      fail_lazy: kernel.call('host_fail_lazy'),
    };
  }

  nextEffect(): Effect | null {
    if (this.host.next_effect() <= 0) return null;
    const [kind, first, second, third] = this.scratch.ints;
    switch (kind) {
      case 0: return { kind: 'exec', pid: first, runtime: RUNTIMES[second], maker: third };
      case 1: return { kind: 'terminate', pid: first };
      case 2: return { kind: 'port', pid: first, port: second, open: third === 1 };
      case 3: return { kind: 'load', token: first };
      case 4: return { kind: 'connect', fd: first, port: second, host: new TextDecoder().decode(this.scratch.bytes.slice(EFFECT_TEXT, EFFECT_TEXT + third)) };
      case 5: return { kind: 'thread', pid: first, thread: second };
      case 6: return { kind: 'terminate-thread', pid: first, thread: second };
      default: throw new Error(`the kernel asks for an unknown effect: ${kind}`);
    }
  }

  allocThread(): ThreadBlock {
    return this.kernel.allocate();
  }

  freeThread(block: ThreadBlock): void {
    this.host.free_thread(block.slot);
  }

  failProcess(pid: number, message: string, signal: number): void {
    const bytes = new TextEncoder().encode(message).subarray(0, this.scratch.size);
    this.host.fail_process(pid, this.scratch.input(bytes), signal);
  }

  mountTree(path: string, entries: TreeEntry[]): number {
    const writer = new Writer().string(path);
    for (const entry of entries) {
      writer.int(KINDS[entry.type]).int(entry.type === 'symlink' ? 0o777 : entry.mode).float(entry.mtimeMs);
      writer.float(entry.type === 'lazy' ? entry.size : 0).int(entry.type === 'lazy' ? entry.token : 0);
      writer.string(entry.path).string(entry.type === 'symlink' ? entry.target : '');
    }
    return this.host.mount_tree(this.scratch.input(writer.finish()));
  }

  fillLazy(token: number, bytes: Uint8Array, offset: number, final: boolean): number {
    const { scratch } = this;
    let at = 0;
    do {
      const part = bytes.subarray(at, at + scratch.size);
      scratch.bytes.set(part);
      const last = final && at + part.length === bytes.length;
      const result = this.host.fill_lazy(token, offset + at, part.length, last ? 1 : 0);
      if (result < 0) return result;
      at += part.length;
    } while (at < bytes.length);
    return 0;
  }

  failLazy(token: number, errno: number): number {
    return this.host.fail_lazy(token, errno);
  }

  memoryUsage(): { used: number; total: number } {
    const { memory_used, memory_total } = this.kernel.exports as unknown as Record<string, Call>;
    return { used: memory_used(), total: memory_total() };
  }
}
