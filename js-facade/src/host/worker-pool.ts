/**
 * Workers that run processes. Some of each kind are kept warm, since starting one costs far more than running a short program.
 *
 * A worker's thread block (stack, TLS, scratch) is given back only when its Web Lock was granted to us: `terminate()` lets a busy worker run on
 * for up to two seconds in Chromium.
 */

import type { HostCalls, ThreadBlock } from '../guest/syscalls';
import type { InitMessage, Progress, RunMessage, WorkerMessage } from '../guest/worker';
import { type GuestLink, startGuest } from './guest-link';
import { ProcessAttachments } from './attachments';
import { SIGABRT } from './linux';

type Runtime = 'native' | 'node' | 'thread' | 'wasi';

/** Scripts of the workers. A runtime that is not listed has none. */
const SCRIPTS: Partial<Record<Runtime, string>> = { native: 'guest-native.js', node: 'guest-node.js', thread: 'guest-node.js' };
/** Workers of a kind that are kept warm. */
const WARM = 2;

/** Workers of one runtime that may warm up at once: more would only share the processors. */
const PARALLEL_STARTS = Math.max(2, navigator.hardwareConcurrency || 2);
/** Idle workers beyond the warm number live on for this long, in milliseconds. */
const SURPLUS_LIFETIME = 5_000;
/**
 * Time between the end of a process and the termination of its worker, in milliseconds. Firefox terminates at once, even inside a system
 * call with the kernel lock held, and that lock would never be released. After this time the worker has closed itself, is parked by
 * the kernel (which does that to every thread of a dead process that enters it, outside the lock), or runs without system calls.
 */
const TERMINATION_DELAY = 100;
/** A refill waits until no process was started for this long, so that it does not compete with the one just started. */
const REFILL_DELAY = 30;

/** What a worker is warmed up for. */
interface Kind {
  runtime: Runtime;
  /** Full version of Node; empty for other runtimes. */
  node: string;
  /** What waits for a worker, oldest first. */
  waiting: Job[];
}

/** A process, or (`thread` > 0) one of its threads, to run. */
interface Job {
  pid: number;
  thread: number;
}

interface GuestWorker {
  link: GuestLink;
  block: ThreadBlock;
  lock: string;
  kind: Kind;
  state: 'warming' | 'idle' | 'busy';
  job: Job | null;
  surplusTimer?: ReturnType<typeof setTimeout>;
}

export interface PoolEnvironment {
  calls: HostCalls;
  assets: string;
  /** Prefix of the names of Web Locks; unique to this container. */
  lockPrefix: string;
  /** The first message to a new worker, without what differs from worker to worker. */
  init: Omit<InitMessage, 'type' | 'block' | 'lock' | 'assets' | 'thread' | 'node'>;
  /** Full version of the Node that `pid` runs or would run. */
  nodeOf(pid: number): Promise<string>;
  onProgress(pid: number, progress: Progress): void;
  onPanic(message: string): void;
  onError(message: string): void;
}

export class WorkerPool {
  private readonly workers = new Set<GuestWorker>();
  private readonly kinds: Kind[] = [];
  private readonly attachments = new Map<number, ProcessAttachments>();
  private threadsWanted = false;
  private refillTimer: ReturnType<typeof setTimeout> | undefined;
  private serial = 0;
  private closed = false;

  /** `node`: full version of the Node that is expected to run. */
  constructor(private readonly env: PoolEnvironment, private node: string) {}

  /** Starts the warm workers now instead of when they are first needed. */
  prewarm(): void {
    this.kindOf('native');
    this.kindOf('node', this.node);
    this.refill();
  }

  /** From now on workers for this version of Node are kept warm. */
  expectNode(version: string): void {
    if (version === this.node) return;
    this.node = version;
    this.kindOf('node', version);
    for (const guest of this.workers) if (guest.state === 'idle') this.rest(guest);
    this.scheduleRefill();
  }

