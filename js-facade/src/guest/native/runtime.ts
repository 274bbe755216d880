/** Runs native programs: each process is a fresh instance of `programs.wasm`, so a worker can run one after another. */

import { KernelPanic, ProcessExit, type Syscalls } from '../syscalls';
import type { Runtime, RuntimeContext } from '../worker';
import { createImports } from './imports';

const STDERR = 2;
/** Exit code of a process that broke down: an abort, as a POSIX shell reports it (128 + SIGABRT). */
const ABORTED = 134;

interface ProgramExports {
  memory: WebAssembly.Memory;
  /** Runs the program to its end and answers its exit code. */
  wosix_run(): number;
}

export class NativeRuntime implements Runtime {
  readonly reusable = true;
  private programs?: WebAssembly.Module;

  warm(context: RuntimeContext): void {
    this.programs = context.modules.programs;
    if (!this.programs) throw new Error('programs.wasm was not given to the worker');
  }

  run(sys: Syscalls): void {
    if (!this.programs) throw new Error('the native runtime was not warmed up');
    const imports = createImports(sys, () => exports.memory);
    const exports = new WebAssembly.Instance(this.programs, { wosix: imports }).exports as unknown as ProgramExports;
    let code: number;
    try {
      code = exports.wosix_run();
    } catch (error) {
      if (error instanceof ProcessExit || error instanceof KernelPanic) throw error;
      // A trap: stack overflow or out of memory. (A Rust panic has reported itself and left through `exit`.)
      sys.write(STDERR, new TextEncoder().encode(`${sys.programName()}: ${error}\n`), -1);
      code = ABORTED;
    }
    sys.exit(code);
  }
}
