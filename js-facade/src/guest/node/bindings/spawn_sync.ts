/** `internalBinding('spawn_sync')`: runs a child to its end while this worker blocks. */

import { POLLIN, POLLOUT, type PollEntry, type Syscalls } from '../../syscalls';
import { startChild, type ChildOptions } from '../child-start';
import type { Environment } from '../environment';
import { SIGTERM } from '../../linux';
import { signalName } from '../signals';
import { bytesOf } from '../stream-base';
import { UV } from '../uv-errors';

interface SpawnSyncOptions extends ChildOptions {
  /** Milliseconds; 0 or absent: none. */
  timeout?: number;
  /** Bytes of one output; absent or Infinity: unlimited. */
  maxBuffer?: number;
  killSignal?: number;
}

interface SpawnSyncResult {
  pid: number;
  status: number | null;
  signal: string | null;
  output: (Uint8Array | null)[] | null;
  /** libuv's error number, when something went wrong. */
  error?: number;
}

/** Big enough that 64 MB take a thousand calls, small enough to start with for the usual few lines. */
const FIRST_CHUNK = 64 * 1024, LAST_CHUNK = 1024 * 1024;

/** How often an exit is looked for when there is a time limit, in ms: only the pipes can wake us up then. */
const EXIT_POLL_INTERVAL = 5;

export function create(env: Environment): Record<string, unknown> {
  return {
    spawn(options: SpawnSyncOptions): SpawnSyncResult {
      env.permissions.check('ChildProcess', options.file);
      return new SpawnSync(env, options).run();
    },
  };
}

/** One end of a pipe to the child. */
interface Pipe {
  fd: number;
  index: number;
  input: Uint8Array | undefined;
  inputOffset: number;
  output: Output | undefined;
}

class SpawnSync {
  readonly #env: Environment;
  readonly #sys: Syscalls;
  readonly #options: SpawnSyncOptions;
  readonly #maxBuffer: number;
  readonly #pipes: Pipe[] = [];
  #error = 0;
  #killed = false;
  #pid = 0;
  #exit: { code: number; signal: number } | undefined;

  constructor(env: Environment, options: SpawnSyncOptions) {
    this.#env = env;
    this.#sys = env.sys;
    this.#options = options;
    this.#maxBuffer = typeof options.maxBuffer === 'number' && options.maxBuffer > 0 ? options.maxBuffer : Infinity;
  }

  run(): SpawnSyncResult {
    const error = this.#start();
    if (error < 0) return { pid: 0, status: null, signal: null, output: null, error };

    const { timeout } = this.#options;
    const deadline = typeof timeout === 'number' && timeout > 0 ? this.#now() + timeout : Infinity;
    this.#movePipes(deadline);
    this.#awaitExit(deadline);
    return this.#result();
  }

  #start(): number {
    const child = startChild(this.#sys, this.#options);
    if (child.pid < 0) {
      for (const { fd } of child.parentEnds) this.#sys.close(fd);
      return child.pid;
    }
    this.#pid = child.pid;
    for (const { index, fd } of child.parentEnds) {
      const { readable, writable, input } = this.#options.stdio[index];
      const bytes = readable && input ? bytesOf(input) : undefined;
      const pipe: Pipe = { fd, index, input: bytes, inputOffset: 0, output: writable ? new Output() : undefined };
      this.#pipes.push(pipe);
      if (bytes === undefined || bytes.length === 0) this.#endInput(pipe);
    }
    return 0;
  }

  /** Feeds and drains until every pipe is at its end, the time is over or an output is too long. */
  #movePipes(deadline: number): void {
    for (;;) {
      const open = this.#pipes.filter((pipe) => pipe.fd >= 0);
      if (open.length === 0) return;
      const entries: PollEntry[] = open.map((pipe) => ({ fd: pipe.fd, events: wanted(pipe), revents: 0 }));
      const ready = this.#sys.poll(entries, this.#remaining(deadline));
      if (ready < 0 && ready !== UV.EINTR) {
        this.#fail(ready);
        return;
      }
      if (ready === 0 && this.#now() >= deadline) {
        this.#fail(UV.ETIMEDOUT);
        return;
      }
      for (const [i, { revents }] of entries.entries()) {
        if (revents !== 0) this.#serve(open[i]);
        if (this.#killed) return;
      }
    }
  }

