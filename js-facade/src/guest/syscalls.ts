/**
 * The system calls, as every program in a worker sees them.
 *
 * All of them answer a number `>= 0`, or a negated Linux errno (`-2` is `ENOENT`), never throw for a
 * failed call, and (unless `nonblock` is given) may block the calling worker. Paths are JavaScript strings or
 * raw bytes. Offsets, sizes and times are JavaScript numbers (times in milliseconds since the epoch
 * unless said otherwise).
 *
 * Two things are thrown: {@link ProcessExit} by `exit`, and {@link KernelPanic} when the kernel is poisoned.
 */

export type Path = string | Uint8Array;

/** `instanceof` these tells what a guest threw without a look at its prototypes, which a proxy could refuse. */
abstract class Ending extends Error {
  readonly #ending = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && #ending in value && Object.prototype.isPrototypeOf.call(this.prototype, value);
  }
}

/** Thrown through guest code when the process is over; nothing may swallow it on purpose. */
export class ProcessExit extends Ending {
  constructor(readonly code: number) {
    super(`process exited with code ${code}`);
    this.name = 'ProcessExit';
  }
}

/** The kernel trapped or panicked; the container is lost and the host reports `message`. */
export class KernelPanic extends Ending {
  constructor(message: string) {
    super(message);
    this.name = 'KernelPanic';
  }
}

/** poll(2) bits, Linux values. */
export const POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16, POLLNVAL = 32;

/** Descriptor that stands in a poll for {@link Syscalls.takeNews}. */
export const MAILBOX = -2;

/** A message may wait on a port, or its other end was closed; or a thread that this one made has ended. */
export type News = { port: number } | { endedThread: number };

/** One row of {@link Syscalls.poll}; `revents` is written by the call. */
export interface PollEntry { fd: number; events: number; revents: number }

/** Kinds of directory entries: Linux `d_type` mapped to libuv's `UV_DIRENT_*` (0 unknown, 1 file, 2 dir, 3 link, 4 fifo, 5 socket, 6 char, 7 block). */
export interface DirectoryEntry { name: Uint8Array; kind: number; ino: number }

/** What {@link Syscalls.spawn} starts: `execve` semantics plus `posix_spawn` file actions. */
export interface SpawnRequest {
  /** Program to run; searched in `PATH` of `env` when it has no slash. */
  file: string;
  /** `argv`, including `argv[0]`. */
  args: string[];
  /** `NAME=value` strings. */
  env: string[];
  /** Working directory; the caller's when absent. */
  cwd?: string;
  /** Child descriptor `i` becomes the caller's descriptor `fds[i]`; `-1` leaves it closed. */
  fds: number[];
  /** Process group: absent = the caller's, 0 = a new one led by the child, else join that group. */
  processGroup?: number;
  /** Start a new session (setsid); the child leads a new group too. */
  newSession?: boolean;
  /** Make child descriptor 0 (a tty) the controlling terminal of the new session, with the child's group in the foreground. */
  controllingTty?: boolean;
}

/** How a child ended: exactly one of the two is meaningful (`signal` 0 = it exited). */
export interface ExitStatus { pid: number; code: number; signal: number }

/** A socket address: IPv4/IPv6 textual address and port, or the path of a Unix socket. */
export type SocketAddress = { family: 4 | 6; address: string; port: number } | { path: string };

export type SocketFamily = 'tcp4' | 'tcp6' | 'unix' | 'udp4' | 'udp6';

/**
 * What setsockopt(2) changes; switches are 0 or 1. The buffers are those of datagram sockets, in bytes: as on Linux, the size is the
 * double of what was set.
 */
export type SocketOption = 'reuseAddress' | 'reusePort' | 'v6Only' | 'broadcast' | 'multicastLoop' | 'receiveBuffer' | 'sendBuffer';

/** A datagram that was received, and its sender's address. */
export interface Datagram { from: { family: 4 | 6; address: string; port: number }; bytes: Uint8Array<ArrayBuffer> }

