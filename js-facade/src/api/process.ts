/** Running processes as the page sees them. */

import type { HostEvents, HostMethods, OutputStream, SpawnMessage } from './protocol';
import type { RpcClient } from './rpc';
import type { SpawnOptions, WebContainerProcess } from './types';

type Host = RpcClient<HostMethods, HostEvents>;

/** Bytes that may be under way to a reader that does not read; then the process blocks in its writes. */
const WINDOW = 1024 * 1024;

/** A process with byte streams; what {@link WebContainerProcess} is made from, and what the command line uses. */
export interface RawProcess {
  pid: number;
  exit: Promise<number>;
  stdin: WritableStream<Uint8Array>;
  /** Output of the terminal, or standard output: cancelling that closes the pipe, as the end of a reader does. */
  stdout: ReadableStream<Uint8Array>;
  /** Never yields when the process has a terminal. */
  stderr: ReadableStream<Uint8Array>;
  /** Sends a signal (its Linux number) to the process's group. */
  signal(signal: number): void;
  kill(): void;
  resize(size: { cols: number; rows: number }): void;
}

export interface RawSpawnOptions {
  cwd?: string;
  env?: Record<string, string | number | boolean>;
  /** Present: all three descriptors are one terminal. */
  terminal?: { cols: number; rows: number };
  /** Streams to deliver; the others are drained. Default both. */
  wanted?: { stdout: boolean; stderr: boolean };
  /** Without back-pressure output is delivered as fast as it comes, read or not. */
  backPressure?: boolean;
}

interface StreamState { controller: ReadableStreamDefaultController<Uint8Array> | null; delivered: number; credited: number }

interface Running {
  streams: Record<OutputStream, StreamState>;
  settle: (code: number) => void;
  fail: (error: Error) => void;
  open: number;
  exited: boolean;
}

export class Processes {
  private readonly running = new Map<number, Running>();
  /** Events can overtake the answer to `spawn`; they wait here for it. */
  private readonly early = new Map<number, (() => void)[]>();
  private spawning = 0;

  constructor(private readonly host: Host) {
    host.on('output', (...args) => this.deliver(() => this.output(...args), args[0]));
    host.on('outputEnd', (...args) => this.deliver(() => this.outputEnd(...args), args[0]));
    host.on('exit', (...args) => this.deliver(() => this.exited(...args), args[0]));
  }

  async spawnRaw(command: string, args: string[], options: RawSpawnOptions = {}): Promise<RawProcess> {
    const wanted = options.wanted ?? { stdout: true, stderr: true };
    const window = options.backPressure ? WINDOW : 0;
    const message: SpawnMessage = {
      command,
      args: args.map(String),
      cwd: options.cwd,
      env: Object.fromEntries(Object.entries(options.env ?? {}).map(([name, value]) => [name, String(value)])),
      stdio: options.terminal ? { kind: 'terminal', cols: options.terminal.cols, rows: options.terminal.rows } : { kind: 'pipes' },
      wanted,
      window,
    };
    this.spawning++;
    try {
      const { handle, pid } = await this.host.call('spawn', [message]);
      const created = this.create(handle, pid, window, options.terminal !== undefined);
      for (const event of this.early.get(handle) ?? []) event();
      this.early.delete(handle);
      return created;
    } finally {
      this.spawning--;
    }
  }

  /** The container is gone: all that run fail with `reason`. */
  failAll(reason: Error): void {
    for (const record of this.running.values()) {
      for (const { controller } of Object.values(record.streams)) controller?.error(reason);
      record.fail(reason);
    }
    this.running.clear();
  }

