/** {@link Syscalls} over an instance of the kernel module. */

import {
  ProcessExit, type Datagram, type DirectoryEntry, type ExitStatus, type News, type PackEntry, type Path, type PollEntry, type SocketAddress,
  type SocketFamily, type SocketOption, type SpawnRequest,
  type Syscalls, type Termios, type ThreadBlock, type WatchEvent, type WindowSize,
} from '../syscalls';
import type { Call, KernelInstance } from './instance';
import { OUT, PATH, Reader, Scratch, SECOND_PATH, Writer } from './scratch';

const EAGAIN = 11, EINVAL = 22;

const NEW_SESSION = 1, CONTROLLING_TERMINAL = 2, HAS_CWD = 4, HAS_GROUP = 8;
const FAMILIES = { tcp4: 4, tcp6: 6, unix: 1, udp4: 20, udp6: 22 } as const;
/** In the order of `OPTIONS` in `wosix-wasm/kernel/src/calls/datagrams.rs`. */
const SOCKET_OPTIONS: SocketOption[] = ['reuseAddress', 'reusePort', 'v6Only', 'broadcast', 'multicastLoop', 'receiveBuffer', 'sendBuffer'];
/** For {@link Syscalls.sendTo}: no port, the peer. */
const TO_PEER = -1;
const HANDLE_TYPES = ['FILE', 'PIPE', 'TCP', 'TTY', 'UNKNOWN', 'INVALID', 'UDP'] as const;
/** Rows of a poll that fit the scratch block. */
const POLL_ROWS = 16384;

const decoder = new TextDecoder();

export class Thread implements Syscalls {
  readonly wakeWord: { view: Int32Array; index: number };
  protected readonly scratch: Scratch;
  protected readonly slot: number;
  private readonly calls = new Map<string, Call>();
  // The hot ones are looked up once.
  private readonly sysStat: Call;
  private readonly sysFstat: Call;
  private readonly sysOpen: Call;
  private readonly sysClose: Call;
  private readonly sysRead: Call;
  private readonly sysWrite: Call;
  private readonly sysPoll: Call;

  constructor(
    protected readonly kernel: KernelInstance, block: ThreadBlock, readonly pid: number, readonly threadId = 0, readonly threadPort = 0,
  ) {
    this.slot = block.slot;
    this.scratch = new Scratch(kernel, block);
    this.wakeWord = { view: new Int32Array(kernel.memory.buffer, block.wakeWord, 1), index: 0 };
    this.sysStat = kernel.call('sys_stat');
    this.sysFstat = kernel.call('sys_fstat');
    this.sysOpen = kernel.call('sys_open');
    this.sysClose = kernel.call('sys_close');
    this.sysRead = kernel.call('sys_read');
    this.sysWrite = kernel.call('sys_write');
    this.sysPoll = kernel.call('sys_poll');
  }

  /** A call by name, with this thread's slot in front. */
  private sys(name: string, ...numbers: number[]): number {
    let call = this.calls.get(name);
    if (!call) this.calls.set(name, call = this.kernel.call(name));
    return call(this.slot, ...numbers);
  }

  /** A call on one path. */
  private onPath(name: string, path: Path, ...numbers: number[]): number {
    return this.sys(name, PATH, this.scratch.path(path), ...numbers);
  }

  private onPaths(name: string, first: Path, second: Path): number {
    const length = this.scratch.path(first);
    return this.sys(name, PATH, length, SECOND_PATH, this.scratch.path(second, SECOND_PATH));
  }

  private bytes(length: number): Uint8Array | number {
    return length < 0 ? length : this.scratch.reply(length);
  }

  /** Two numbers that a call left in the scratch block. */
  private pair(result: number): [number, number] | number {
    return result < 0 ? result : [this.scratch.ints[0], this.scratch.ints[1]];
  }

  // --- process ---------------------------------------------------------------------------------------

  getppid(): number { return this.sys('sys_getppid'); }
  getpgid(pid: number): number { return this.sys('sys_getpgid', pid); }
  setpgid(pid: number, pgid: number): number { return this.sys('sys_setpgid', pid, pgid); }
  getsid(pid: number): number { return this.sys('sys_getsid', pid); }
  setsid(): number { return this.sys('sys_setsid'); }
  getuid(): number { return this.sys('sys_getuid'); }
  geteuid(): number { return this.sys('sys_getuid'); }
  getgid(): number { return this.sys('sys_getgid'); }
  getegid(): number { return this.sys('sys_getgid'); }
  argv(): string[] { return this.scratch.strings(this.sys('sys_argv')); }
  environ(): string[] { return this.scratch.strings(this.sys('sys_environ')); }
  execPath(): string { return this.scratch.text(this.sys('sys_exec_path')); }
  programName(): string { return this.scratch.text(this.sys('sys_program_name')); }

