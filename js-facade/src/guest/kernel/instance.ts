/** An instance of the kernel module over the container's shared memory, and the way its traps become errors. */

import { KernelPanic, type ThreadBlock } from '../syscalls';

/** Answer of every call once the kernel has trapped. */
const POISONED = -(2 ** 31);

/** A system call: numbers in, a number out. */
export type Call = (...numbers: number[]) => number;

/** What the module exports; the names are those of `wosix-wasm/kernel/src/calls/`. */
interface KernelExports extends WebAssembly.Exports {
  __stack_pointer: WebAssembly.Global;
  __tls_size: WebAssembly.Global;
  __wasm_init_tls: Call;
  thread_alloc: Call;
  thread_scratch: Call;
  thread_scratch_size: Call;
  thread_stack_size: Call;
  thread_wake_word: Call;
  kernel_inside: Call;
  kernel_poison: Call;
  panic_message: Call;
  panic_message_length: Call;
}

// Guest programs replace globals; the kernel's clock stays. Wall time, so that it is the same in all workers.
const now = Date.now.bind(Date);

export class KernelInstance {
  readonly exports: KernelExports;
  /** Slot of the thread that runs this instance; unset until {@link use}. */
  slot = -1;
  private block: ThreadBlock | null = null;

  private constructor(instance: WebAssembly.Instance, readonly memory: WebAssembly.Memory) {
    this.exports = instance.exports as KernelExports;
  }

  static async create(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelInstance> {
    return new KernelInstance(await WebAssembly.instantiate(module, { env: { memory }, wosix: { now } }), memory);
  }

  /** Sets this instance up to run on a thread block, which nobody else may use. */
  use(block: ThreadBlock): void {
    this.block = block;
    this.slot = block.slot;
    this.exports.__stack_pointer.value = block.stackTop;
    this.exports.__wasm_init_tls(block.tls);
  }

  /** A slot with its memory: scratch block, stack, thread-local storage. Throws when there is none left. */
  allocate(): ThreadBlock {
    const { exports } = this;
    const slot = exports.thread_alloc(exports.__tls_size.value as number);
    if (slot === POISONED) throw this.panic();
    if (slot < 0) throw new RangeError('no memory for another worker');
    // wasm addresses come back signed.
    const scratch = exports.thread_scratch(slot) >>> 0;
    const scratchSize = exports.thread_scratch_size();
    const stackTop = scratch + scratchSize + exports.thread_stack_size();
    return { slot, scratch, scratchSize, stackTop, tls: stackTop, wakeWord: exports.thread_wake_word(slot) >>> 0 };
  }

  /** The export `name`, which throws {@link KernelPanic} when the kernel is broken. */
  call(name: string): Call {
    const target = this.exports[name] as Call;
    if (typeof target !== 'function') throw new TypeError(`the kernel has no ${name}`);
    return (a, b, c, d, e, f, g) => {
      let result: number;
      try {
        result = target(a, b, c, d, e, f, g);
      } catch (error) {
        throw this.trapped(error);
      }
      if (result === POISONED) throw this.panic();
      return result;
    };
  }

  private panic(): KernelPanic {
    const { exports } = this;
    const message = new Uint8Array(this.memory.buffer, exports.panic_message() >>> 0, exports.panic_message_length()).slice();
    return new KernelPanic(new TextDecoder().decode(message));
  }

  /**
   * What to throw for an exception out of the kernel. An overflow of the guest's stack shows before the lock is taken and is the guest's
   * own; anything else under the lock has broken the kernel.
   */
  private trapped(error: unknown): unknown {
    const { exports, block } = this;
    if (!block) return error;
    exports.__stack_pointer.value = block.stackTop;
    if (!exports.kernel_inside(block.slot)) return error;
    const message = new TextEncoder().encode(String(error)).subarray(0, 1024);
    new Uint8Array(this.memory.buffer, block.scratch, message.length).set(message);
    exports.kernel_poison(block.scratch, message.length);
    return this.panic();
  }
}
