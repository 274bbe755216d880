/** Runs native programs: each process is a fresh instance of `programs.wasm`, so a worker can run one after another. */

import { KernelPanic, ProcessExit, type Syscalls } from '../syscalls';
import type { Runtime, RuntimeContext } from '../worker';
import { createImports } from './imports';
import { isNpm, Npm, type NpmExports } from './npm';

const STDERR = 2;
/** Exit code of a process that broke down: an abort, as a POSIX shell reports it (128 + SIGABRT). */
const ABORTED = 134;

interface ProgramExports extends NpmExports {
  /** Runs the program to its end and answers its exit code. */
  wosix_run(): number;
}

export class NativeRuntime implements Runtime {
  readonly reusable = true;
  private programs?: WebAssembly.Module;
  private context?: RuntimeContext;

  warm(context: RuntimeContext): void {
    this.context = context;
    this.programs = context.modules.programs;
    if (!this.programs) throw new Error('programs.wasm was not given to the worker');
  }

  async run(sys: Syscalls): Promise<void> {
    if (!this.programs || !this.context) throw new Error('the native runtime was not warmed up');
    const npm = new Npm(sys, this.context.settings, this.context.progress, this.context.askNode);
    const memory = () => exports.memory;
    const imports = createImports(sys, memory, (stage) => npm.imports(memory, stage));
    const exports = new WebAssembly.Instance(this.programs, { wosix: imports }).exports as unknown as ProgramExports;
    let code: number;
    try {
      code = isNpm(sys.programName()) ? await npm.run(exports) : exports.wosix_run();
    } catch (error) {
      if (error instanceof ProcessExit || error instanceof KernelPanic) throw error;
      // A trap: stack overflow or out of memory. (A Rust panic has reported itself and left through `exit`.)
      sys.write(STDERR, new TextEncoder().encode(`${sys.programName()}: ${error}\n`), -1);
      code = ABORTED;
    }
    sys.exit(code);
  }
}