  getcwd(): string {
    const length = this.sys('sys_getcwd');
    return length < 0 ? '' : this.scratch.text(length);
  }

  chdir(path: Path): number { return this.onPath('sys_chdir', path); }
  umask(mask: number): number { return this.sys('sys_umask', mask); }

  spawn(request: SpawnRequest): number {
    const { file, args, env, cwd, fds, processGroup, newSession, controllingTty } = request;
    const flags = (newSession ? NEW_SESSION : 0) | (controllingTty ? CONTROLLING_TERMINAL : 0)
      | (cwd === undefined ? 0 : HAS_CWD) | (processGroup === undefined ? 0 : HAS_GROUP);
    const writer = new Writer().int(flags).int(processGroup ?? 0).int(fds.length).int(args.length).int(env.length);
    for (const fd of fds) writer.int(fd);
    writer.string(file).string(cwd ?? '');
    for (const string of args) writer.string(string);
    for (const string of env) writer.string(string);
    return this.sys('sys_spawn', this.scratch.input(writer.finish()));
  }

  exec(file: string, args: string[], env: string[]): number {
    const writer = new Writer().int(args.length).int(env.length).string(file);
    for (const string of args) writer.string(string);
    for (const string of env) writer.string(string);
    const result = this.sys('sys_exec', this.scratch.input(writer.finish()));
    if (result < 0) return result;
    throw new ProcessExit(0);
  }

  wait(pid: number, nonblock: boolean): ExitStatus | null | number {
    const ended = this.sys('sys_wait', pid, Number(nonblock));
    if (ended < 0) return ended;
    return ended === 0 ? null : { pid: ended, code: this.scratch.ints[0], signal: this.scratch.ints[1] };
  }

  exit(code: number): never {
    if (this.threadId === 0) this.sys('sys_exit', code & 0xff);
    else this.sys('sys_thread_exit', code);
    throw new ProcessExit(code);
  }

  kill(pid: number, signal: number): number { return this.sys('sys_kill', pid, signal); }
  sigaction(signal: number, disposition: 0 | 1 | 2): number { return this.sys('sys_sigaction', signal, disposition); }
  nextSignal(): number { return this.sys('sys_next_signal'); }
  sleep(ms: number): number { return this.sys('sys_sleep', ms); }

  processes(): ReturnType<Syscalls['processes']> {
    const reader = new Reader(this.scratch.reply(this.sys('sys_processes')));
    const rows = [];
    while (!reader.done) {
      const [pid, ppid, pgid, state] = [reader.int(), reader.int(), reader.int(), String.fromCharCode(reader.int())];
      rows.push({ pid, ppid, pgid, state, command: decoder.decode(reader.string()) });
    }
    return rows;
  }

  // --- files by path ---------------------------------------------------------------------------------

  open(path: Path, flags: number, mode: number): number {
    return this.sysOpen(this.slot, PATH, this.scratch.path(path), flags, mode);
  }

  stat(path: Path, out: Float64Array, followLink: boolean): number {
    const result = this.sysStat(this.slot, PATH, this.scratch.path(path), followLink ? 1 : 0, OUT);
    if (result >= 0) this.scratch.numbers(out, 18);
    return result;
  }

  access(path: Path, mode: number): number { return this.onPath('sys_access', path, mode); }
  mkdir(path: Path, mode: number): number { return this.onPath('sys_mkdir', path, mode); }
  rmdir(path: Path): number { return this.onPath('sys_rmdir', path); }
  unlink(path: Path): number { return this.onPath('sys_unlink', path); }
  rename(from: Path, to: Path): number { return this.onPaths('sys_rename', from, to); }
  link(from: Path, to: Path): number { return this.onPaths('sys_link', from, to); }
  symlink(target: Path, path: Path): number { return this.onPaths('sys_symlink', target, path); }
  readlink(path: Path): Uint8Array | number { return this.bytes(this.onPath('sys_readlink', path)); }
  realpath(path: Path): Uint8Array | number { return this.bytes(this.onPath('sys_realpath', path)); }
  chmod(path: Path, mode: number, followLink: boolean): number { return this.onPath('sys_chmod', path, mode, Number(followLink)); }