/** The parts of termios that matter; flag bits have Linux values. */
export interface Termios { iflag: number; oflag: number; cflag: number; lflag: number; cc: Uint8Array }

export interface WindowSize { cols: number; rows: number }

/** One change reported by a watch descriptor. `name` is relative to the watched directory (empty = the file itself). */
export interface WatchEvent { kind: 'rename' | 'change'; name: Uint8Array }

/** Where Linux's `O_*` flags apply their values are x86-64 Linux's. */
export interface Syscalls {
  // --- this thread -----------------------------------------------------------------------------------
  readonly pid: number;
  /** Word that the kernel bumps (and notifies) to wake this thread; for `Atomics.waitAsync`. */
  readonly wakeWord: { view: Int32Array; index: number };

  /** Number of this thread in its process; 0 is the one the process began with. */
  readonly threadId: number;
  /** The port that whoever started this thread gave to it; 0 for thread 0. */
  readonly threadPort: number;

  // --- process ---------------------------------------------------------------------------------------
  getppid(): number;
  getpgid(pid: number): number;
  setpgid(pid: number, pgid: number): number;
  getsid(pid: number): number;
  setsid(): number;
  getuid(): number; geteuid(): number; getgid(): number; getegid(): number;
  argv(): string[];
  environ(): string[];
  /** Absolute path of the executed file after PATH lookup, `#!` and symlinks. */
  execPath(): string;
  /** Name of a registered program (`jsh` of `\x7fWSX native jsh`): what a multi-call module runs. Empty for other images. */
  programName(): string;
  /** Absolute path of the working directory; empty when it was removed (ENOENT). */
  getcwd(): string;
  chdir(path: Path): number;
  umask(mask: number): number;
  /** Answers the child's pid. Errors: ENOENT, EACCES, ENOEXEC, ENOTDIR, ELOOP, E2BIG, EAGAIN (too many processes), EBADF. */
  spawn(request: SpawnRequest): number;
  /**
   * execve(2): the process goes on as `file`, which is not searched for, with the descriptors that are not closed on exec. Throws {@link ProcessExit} when
   * that is done: this worker is not the process's any more. Answers an error otherwise.
   */
  exec(file: string, args: string[], env: string[]): number;
  /** waitpid(2): `pid` > 0, -1 (any), 0 (own group), < -1 (that group). `null` = WNOHANG and nothing yet. Errors: ECHILD, EINTR. A child's end always bumps the parent's wake word. */
  wait(pid: number, nonblock: boolean): ExitStatus | null | number;
  /** Ends this process (or, in another thread than the first, that thread): closes its descriptors, tells who waits for its end, then throws {@link ProcessExit}. */
  exit(code: number): never;
  /** kill(2). `pid` 0 = own group, < -1 = that group. */
  kill(pid: number, signal: number): number;
  /** Disposition of `signal`: 0 default, 1 ignored, 2 caught (queued for {@link nextSignal}; blocked calls answer EINTR). */
  sigaction(signal: number, disposition: 0 | 1 | 2): number;
  /** Next pending caught signal, or 0. */
  nextSignal(): number;
  /** Blocks for `ms`, or until a caught signal (EINTR). */
  sleep(ms: number): number;
  /** Rows of the process table: `{pid, ppid, pgid, state, command}`. */
  processes(): { pid: number; ppid: number; pgid: number; state: string; command: string }[];