  private create(handle: number, pid: number, window: number, terminal: boolean): RawProcess {
    let settle!: (code: number) => void, fail!: (error: Error) => void;
    const exit = new Promise<number>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    // Nobody need look at `exit`: a torn-down container must not raise an unhandled rejection for it.
    exit.catch(() => {});
    const stream = (): StreamState => ({ controller: null, delivered: 0, credited: 0 });
    const record: Running = { streams: { 1: stream(), 2: stream() }, settle, fail, open: terminal ? 1 : 2, exited: false };
    this.running.set(handle, record);
    const output = (stream: OutputStream) => {
      const state = record.streams[stream];
      return new ReadableStream<Uint8Array>({
        start: (controller) => {
          state.controller = controller;
        },
        // Called when the queue is below its mark: what left it since the last time is credited to the host.
        pull: (controller) => {
          const consumed = state.delivered - (WINDOW - controller.desiredSize!);
          if (window > 0 && consumed > state.credited) this.host.notify('acknowledge', [handle, stream, consumed - state.credited]);
          state.credited = consumed;
        },
        cancel: () => {
          state.controller = null;
          this.host.notify('closeOutput', [handle, stream]);
        },
      }, { highWaterMark: WINDOW, size: (chunk) => chunk!.length });
    };
    return {
      pid,
      exit,
      stdin: new WritableStream<Uint8Array>({
        write: (bytes) => this.host.call('write', [handle, bytes]),
        close: () => this.host.notify('closeInput', [handle]),
        abort: () => this.host.notify('closeInput', [handle]),
      }),
      stdout: output(1),
      stderr: output(2),
      signal: (signal) => this.host.notify('signal', [handle, signal]),
      kill: () => this.host.notify('kill', [handle]),
      resize: ({ cols, rows }) => this.host.notify('resize', [handle, cols, rows]),
    };
  }

  private deliver(event: () => void, handle: number): void {
    if (this.running.has(handle) || this.spawning === 0) return event();
    const waiting = this.early.get(handle);
    if (waiting) waiting.push(event);
    else this.early.set(handle, [event]);
  }

  private output(handle: number, stream: OutputStream, bytes: Uint8Array): void {
    const state = this.running.get(handle)?.streams[stream];
    if (!state?.controller) return;
    state.delivered += bytes.length;
    state.controller.enqueue(bytes);
  }

  private outputEnd(handle: number, stream: OutputStream): void {
    const record = this.running.get(handle);
    if (!record) return;
    record.streams[stream].controller?.close();
    record.streams[stream].controller = null;
    record.open--;
    this.forgetWhenDone(handle, record);
  }

  private exited(handle: number, code: number): void {
    const record = this.running.get(handle);
    if (!record) return;
    record.exited = true;
    record.settle(code);
    this.forgetWhenDone(handle, record);
  }

  private forgetWhenDone(handle: number, record: Running): void {
    if (record.exited && record.open <= 0) this.running.delete(handle);
  }
}

/** Wraps a raw process in the shape of the public API: text streams, one `output`. */
export function textProcess(raw: RawProcess, options: SpawnOptions): WebContainerProcess {
  const decoded = (stream: ReadableStream<Uint8Array>) => stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  const encoder = new TextEncoder();
  const writer = raw.stdin.getWriter();
  let over = false;
  raw.exit.finally(() => (over = true)).catch(() => {});
  /** Whether it is too late for `input` or `resize`; says so as the WebContainer API does. */
  const tooLate = () => {
    if (over) console.warn('This process already exited');
    return over;
  };
  const separate = options.stdout || options.stderr;
  const silent = () => new ReadableStream<string>();
  const stdout = decoded(raw.stdout);
  return {
    exit: raw.exit,
    input: new WritableStream<string>({
      write: async (text) => {
        if (!tooLate()) await writer.write(encoder.encode(text));
      },
      close: () => writer.close(),
      abort: () => writer.abort(),
    }),
    output: separate || options.output === false ? silent() : stdout,
    ...(options.stdout ? { stdout } : {}),
    ...(options.stderr ? { stderr: decoded(raw.stderr) } : {}),
    kill: () => raw.kill(),
    resize: (size) => {
      if (!tooLate()) raw.resize(size);
    },
  };
}