  chown(path: Path, uid: number, gid: number, followLink: boolean): number {
    return this.onPath('sys_chown', path, uid, gid, Number(followLink));
  }

  utimes(path: Path, atime: number, mtime: number, followLink: boolean): number {
    return this.onPath('sys_utimes', path, atime, mtime, Number(followLink));
  }

  truncate(path: Path, length: number): number { return this.onPath('sys_truncate', path, length); }

  readdir(path: Path): DirectoryEntry[] | number {
    const length = this.onPath('sys_readdir', path);
    if (length < 0) return length;
    const reader = new Reader(this.scratch.reply(length));
    const entries: DirectoryEntry[] = [];
    while (!reader.done) {
      const [ino, kind] = [reader.float(), reader.byte()];
      entries.push({ ino, kind, name: reader.raw(reader.byte()) });
    }
    return entries;
  }

  statfs(path: Path, out: Float64Array): number {
    const result = this.onPath('sys_statfs', path, OUT);
    if (result >= 0) this.scratch.numbers(out, 7);
    return result;
  }

  mkfifo(path: Path, mode: number): number { return this.onPath('sys_mkfifo', path, mode); }

  // --- descriptors -----------------------------------------------------------------------------------

  close(fd: number): number { return this.sysClose(this.slot, fd); }

  read(fd: number, buffer: Uint8Array, position: number, nonblock?: boolean): number {
    const { scratch } = this;
    let total = 0;
    for (;;) {
      const wanted = Math.min(buffer.length - total, scratch.size);
      // Only the first part may wait: what came after it is to be answered.
      const count = this.sysRead(this.slot, fd, wanted, position < 0 ? -1 : position + total, nonblock || total > 0 ? 1 : 0);
      if (count <= 0) return total > 0 ? total : count;
      buffer.set(scratch.bytes.subarray(0, count), total);
      total += count;
      if (count < wanted || total === buffer.length) return total;
    }
  }

  write(fd: number, buffer: Uint8Array, position: number, nonblock?: boolean): number {
    const { scratch } = this;
    let total = 0;
    do {
      const part = Math.min(buffer.length - total, scratch.size);
      scratch.bytes.set(part === buffer.length ? buffer : buffer.subarray(total, total + part));
      const count = this.sysWrite(this.slot, fd, part, position < 0 ? -1 : position + total, nonblock ? 1 : 0);
      if (count < 0) return total > 0 ? total : count;
      total += count;
      if (count < part && nonblock) return total;
    } while (total < buffer.length);
    return total;
  }

  lseek(fd: number, offset: number, whence: 0 | 1 | 2): number { return this.sys('sys_lseek', fd, offset, whence); }

  fstat(fd: number, out: Float64Array): number {
    const result = this.sysFstat(this.slot, fd, OUT);
    if (result >= 0) this.scratch.numbers(out, 18);
    return result;
  }

  ftruncate(fd: number, length: number): number { return this.sys('sys_ftruncate', fd, length); }
  fsync(fd: number): number { return this.sys('sys_fsync', fd); }
  fchmod(fd: number, mode: number): number { return this.sys('sys_fchmod', fd, mode); }
  fchown(fd: number, uid: number, gid: number): number { return this.sys('sys_fchown', fd, uid, gid); }
  futimes(fd: number, atime: number, mtime: number): number { return this.sys('sys_futimes', fd, atime, mtime); }
  dup(fd: number): number { return this.sys('sys_dup', fd); }
  dup2(fd: number, newFd: number): number { return this.sys('sys_dup2', fd, newFd); }
  cloexec(fd: number, on: boolean | null): number { return this.sys('sys_cloexec', fd, on === null ? -1 : Number(on)); }
  statusFlags(fd: number, flags: number | null): number { return this.sys('sys_status_flags', fd, flags ?? -1); }
  pipe(): [number, number] | number { return this.pair(this.sys('sys_pipe')); }

  poll(entries: PollEntry[], timeout: number): number {
    const { ints } = this.scratch;
    if (entries.length > POLL_ROWS) return -EINVAL;
    for (let i = 0; i < entries.length; i++) {
      ints[2 * i] = entries[i].fd;
      ints[2 * i + 1] = entries[i].events;
    }
    const ready = this.sysPoll(this.slot, entries.length, timeout);
    if (ready >= 0) for (let i = 0; i < entries.length; i++) entries[i].revents = ints[2 * i + 1] >>> 16;
    return ready;
  }