  // --- files by path ---------------------------------------------------------------------------------
  open(path: Path, flags: number, mode: number): number;
  /** Fills `out` with Node's 18 stat fields (dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, then s and ns of atime, mtime, ctime, birthtime). */
  stat(path: Path, out: Float64Array, followLink: boolean): number;
  access(path: Path, mode: number): number;
  mkdir(path: Path, mode: number): number;
  rmdir(path: Path): number;
  unlink(path: Path): number;
  rename(from: Path, to: Path): number;
  link(from: Path, to: Path): number;
  symlink(target: Path, path: Path): number;
  readlink(path: Path): Uint8Array | number;
  realpath(path: Path): Uint8Array | number;
  chmod(path: Path, mode: number, followLink: boolean): number;
  chown(path: Path, uid: number, gid: number, followLink: boolean): number;
  /** Times in seconds (fractions allowed), as `fs.utimes`; NaN leaves a time (UTIME_OMIT), Infinity is now (UTIME_NOW). */
  utimes(path: Path, atime: number, mtime: number, followLink: boolean): number;
  truncate(path: Path, length: number): number;
  readdir(path: Path): DirectoryEntry[] | number;
  /** Fills `out` with Node's statfs fields: type, bsize, blocks, bfree, bavail, files, ffree. */
  statfs(path: Path, out: Float64Array): number;
  mkfifo(path: Path, mode: number): number;

  // --- descriptors -----------------------------------------------------------------------------------
  close(fd: number): number;
  /** `position` < 0 reads at (and moves) the descriptor's offset. A `nonblock` read that would wait answers EAGAIN. */
  read(fd: number, buffer: Uint8Array, position: number, nonblock?: boolean): number;
  /** May write less than all when `nonblock`; a blocking write to a pipe or socket writes all of it. EPIPE also raises SIGPIPE. */
  write(fd: number, buffer: Uint8Array, position: number, nonblock?: boolean): number;
  lseek(fd: number, offset: number, whence: 0 | 1 | 2): number;
  fstat(fd: number, out: Float64Array): number;
  ftruncate(fd: number, length: number): number;
  fsync(fd: number): number;
  fchmod(fd: number, mode: number): number;
  fchown(fd: number, uid: number, gid: number): number;
  futimes(fd: number, atime: number, mtime: number): number;
  dup(fd: number): number;
  dup2(fd: number, newFd: number): number;
  /** Descriptor flag FD_CLOEXEC; `null` leaves it. Answers the flag before. */
  cloexec(fd: number, on: boolean | null): number;
  /** Status flags (O_APPEND, O_NONBLOCK); `null` leaves them. Answers the flags. */
  statusFlags(fd: number, flags: number | null): number;
  /** Two descriptors, read end first. */
  pipe(): [number, number] | number;
  /** Fills `revents`. `timeout` in ms: -1 for ever, 0 never waits but **arms** the thread: its wake word is bumped when an entry may have become ready. Answers the number of ready entries. */
  poll(entries: PollEntry[], timeout: number): number;
  /** libuv's handle type of a descriptor ('PIPE' for pipes and Unix sockets). */
  handleType(fd: number): 'FILE' | 'PIPE' | 'TCP' | 'UDP' | 'TTY' | 'UNKNOWN' | 'INVALID';

  // --- terminals -------------------------------------------------------------------------------------
  /** Master and slave descriptor of a new pseudo-terminal. */
  openPty(): [number, number] | number;
  tcgetattr(fd: number): Termios | number;
  tcsetattr(fd: number, termios: Termios): number;
  windowSize(fd: number): WindowSize | number;
  /** Also raises SIGWINCH in the foreground group. */
  setWindowSize(fd: number, size: WindowSize): number;
  tcgetpgrp(fd: number): number;
  tcsetpgrp(fd: number, pgid: number): number;

