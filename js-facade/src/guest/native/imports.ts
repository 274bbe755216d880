/**
 * The system calls as imports of `programs.wasm`: numbers and addresses in, the `Syscalls` object's calls out.
 * The Rust side of every line is in `wosix-wasm/programs/src/imports.rs`.
 */

import { POLLIN, type Syscalls } from '../syscalls';

const EINVAL = 22;
const ENOTTY = 25;
const CONTROL_CHARACTERS = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Imports for one instance. `memory` is asked at each call: the instance exists only after its imports, and its buffer changes when it grows.
 * `more` gives further imports that stage texts like these.
 */
export function createImports(
  sys: Syscalls,
  memory: () => WebAssembly.Memory,
  more: (stage: (text: string) => number) => Record<string, (...args: number[]) => number | void> = () => ({}),
): Record<string, (...args: number[]) => number | void> {
  let bytes = new Uint8Array(0);
  let staged: Uint8Array = bytes;

  const view = (): Uint8Array => {
    const { buffer } = memory();
    if (bytes.buffer !== buffer) bytes = new Uint8Array(buffer);
    return bytes;
  };
  const slice = (address: number, length: number): Uint8Array => view().subarray(address >>> 0, (address >>> 0) + (length >>> 0));
  const text = (address: number, length: number): string => decoder.decode(slice(address, length));
  const doubles = (address: number, count: number): Float64Array => new Float64Array(memory().buffer, address >>> 0, count);
  const integers = (address: number, count: number): Int32Array => new Int32Array(memory().buffer, address >>> 0, count);

  /** Keeps `result` until the program takes it, and answers its length; an errno passes through. */
  const stage = (result: Uint8Array | string | number): number => {
    if (typeof result === 'number') return result;
    staged = typeof result === 'string' ? encoder.encode(result) : result;
    return staged.length;
  };
  const list = (texts: readonly (string | number)[]): string => texts.map((part) => `${part}\0`).join('');

  return {
    ...more(stage),

    take(address) {
      view().set(staged, address >>> 0);
      staged = new Uint8Array(0);
      return 0;
    },

    exit: (code) => sys.exit(code),
    program_name: () => stage(sys.programName()),
    argv: () => stage(list(sys.argv())),
    environ: () => stage(list(sys.environ())),
    exec_path: () => stage(sys.execPath()),
    getpid: () => sys.pid,
    getppid: () => sys.getppid(),
    getpgid: (pid) => sys.getpgid(pid),
    setpgid: (pid, pgid) => sys.setpgid(pid, pgid),
    getuid: () => sys.getuid(),
    getgid: () => sys.getgid(),
    getcwd: () => stage(sys.getcwd()),
    chdir: (path, length) => sys.chdir(text(path, length)),
    umask: (mask) => sys.umask(mask),
    spawn(texts, length, argCount, fds, fdCount, group) {
      const [file, ...rest] = text(texts, length).split('\0').slice(0, -1);
      return sys.spawn({
        file,
        args: rest.slice(0, argCount),
        env: rest.slice(argCount),
        fds: [...integers(fds, fdCount)],
        ...(group >= 0 && { processGroup: group }),
      });
    },
    wait(pid, nonblock, out) {
      const status = sys.wait(pid, nonblock !== 0);
      if (status === null) return 0;
      if (typeof status === 'number') return status;
      integers(out, 3).set([status.pid, status.code, status.signal]);
      return 1;
    },
    kill: (pid, signal) => sys.kill(pid, signal),
    sigaction: (signal, disposition) => sys.sigaction(signal, disposition as 0 | 1 | 2),
    next_signal: () => sys.nextSignal(),
    sleep: (ms) => sys.sleep(ms),
    now: () => Date.now(),
    processes: () => stage(list(sys.processes().flatMap((row) => [row.pid, row.ppid, row.pgid, row.state, row.command]))),

    open: (path, length, flags, mode) => sys.open(text(path, length), flags, mode),
    stat: (path, length, follow, out) => sys.stat(text(path, length), doubles(out, 18), follow !== 0),
    access: (path, length, mode) => sys.access(text(path, length), mode),
    mkdir: (path, length, mode) => sys.mkdir(text(path, length), mode),
    rmdir: (path, length) => sys.rmdir(text(path, length)),
    unlink: (path, length) => sys.unlink(text(path, length)),
    rename: (from, fromLength, to, toLength) => sys.rename(text(from, fromLength), text(to, toLength)),
    link: (from, fromLength, to, toLength) => sys.link(text(from, fromLength), text(to, toLength)),
    symlink: (target, targetLength, path, length) => sys.symlink(text(target, targetLength), text(path, length)),
    readlink: (path, length) => stage(sys.readlink(text(path, length))),
    realpath: (path, length) => stage(sys.realpath(text(path, length))),
    chmod: (path, length, mode) => sys.chmod(text(path, length), mode, true),
    utimes: (path, length, atime, mtime, follow) => sys.utimes(text(path, length), atime, mtime, follow !== 0),
    truncate: (path, length, size) => sys.truncate(text(path, length), size),
    readdir(path, length) {
      const entries = sys.readdir(text(path, length));
      if (typeof entries === 'number') return entries;
      const result = new Uint8Array(entries.reduce((size, entry) => size + entry.name.length + 2, 0));
      let end = 0;
      for (const { kind, name } of entries) {
        result[end] = 0x30 + kind;
        result.set(name, end + 1);
        end += name.length + 2;
      }
      return stage(result);
    },
    statfs: (path, length, out) => sys.statfs(text(path, length), doubles(out, 7)),
    mkfifo: (path, length, mode) => sys.mkfifo(text(path, length), mode),

    close: (fd) => sys.close(fd),
    read: (fd, to, length) => sys.read(fd, slice(to, length), -1),
    write: (fd, from, length) => sys.write(fd, slice(from, length), -1),
    lseek: (fd, offset, whence) => sys.lseek(fd, offset, whence as 0 | 1 | 2),
    fstat: (fd, out) => sys.fstat(fd, doubles(out, 18)),
    dup: (fd) => sys.dup(fd),
    dup2: (fd, to) => sys.dup2(fd, to),
    set_cloexec: (fd, on) => sys.cloexec(fd, on !== 0),
    pipe(out) {
      const ends = sys.pipe();
      if (typeof ends === 'number') return ends;
      integers(out, 2).set(ends);
      return 0;
    },
    poll_read: (fd, timeout) => sys.poll([{ fd, events: POLLIN, revents: 0 }], timeout),

    isatty: (fd) => (sys.handleType(fd) === 'TTY' ? 1 : -ENOTTY),
    tcgetattr(fd, flags, cc) {
      const termios = sys.tcgetattr(fd);
      if (typeof termios === 'number') return termios;
      integers(flags, 4).set([termios.iflag, termios.oflag, termios.cflag, termios.lflag]);
      slice(cc, CONTROL_CHARACTERS).set(termios.cc.subarray(0, CONTROL_CHARACTERS));
      return 0;
    },
    tcsetattr(fd, flags, cc) {
      const [iflag, oflag, cflag, lflag] = integers(flags, 4);
      if (lflag === undefined) return -EINVAL;
      return sys.tcsetattr(fd, { iflag, oflag, cflag, lflag, cc: slice(cc, CONTROL_CHARACTERS).slice() });
    },
    window_size(fd, out) {
      const size = sys.windowSize(fd);
      if (typeof size === 'number') return size;
      integers(out, 2).set([size.cols, size.rows]);
      return 0;
    },
    tcgetpgrp: (fd) => sys.tcgetpgrp(fd),
    tcsetpgrp: (fd, pgid) => sys.tcsetpgrp(fd, pgid),
  };
}