  handleType(fd: number): ReturnType<Syscalls['handleType']> {
    return HANDLE_TYPES[this.sys('sys_handle_type', fd)];
  }

  // --- terminals -------------------------------------------------------------------------------------

  openPty(): [number, number] | number { return this.pair(this.sys('sys_open_pty')); }

  tcgetattr(fd: number): Termios | number {
    const count = this.sys('sys_tcgetattr', fd);
    if (count < 0) return count;
    const [iflag, oflag, cflag, lflag] = this.scratch.ints;
    return { iflag, oflag, cflag, lflag, cc: this.scratch.bytes.slice(16, 16 + count) };
  }

  tcsetattr(fd: number, { iflag, oflag, cflag, lflag, cc }: Termios): number {
    this.scratch.ints.set([iflag, oflag, cflag, lflag]);
    this.scratch.bytes.set(cc, 16);
    return this.sys('sys_tcsetattr', fd, cc.length);
  }

  windowSize(fd: number): WindowSize | number {
    const size = this.pair(this.sys('sys_window_size', fd));
    return typeof size === 'number' ? size : { cols: size[0], rows: size[1] };
  }

  setWindowSize(fd: number, { cols, rows }: WindowSize): number { return this.sys('sys_set_window_size', fd, cols, rows); }
  tcgetpgrp(fd: number): number { return this.sys('sys_tcgetpgrp', fd); }
  tcsetpgrp(fd: number, pgid: number): number { return this.sys('sys_tcsetpgrp', fd, pgid); }

  // --- sockets ---------------------------------------------------------------------------------------

  socket(family: SocketFamily): number { return this.sys('sys_socket', FAMILIES[family]); }
  socketpair(): [number, number] | number { return this.pair(this.sys('sys_socketpair')); }
  bind(fd: number, address: SocketAddress): number { return this.sys('sys_bind', fd, this.address(address)); }
  listen(fd: number, backlog: number): number { return this.sys('sys_listen', fd, backlog); }
  accept(fd: number, nonblock?: boolean): number { return this.sys('sys_accept', fd, nonblock ? 1 : 0); }

  connect(fd: number, address: SocketAddress, nonblock?: boolean): number {
    return this.sys('sys_connect', fd, this.address(address), nonblock ? 1 : 0);
  }

  shutdown(fd: number, how: 0 | 1 | 2): number { return this.sys('sys_shutdown', fd, how); }

  sendDescriptor(fd: number, passed: number, bytes: Uint8Array, nonblock?: boolean): number {
    const part = bytes.subarray(0, this.scratch.size);
    this.scratch.bytes.set(part);
    return this.sys('sys_send_descriptor', fd, passed, part.length, nonblock ? 1 : 0);
  }

  receiveDescriptor(fd: number): number { return this.sys('sys_receive_descriptor', fd); }
  sockname(fd: number): SocketAddress | number { return this.readAddress(this.sys('sys_sockname', fd)); }
  peername(fd: number): SocketAddress | number { return this.readAddress(this.sys('sys_peername', fd)); }

  setSocketOption(fd: number, option: SocketOption, value: number): number {
    return this.sys('sys_set_option', fd, SOCKET_OPTIONS.indexOf(option), value);
  }

  socketOption(fd: number, option: SocketOption): number { return this.sys('sys_option', fd, SOCKET_OPTIONS.indexOf(option)); }

  sendTo(fd: number, bytes: Uint8Array, to: { address: string; port: number } | null): number {
    const input = new Writer().int(to?.port ?? TO_PEER).string(to?.address ?? '').raw(bytes).finish();
    return this.sys('sys_send_to', fd, this.scratch.input(input));
  }

  receiveFrom(fd: number, nonblock?: boolean): Datagram | number {
    const length = this.sys('sys_receive_from', fd, nonblock ? 1 : 0);
    if (length < 0) return length;
    const reader = new Reader(this.scratch.reply(length));
    const from = { family: reader.int() as 4 | 6, port: reader.int(), address: decoder.decode(reader.string()) };
    return { from, bytes: reader.rest().slice() };
  }

  disconnect(fd: number): number { return this.sys('sys_disconnect', fd); }

  setMembership(fd: number, joined: boolean, group: string, source: string): number {
    const input = new Writer().string(group).string(source).finish();
    return this.sys('sys_membership', fd, Number(joined), this.scratch.input(input));
  }

  socketError(fd: number): number { return this.sys('sys_socket_error', fd); }