  /** Gives `pid` to a worker of `runtime`. */
  run(pid: number, runtime: 'native' | 'wasi'): void {
    if (!SCRIPTS[runtime]) {
      this.env.calls.failProcess(pid, `wosix: programs of the kind '${runtime}' cannot be run yet\n`, SIGABRT);
      return;
    }
    this.give({ pid, thread: 0 }, this.kindOf(runtime));
  }

  /** Gives `pid` to a worker for this version of Node. */
  runNode(pid: number, version: string): void {
    this.expectNode(version);
    this.give({ pid, thread: 0 }, this.kindOf('node', version));
  }

  /** Gives a thread of `pid` to a worker for threads. */
  runThread(pid: number, thread: number, version: string): void {
    this.threadsWanted = true;
    this.give({ pid, thread }, this.kindOf('thread', version));
  }

  private give(job: Job, kind: Kind): void {
    const idle = this.find(kind, 'idle');
    if (idle) this.assign(idle, job);
    else {
      kind.waiting.push(job);
      this.startForWaiting(kind);
    }
    this.scheduleRefill();
  }

  private kindOf(runtime: Runtime, node = ''): Kind {
    let kind = this.kinds.find((kind) => kind.runtime === runtime && kind.node === node);
    if (!kind) this.kinds.push((kind = { runtime, node, waiting: [] }));
    return kind;
  }

  /** How many workers of a kind are kept warm. */
  private warm(kind: Kind): number {
    if (kind.runtime === 'native') return WARM;
    return kind.node === this.node && (kind.runtime === 'node' || this.threadsWanted) ? WARM : 0;
  }

  /** The process is dead: ends its workers, whatever they are doing. */
  terminate(pid: number): void {
    this.attachments.delete(pid);
    this.end((job) => job.pid === pid);
  }

  /** The same for one thread of a process. */
  terminateThread(pid: number, thread: number): void {
    this.end((job) => job.pid === pid && job.thread === thread);
  }

  private end(over: (job: Job) => boolean): void {
    for (const kind of this.kinds) kind.waiting = kind.waiting.filter((job) => !over(job));
    for (const guest of [...this.workers]) if (guest.job && over(guest.job)) this.discard(guest);
  }

  /** Ends all workers; the pool is of no use afterwards. */
  close(): void {
    this.closed = true;
    clearTimeout(this.refillTimer);
    for (const guest of this.workers) {
      clearTimeout(guest.surplusTimer);
      guest.link.terminate();
    }
    this.workers.clear();
    this.attachments.clear();
  }

  private find(kind: Kind, state: GuestWorker['state']): GuestWorker | undefined {
    for (const guest of this.workers) if (guest.kind === kind && guest.state === state) return guest;
    return undefined;
  }

  private count(kind: Kind, state: GuestWorker['state']): number {
    let count = 0;
    for (const guest of this.workers) if (guest.kind === kind && guest.state === state) count++;
    return count;
  }

  /** An idle worker stays warm, or lives on for a while if there are enough of its kind. */
  private rest(guest: GuestWorker): void {
    if (this.count(guest.kind, 'idle') <= this.warm(guest.kind)) return;
    clearTimeout(guest.surplusTimer);
    guest.surplusTimer = setTimeout(() => this.discard(guest), SURPLUS_LIFETIME);
  }

  private assign(guest: GuestWorker, job: Job): void {
    clearTimeout(guest.surplusTimer);
    guest.state = 'busy';
    guest.job = job;
    guest.link.post({ type: 'run', ...job } satisfies RunMessage);
  }

  private startForWaiting(kind: Kind): void {
    const warming = this.count(kind, 'warming');
    const wanted = Math.min(kind.waiting.length, PARALLEL_STARTS);
    for (let i = warming; i < wanted; i++) this.start(kind);
  }

  private scheduleRefill(): void {
    clearTimeout(this.refillTimer);
    this.refillTimer = setTimeout(() => this.refill(), REFILL_DELAY);
  }

