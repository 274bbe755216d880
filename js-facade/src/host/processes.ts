/** Processes that the page started: their pipes or terminals, input, output, exit. */

import type { OutputStream, SpawnMessage } from '../api/protocol';
import type { HostCalls, SpawnRequest } from '../guest/syscalls';
import { POLLOUT } from '../guest/syscalls';
import { EACCES, EAGAIN, EINTR, ENOENT, ENOEXEC, SIGKILL, SIGPIPE, SIGTERM, STAT_FIELDS, SystemError, check } from './linux';
import type { LazyFiles } from './lazy-files';
import { OutputPump } from './output-pump';
import type { Poller } from './poller';

/** Time between SIGTERM and SIGKILL of {@link Processes.kill}, in milliseconds. */
const KILL_GRACE = 500;

/** Dispositions of `sigaction`. */
const DEFAULT = 0, IGNORE = 1;

export interface ProcessEvents {
  output(handle: number, stream: OutputStream, bytes: Uint8Array<ArrayBuffer>): void;
  outputEnd(handle: number, stream: OutputStream): void;
  exit(handle: number, code: number): void;
}

interface Child {
  handle: number;
  pid: number;
  /** Where its input goes: a pipe's write end or the terminal's master; -1 once closed. */
  input: number;
  /** The terminal's master, or -1. It is also `input`, and the pump's descriptor: the pump closes it. */
  terminal: number;
  pumps: Map<OutputStream, OutputPump>;
  /** Writes go one after the other. */
  writing: Promise<void>;
  exited: boolean;
}

export class Processes {
  private readonly byHandle = new Map<number, Child>();
  private readonly byPid = new Map<number, Child>();
  private nextHandle = 1;

  constructor(
    private readonly sys: HostCalls,
    private readonly poller: Poller,
    private readonly lazy: LazyFiles,
    private readonly workdir: string,
    private readonly defaultEnvironment: Record<string, string>,
    private readonly events: ProcessEvents,
  ) {}

  /**
   * Starts a program. A command that is not found or not executable is no error: it is a process that says so as a shell would and
   * exits with 127 or 126.
   */
  async spawn(request: SpawnMessage): Promise<{ handle: number; pid: number }> {
    const cwd = resolveInside(this.workdir, request.cwd ?? '.');
    const handle = this.nextHandle++;
    const { childEnds, ownEnds } = this.openStdio(request);
    const env = { ...this.defaultEnvironment, ...request.env };
    const program: SpawnRequest = {
      file: request.command,
      args: [request.command, ...request.args],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd,
      fds: childEnds,
      newSession: true,
      controllingTty: request.stdio.kind === 'terminal',
    };
    let pid: number;
    try {
      // The kernel has to read the program's first bytes, which may still have to be fetched.
      while ((pid = this.start(program)) === -EAGAIN && (await this.lazy.progress()));
    } finally {
      for (const fd of new Set(childEnds)) this.sys.close(fd);
    }
    if (pid < 0) {
      for (const fd of new Set(Object.values(ownEnds))) if (fd >= 0) this.sys.close(fd);
      return this.failToStart(handle, request, cwd, -pid);
    }
    const child: Child = { handle, pid, input: ownEnds.input, terminal: ownEnds.terminal, pumps: new Map(), writing: Promise.resolve(), exited: false };
    this.byHandle.set(handle, child);
    this.byPid.set(pid, child);
    this.pump(child, 1, ownEnds.stdout, request.wanted.stdout, request.window);
    if (ownEnds.stderr >= 0) this.pump(child, 2, ownEnds.stderr, request.wanted.stderr, request.window);
    return { handle, pid };
  }

  /** A child inherits what is ignored: for its start the host gives up ignoring SIGPIPE, which must end the child. */
  private start(program: Parameters<HostCalls['spawn']>[0]): number {
    this.sys.sigaction(SIGPIPE, DEFAULT);
    try {
      return this.sys.spawn(program);
    } finally {
      this.sys.sigaction(SIGPIPE, IGNORE);
    }
  }

  /** Resolves when all bytes are in the pipe or terminal. Writing to an ended process is answered with EPIPE. */
  write(handle: number, bytes: Uint8Array): Promise<void> {
    const child = this.byHandle.get(handle);
    if (!child) return Promise.reject(new SystemError(32, 'write'));
    const done = child.writing.then(() => this.writeAll(child, bytes));
    child.writing = done.catch(() => {});
    return done;
  }

  /** End of input: closes the pipe; a terminal gets the end-of-file character. */
  closeInput(handle: number): void {
    const child = this.byHandle.get(handle);
    if (!child) return;
    child.writing = child.writing.then(() => {
      if (child.input < 0) return;
      if (child.terminal >= 0) return this.writeAll(child, new Uint8Array([4]));
      this.closeInputNow(child);
    });
  }

  acknowledge(handle: number, stream: OutputStream, bytes: number): void {
    this.byHandle.get(handle)?.pumps.get(stream)?.acknowledge(bytes);
  }

  /** Nobody reads this stream any more: a pipe is closed, so that its writers hear of it; a terminal's output is dropped. */
  closeOutput(handle: number, stream: OutputStream): void {
    const child = this.byHandle.get(handle);
    const pump = child?.pumps.get(stream);
    if (child && child.terminal < 0) pump?.end();
    else pump?.acknowledge(Infinity);
  }