  #serve(pipe: Pipe): void {
    if (pipe.input !== undefined) this.#feed(pipe);
    if (pipe.fd >= 0 && pipe.output !== undefined) this.#drain(pipe, pipe.output);
  }

  #feed(pipe: Pipe): void {
    const input = pipe.input!;
    const written = this.#sys.write(pipe.fd, input.subarray(pipe.inputOffset), -1, true);
    if (written === UV.EAGAIN || written === UV.EINTR) return;
    if (written >= 0) {
      pipe.inputOffset += written;
      if (pipe.inputOffset < input.length) return;
    } else {
      // EPIPE too: Node reports that the child did not want the rest.
      this.#note(written);
    }
    pipe.input = undefined;
    this.#endInput(pipe);
  }

  /** The child sees the end of its input; an end that is not read from either is closed. */
  #endInput(pipe: Pipe): void {
    if (pipe.output === undefined) this.#close(pipe);
    else if (pipe.index === 0) this.#sys.shutdown(pipe.fd, SHUT_WR);
  }

  #drain(pipe: Pipe, output: Output): void {
    const nread = this.#sys.read(pipe.fd, output.space(), -1, true);
    if (nread === UV.EAGAIN || nread === UV.EINTR) return;
    if (nread <= 0) {
      if (nread < 0) this.#note(nread);
      this.#close(pipe);
      return;
    }
    output.advance(nread);
    // As in Node, what was read beyond the limit is in the output nevertheless.
    if (output.length > this.#maxBuffer) this.#fail(UV.ENOBUFS);
  }

  #awaitExit(deadline: number): void {
    while (this.#exit === undefined) {
      // After a kill only the end is of interest, and it is near.
      const limited = deadline !== Infinity && !this.#killed;
      const status = this.#sys.wait(this.#pid, limited);
      if (typeof status === 'number') {
        if (status === UV.EINTR) continue;
        this.#note(status);
        return;
      }
      if (status !== null) {
        this.#exit = status;
      } else if (this.#now() >= deadline) {
        this.#fail(UV.ETIMEDOUT);
      } else {
        this.#sys.sleep(Math.min(EXIT_POLL_INTERVAL, deadline - this.#now()));
      }
    }
  }

  #result(): SpawnSyncResult {
    const { Buffer } = this.#env.requireBuiltin('buffer');
    const output: (Uint8Array | null)[] = this.#options.stdio.map(() => null);
    for (const pipe of this.#pipes) {
      if (pipe.output === undefined) continue;
      const bytes = pipe.output.bytes();
      output[pipe.index] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const result: SpawnSyncResult = {
      pid: this.#pid,
      status: this.#exit === undefined || this.#exit.signal > 0 ? null : this.#exit.code,
      signal: this.#exit !== undefined && this.#exit.signal > 0 ? signalName(this.#exit.signal) : null,
      output,
    };
    if (this.#error !== 0) result.error = this.#error;
    return result;
  }

  /** Ends the child because of `error`. */
  #fail(error: number): void {
    this.#note(error);
    if (this.#killed) return;
    this.#killed = true;
    for (const pipe of this.#pipes) this.#close(pipe);
    const { killSignal } = this.#options;
    this.#sys.kill(this.#pid, typeof killSignal === 'number' && killSignal > 0 ? killSignal : SIGTERM);
  }

  /** The first error is the one that is told. */
  #note(error: number): void {
    if (this.#error === 0) this.#error = error;
  }

  #close(pipe: Pipe): void {
    if (pipe.fd < 0) return;
    this.#sys.close(pipe.fd);
    pipe.fd = -1;
  }

  #remaining(deadline: number): number {
    return deadline === Infinity ? -1 : Math.max(0, deadline - this.#now());
  }

  #now(): number {
    return this.#env.host.performance.now();
  }
}

const SHUT_WR = 1;

function wanted(pipe: Pipe): number {
  return (pipe.input !== undefined ? POLLOUT : 0) | (pipe.output !== undefined ? POLLIN : 0);
}

/** Bytes of an output in chunks that grow, joined once at the end. */
class Output {
  length = 0;
  readonly #chunks: Uint8Array[] = [];
  #current: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** Room for the next read. */
  space(): Uint8Array {
    if (this.#used === this.#current.length) {
      if (this.#used > 0) this.#chunks.push(this.#current);
      const size = this.length === 0 ? FIRST_CHUNK : Math.min(LAST_CHUNK, Math.max(FIRST_CHUNK, this.length));
      this.#current = new Uint8Array(size);
      this.#used = 0;
    }
    return this.#current.subarray(this.#used);
  }

  advance(count: number): void {
    this.#used += count;
    this.length += count;
  }

  bytes(): Uint8Array {
    const last = this.#current.subarray(0, this.#used);
    if (this.#chunks.length === 0) return last;
    const whole = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of [...this.#chunks, last]) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  }
}