  /** Starts at most one worker a kind; each that becomes ready comes back here for the next. */
  private refill(): void {
    if (this.closed) return;
    for (const kind of this.kinds) if (this.count(kind, 'warming') === 0 && this.count(kind, 'idle') < this.warm(kind)) this.start(kind);
  }

  private start(kind: Kind): void {
    const { calls, assets, lockPrefix, init } = this.env;
    const { runtime, node } = kind;
    const block = calls.allocThread();
    const lock = `${lockPrefix}-${this.serial++}`;
    const url = `${assets}${SCRIPTS[runtime]}`;
    const link = startGuest(url, `wosix ${runtime}`, {
      message: (message) => this.onMessage(guest, message),
      error: (text) => this.breakDown(guest, text ?? `cannot load ${url}`),
    });
    const guest: GuestWorker = { link, block, lock, kind, state: 'warming', job: null };
    this.workers.add(guest);
    link.post({ type: 'init', block, lock, assets, thread: runtime === 'thread', node, ...init } satisfies InitMessage);
  }

  private onMessage(guest: GuestWorker, message: WorkerMessage): void {
    if (!this.workers.has(guest)) return;
    switch (message.type) {
      case 'ready':
      case 'idle': {
        if (guest.job?.thread === 0) this.attachments.delete(guest.job.pid);
        guest.job = null;
        guest.state = 'idle';
        const next = guest.kind.waiting.shift();
        if (next !== undefined) {
          this.assign(guest, next);
          this.startForWaiting(guest.kind);
        } else {
          this.rest(guest);
          this.scheduleRefill();
        }
        return;
      }
      case 'done':
        if (guest.job?.thread === 0) this.attachments.delete(guest.job.pid);
        this.discard(guest);
        return;
      case 'ask-node':
        void this.env.nodeOf(guest.job?.pid ?? 0).then((version) => guest.link.post({ type: 'node', version }));
        return;
      case 'progress':
        this.env.onProgress(guest.job?.pid ?? 0, message.progress);
        return;
      case 'attach':
        this.attachmentsOf(guest)?.attach(message.key, message.value, message.count);
        return;
      case 'fetch':
        this.attachmentsOf(guest)?.fetch(message.key, (value) => guest.link.post({ type: 'attachment', key: message.key, value }));
        return;
      case 'release':
        this.attachmentsOf(guest)?.release(message.key);
        return;
      case 'module':
        this.env.init.modules[message.name] = message.module;
        return;
      case 'panic':
        this.env.onPanic(message.message);
        return;
      case 'broken':
        this.breakDown(guest, message.message);
        return;
    }
  }

  private attachmentsOf(guest: GuestWorker): ProcessAttachments | undefined {
    if (!guest.job) return undefined;
    let attachments = this.attachments.get(guest.job.pid);
    if (!attachments) this.attachments.set(guest.job.pid, (attachments = new ProcessAttachments()));
    return attachments;
  }

  /** The runtime failed: the process it ran, or one that waits for it, dies of it. */
  private breakDown(guest: GuestWorker, message: string): void {
    if (!this.workers.has(guest)) return;
    const { kind } = guest;
    const pid = guest.job?.pid ?? (guest.state === 'warming' ? kind.waiting.shift()?.pid : undefined);
    if (pid) this.env.calls.failProcess(pid, `wosix: the ${kind.runtime} runtime failed: ${message}\n`, SIGABRT);
    else this.env.onError(`the ${kind.runtime} runtime failed to start: ${message}`);
    const refill = guest.state !== 'warming';
    this.discard(guest, refill);
    this.startForWaiting(kind);
  }

  private discard(guest: GuestWorker, refill = true): void {
    clearTimeout(guest.surplusTimer);
    this.workers.delete(guest);
    setTimeout(() => guest.link.terminate(), TERMINATION_DELAY);
    // Granted once the worker's thread is gone.
    navigator.locks.request(guest.lock, () => {
      if (!this.closed) this.env.calls.freeThread(guest.block);
    }).catch((error) => this.env.onError(`the lock of a finished worker was refused: ${error}`));
    if (refill) this.scheduleRefill();
  }
}