  // --- sockets ---------------------------------------------------------------------------------------
  /** A socket: 'tcp4', 'tcp6' and 'unix' are for streams, 'udp4' and 'udp6' for datagrams. */
  socket(family: SocketFamily): number;
  socketpair(): [number, number] | number;
  bind(fd: number, address: SocketAddress): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number, nonblock?: boolean): number;
  /** EINPROGRESS when `nonblock` and not connected at once: poll for POLLOUT, then {@link socketError}. */
  connect(fd: number, address: SocketAddress, nonblock?: boolean): number;
  shutdown(fd: number, how: 0 | 1 | 2): number;
  /**
   * Writes to a Unix socket and sends the open file behind `passed` along with the first byte (`SCM_RIGHTS`). Answers the number of bytes written, at
   * least one; EINVAL for other sockets or no bytes.
   */
  sendDescriptor(fd: number, passed: number, bytes: Uint8Array, nonblock?: boolean): number;
  /** A descriptor (closed on exec) for the oldest open file that came with the bytes read so far; EAGAIN if there is none. A read never takes the bytes of two. */
  receiveDescriptor(fd: number): number;
  sockname(fd: number): SocketAddress | number;
  peername(fd: number): SocketAddress | number;
  /** Errors: EINVAL (`v6Only` of a bound socket), ENOPROTOOPT (a buffer of a stream socket). */
  setSocketOption(fd: number, option: SocketOption, value: number): number;
  socketOption(fd: number, option: SocketOption): number;
  /**
   * Sends one datagram, to the peer if `to` is null; never waits. What nobody receives is lost. Errors: EDESTADDRREQ, EMSGSIZE, ENETUNREACH (anywhere
   * but this container), EACCES (broadcast without the option), or the pending error of a connected socket.
   */
  sendTo(fd: number, bytes: Uint8Array, to: { address: string; port: number } | null): number;
  /** The next datagram, whole. */
  receiveFrom(fd: number, nonblock?: boolean): Datagram | number;
  /** Takes the peer of a datagram socket away. */
  disconnect(fd: number): number;
  /** Joins or leaves a multicast group; an empty `source` hears all senders. Errors: EADDRINUSE (joined already), EADDRNOTAVAIL (not joined), EINVAL. */
  setMembership(fd: number, joined: boolean, group: string, source: string): number;
  /** SO_ERROR: the pending error as a positive errno, 0 if none; cleared by the call. */
  socketError(fd: number): number;
  /** Closes a connected socket with a reset; {@link failure} answers `reason` at the other end. */
  abort(fd: number, reason: string): number;
  /** Why the other end of a connection gave it up (reads answer ECONNRESET), in words for people; empty if it did not say. */
  failure(fd: number): string;
  /**
   * The IPv4 address that stands for a host outside the container: connecting to it leads to the host's gateway, which speaks HTTP/1.1 there.
   * Nobody is asked whether the host exists. ENOENT for what is no host name, ENOSPC when no more names can be told apart.
   */
  lookup(name: string): string | number;

  // --- watching --------------------------------------------------------------------------------------
  /** A descriptor that becomes readable when something under `path` changes. */
  watch(path: Path, recursive: boolean): number;
  readWatch(fd: number): WatchEvent[] | number;

  // --- threads and message ports -----------------------------------------------------------------------
  /** Makes a thread of this process that does not run yet; answers its number, which is never given again. */
  threadCreate(): number;
  /** Starts it. `port` becomes the thread's own ({@link threadPort}). */
  threadStart(thread: number, port: number): number;
  /** Ends a thread that this one made, wherever it is; its code is 1. Nothing happens to one that has ended. */
  threadKill(thread: number): number;
  /** The code of a thread that this one made, once: `null` while it runs. ESRCH after that. */
  threadJoin(thread: number): { code: number } | null | number;
  /** Makes a descriptor this thread's: it will be closed when this thread ends, not with the one that opened it. */
  adoptDescriptor(fd: number): number;
  /** Two message ports that are each other's peer. */
  portPair(): [number, number] | number;
  /** A port whose messages go to all others of this name in the process. */
  portChannel(name: string): number;
  /** Sends bytes (at least one), and ports, which are no longer ours. Never waits. Answers how many ports got it: 0 when the other end is closed. ELOOP when the port that would get it is among `ports`: both ends are then closed. */
  portSend(port: number, bytes: Uint8Array, ports: readonly number[]): number;
  /** The oldest message; ports in it are ours now. Never waits: EAGAIN when there is none, EPIPE when there will be none any more. */
  portReceive(port: number): Uint8Array | number;
  portClose(port: number): number;
  /** What happened since the last time. While there is something, {@link MAILBOX} polls as readable. */
  takeNews(): News[];

  // --- bulk ------------------------------------------------------------------------------------------
  /** A read-only byte store inside the kernel for many files at once (a package's inflated tarball). Answers its id. */
  packCreate(size: number): number;
  packWrite(pack: number, offset: number, bytes: Uint8Array): number;
  /**
   * Creates every file of `index` under the directory `path` (made if missing, parents too) with contents that refer to the pack,
   * copy-on-write; existing entries of the same name are replaced. All or nothing.
   */
  packInstall(pack: number, path: Path, index: PackEntry[]): number;
  /** Drops the caller's hold; bytes live on while a file refers to them. */
  packRelease(pack: number): number;
}