  signal(handle: number, signal: number): void {
    const child = this.byHandle.get(handle);
    if (child && !child.exited) this.sys.kill(-child.pid, signal);
  }

  kill(handle: number): void {
    this.signal(handle, SIGTERM);
    setTimeout(() => this.signal(handle, SIGKILL), KILL_GRACE);
  }

  resize(handle: number, cols: number, rows: number): void {
    const child = this.byHandle.get(handle);
    if (child && child.terminal >= 0) check(this.sys.setWindowSize(child.terminal, { cols, rows }), 'ioctl');
  }

  /** Collects ended children, the page's and orphans. Run it whenever the wake word was bumped. */
  reap(): void {
    for (;;) {
      const status = this.sys.wait(-1, true);
      if (status === null || typeof status === 'number') return;
      const child = this.byPid.get(status.pid);
      if (!child) continue;
      child.exited = true;
      this.byPid.delete(status.pid);
      if (child.terminal < 0) {
        this.closeInputNow(child);
        for (const pump of child.pumps.values()) pump.finish();
      } else {
        for (const pump of child.pumps.values()) pump.drain();
      }
      this.events.exit(child.handle, status.signal ? 128 + status.signal : status.code);
      this.forgetWhenDone(child);
    }
  }

  /** Opens the ends of the child and ours; -1 where there is none. */
  private openStdio({ stdio }: SpawnMessage): { childEnds: number[]; ownEnds: { input: number; stdout: number; stderr: number; terminal: number } } {
    if (stdio.kind === 'terminal') {
      const pty = this.sys.openPty();
      if (typeof pty === 'number') throw new SystemError(-pty, 'openpty');
      const [master, slave] = pty;
      this.sys.cloexec(master, true);
      this.sys.setWindowSize(master, { cols: stdio.cols, rows: stdio.rows });
      return { childEnds: [slave, slave, slave], ownEnds: { input: master, stdout: master, stderr: -1, terminal: master } };
    }
    const pipes = [0, 1, 2].map(() => {
      const pipe = this.sys.pipe();
      if (typeof pipe === 'number') throw new SystemError(-pipe, 'pipe');
      return pipe;
    });
    const [[stdinRead, input], [stdout, stdoutWrite], [stderr, stderrWrite]] = pipes;
    for (const fd of [input, stdout, stderr]) this.sys.cloexec(fd, true);
    return { childEnds: [stdinRead, stdoutWrite, stderrWrite], ownEnds: { input, stdout, stderr, terminal: -1 } };
  }

  private pump(child: Child, stream: OutputStream, fd: number, wanted: boolean, window: number): void {
    child.pumps.set(stream, new OutputPump(this.sys, this.poller, {
      fd,
      window: wanted ? window : 0,
      onData: (bytes) => {
        if (wanted) this.events.output(child.handle, stream, bytes);
      },
      onEnd: () => {
        if (child.terminal === fd) child.input = child.terminal = -1;
        child.pumps.delete(stream);
        this.events.outputEnd(child.handle, stream);
        this.forgetWhenDone(child);
      },
    }));
  }

  private async writeAll(child: Child, bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length;) {
      if (child.input < 0) throw new SystemError(32, 'write');
      const written = this.sys.write(child.input, bytes.subarray(offset), -1, true);
      if (written === -EAGAIN) await this.poller.wait(child.input, POLLOUT);
      else if (written !== -EINTR) offset += check(written, 'write');
    }
  }

  private closeInputNow(child: Child): void {
    if (child.input < 0) return;
    this.poller.forget(child.input);
    this.sys.close(child.input);
    child.input = -1;
  }

  private forgetWhenDone(child: Child): void {
    if (child.exited && child.pumps.size === 0) this.byHandle.delete(child.handle);
  }

  /** Plays a process that could not be started. Its events come after the answer to the caller, in a task of their own. */
  private failToStart(handle: number, request: SpawnMessage, cwd: string, errno: number): { handle: number; pid: number } {
    const stat = new Float64Array(STAT_FIELDS);
    const workingDirectory = this.sys.stat(cwd, stat, true);
    if (workingDirectory < 0) throw new SystemError(-workingDirectory, 'chdir', request.cwd ?? cwd);
    const [reason, code] =
      errno === ENOENT ? [request.command.includes('/') ? 'no such file or directory' : 'command not found', 127]
      : errno === EACCES ? ['permission denied', 126]
      : errno === ENOEXEC ? ['exec format error', 126]
      : [null, 126];
    if (reason === null) throw new SystemError(errno, 'spawn', request.command);
    const terminal = request.stdio.kind === 'terminal';
    const message = new TextEncoder().encode(`jsh: ${reason}: ${request.command}${terminal ? '\r\n' : '\n'}`);
    setTimeout(() => {
      const stream = terminal ? 1 : 2;
      if (stream === 1 ? request.wanted.stdout : request.wanted.stderr) this.events.output(handle, stream, message);
      this.events.outputEnd(handle, 1);
      if (!terminal) this.events.outputEnd(handle, 2);
      this.events.exit(handle, code as number);
    });
    return { handle, pid: 0 };
  }
}

/** `path` below `root`, as the public API means it: `/x` is `<root>/x`, and `..` does not lead out. */
export function resolveInside(root: string, path: string): string {
  // A path that names the root itself absolutely is taken as it is: clients build such paths from `workdir`.
  const relative = path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : path;
  const parts: string[] = [];
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? root : `${root}/${parts.join('/')}`;
}
