/**
 * The kernel in this worker: an instance of its module over the container's shared memory. Process workers use
 * {@link instantiateKernel}, the kernel's own worker {@link createHostCalls}, once, before any of them.
 */

import { HostThread } from './kernel/host-thread';
import { KernelInstance } from './kernel/instance';
import { Writer } from './kernel/scratch';
import { Thread } from './kernel/thread';
import type { HostCalls, Syscalls, ThreadBlock } from './syscalls';

export interface BootOptions {
  /** 32 unpredictable bytes. */
  seed: Uint8Array;
  /** Name of the working directory under `/home`. */
  workdirName: string;
  /** Programs to register besides `node`. `runtime` is `native`, `node` or `wasi`. */
  programs: { path: string; runtime: string; name: string }[];
}

/**
 * Answers a function that makes this worker's thread run a process, or a thread of one. It throws when the kernel refuses; a process that was killed before
 * it could start never returns from it (the host terminates the worker).
 */
export async function instantiateKernel(
  module: WebAssembly.Module, memory: WebAssembly.Memory, block: ThreadBlock,
): Promise<(pid: number, thread?: number) => Syscalls> {
  const kernel = await KernelInstance.create(module, memory);
  kernel.use(block);
  const attach = kernel.call('sys_attach');
  const attachThread = kernel.call('sys_attach_thread');
  return (pid, thread = 0) => {
    const result = thread === 0 ? attach(block.slot, pid) : attachThread(block.slot, pid, thread);
    if (result < 0) throw new Error(`cannot run thread ${thread} of process ${pid}: errno ${-result}`);
    return new Thread(kernel, block, pid, thread, result);
  };
}

/** Boots the kernel in fresh shared memory. Throws when the options make no file system. */
export async function createHostCalls(module: WebAssembly.Module, memory: WebAssembly.Memory, options: BootOptions): Promise<HostCalls> {
  const kernel = await KernelInstance.create(module, memory);
  const block = kernel.allocate();
  kernel.use(block);
  const writer = new Writer().raw(options.seed).string(options.workdirName);
  for (const { path, runtime, name } of options.programs) writer.string(path).string(runtime).string(name);
  const input = writer.finish();
  new Uint8Array(memory.buffer, block.scratch, input.length).set(input);
  const result = kernel.call('kernel_boot')(block.scratch, input.length);
  if (result < 0) throw new Error(`the kernel does not boot: errno ${-result}`);
  return new HostThread(kernel, block);
}