/** One file of a pack. `path` is relative, without `.` or `..`; `mode` are permission bits. */
export interface PackEntry { path: string; mode: number; offset: number; length: number }

// --- what only the kernel's worker may call ----------------------------------------------------------

/** What the kernel wants done outside; see `wosix-core/src/kernel/effect.rs`. */
export type Effect =
  /** Start the image of `pid` in a worker for `runtime`. `maker` is its parent, or the process itself when it became another program. */
  | { kind: 'exec'; pid: number; maker: number; runtime: 'native' | 'node' | 'wasi' }
  /** `pid` is dead; its worker must be terminated (it may be in a busy loop). */
  | { kind: 'terminate'; pid: number }
  /** Start a thread of `pid` in a worker for threads. */
  | { kind: 'thread'; pid: number; thread: number }
  /** A thread was ended by another; its worker must be terminated. */
  | { kind: 'terminate-thread'; pid: number; thread: number }
  /** A TCP port was opened or closed by a real listen() or close. */
  | { kind: 'port'; open: boolean; port: number; pid: number }
  /** Someone needs the contents of a lazy file. */
  | { kind: 'load'; token: number }
  /** A process has connected to `host` (a name, an IPv4 address, or an IPv6 address in brackets) outside: `fd` is the other end, and the host's to close. */
  | { kind: 'connect'; fd: number; host: string; port: number };

/** One entry of a mounted tree. Directories come before what they hold. `token` names lazy contents. */
export type TreeEntry =
  | { path: string; type: 'directory'; mode: number; mtimeMs: number }
  | { path: string; type: 'symlink'; target: string; mtimeMs: number }
  | { path: string; type: 'lazy'; mode: number; mtimeMs: number; size: number; token: number };

export interface HostCalls extends Syscalls {
  /** Next queued effect, or null. The host's wake word is bumped when one is queued. */
  nextEffect(): Effect | null;
  /** Allocates stack, TLS and scratch for one more worker instance. Reuses blocks given back by `freeThread`. */
  allocThread(): ThreadBlock;
  /** Only after the worker is proven dead (its Web Lock was granted to us). */
  freeThread(block: ThreadBlock): void;
  /** The worker for `pid` could not be started or broke outside the kernel: end the process as if by `signal`, with `message` on its stderr. */
  failProcess(pid: number, message: string, signal: number): void;
  mountTree(path: string, entries: TreeEntry[]): number;
  /** Contents of a lazy file, in any number of chunks; the last has `final`. A negative `error` fails the readers instead. */
  fillLazy(token: number, bytes: Uint8Array, offset: number, final: boolean): number;
  failLazy(token: number, errno: number): number;
  /** Bytes of shared memory in use by the kernel's allocator, and size of the memory. */
  memoryUsage(): { used: number; total: number };
}

/** Addresses in shared memory that one worker instance owns. */
export interface ThreadBlock { slot: number; stackTop: number; tls: number; scratch: number; scratchSize: number; wakeWord: number }