  abort(fd: number, reason: string): number {
    const bytes = new TextEncoder().encode(reason).subarray(0, this.scratch.size);
    return this.sys('sys_abort', fd, this.scratch.input(bytes));
  }

  failure(fd: number): string {
    const length = this.sys('sys_failure', fd);
    return length < 0 ? '' : this.scratch.text(length);
  }

  lookup(name: string): string | number {
    const length = this.sys('sys_lookup', this.scratch.path(name));
    return length < 0 ? length : this.scratch.text(length);
  }

  /** Writes an address; answers its length. A Unix path may begin with NUL, so it is not terminated by one. */
  private address(address: SocketAddress): number {
    const writer = 'path' in address
      ? new Writer().int(FAMILIES.unix).int(0).raw(new TextEncoder().encode(address.path))
      : new Writer().int(address.family).int(address.port).raw(new TextEncoder().encode(address.address));
    return this.scratch.input(writer.finish());
  }

  private readAddress(length: number): SocketAddress | number {
    if (length < 0) return length;
    const reader = new Reader(this.scratch.reply(length));
    const [family, port, text] = [reader.int(), reader.int(), decoder.decode(reader.rest())];
    return family === FAMILIES.unix ? { path: text } : { family: family as 4 | 6, address: text, port };
  }

  // --- watching --------------------------------------------------------------------------------------

  watch(path: Path, recursive: boolean): number { return this.onPath('sys_watch', path, Number(recursive)); }

  readWatch(fd: number): WatchEvent[] | number {
    const length = this.sys('sys_read_watch', fd);
    if (length < 0) return length;
    const reader = new Reader(this.scratch.reply(length));
    const events: WatchEvent[] = [];
    while (!reader.done) events.push({ kind: reader.int() === 0 ? 'rename' : 'change', name: reader.string() });
    return events;
  }

  // --- threads and message ports -----------------------------------------------------------------------

  threadCreate(): number { return this.sys('sys_thread_create'); }
  threadStart(thread: number, port: number): number { return this.sys('sys_thread_start', thread, port); }
  threadKill(thread: number): number { return this.sys('sys_thread_kill', thread); }

  threadJoin(thread: number): { code: number } | null | number {
    const result = this.sys('sys_thread_join', thread);
    if (result === -EAGAIN) return null;
    return result < 0 ? result : { code: this.scratch.ints[0] };
  }

  adoptDescriptor(fd: number): number { return this.sys('sys_adopt_descriptor', fd); }
  portPair(): [number, number] | number { return this.pair(this.sys('sys_port_pair')); }
  portChannel(name: string): number { return this.sys('sys_port_channel', this.scratch.input(new TextEncoder().encode(name))); }

  portSend(port: number, bytes: Uint8Array, ports: readonly number[]): number {
    let input = bytes;
    if (ports.length > 0) {
      const writer = new Writer();
      for (const id of ports) writer.int(id);
      input = writer.raw(bytes).finish();
    }
    return this.sys('sys_port_send', port, ports.length, this.scratch.input(input));
  }

  portReceive(port: number): Uint8Array | number { return this.bytes(this.sys('sys_port_receive', port)); }
  portClose(port: number): number { return this.sys('sys_port_close', port); }

  takeNews(): News[] {
    const reader = new Reader(this.scratch.reply(this.sys('sys_take_news')));
    const news: News[] = [];
    while (!reader.done) {
      const kind = reader.int();
      news.push(kind === 0 ? { port: reader.int() } : { endedThread: reader.int() });
    }
    return news;
  }

  // --- bulk ------------------------------------------------------------------------------------------

  packCreate(size: number): number { return this.sys('sys_pack_create', size); }

  packWrite(pack: number, offset: number, bytes: Uint8Array): number {
    const { scratch } = this;
    for (let at = 0; at < bytes.length; at += scratch.size) {
      const part = bytes.subarray(at, at + scratch.size);
      scratch.bytes.set(part);
      const result = this.sys('sys_pack_write', pack, offset + at, part.length);
      if (result < 0) return result;
    }
    return 0;
  }

  packInstall(pack: number, path: Path, index: PackEntry[]): number {
    const writer = new Writer().string(path);
    for (const { mode, offset, length, path } of index) writer.int(mode).float(offset).float(length).string(path);
    return this.sys('sys_pack_install', pack, this.scratch.input(writer.finish()));
  }

  packRelease(pack: number): number { return this.sys('sys_pack_release', pack); }
}
