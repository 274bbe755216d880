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

/** Script and number of workers kept warm (`thread`: once there was one). A runtime that is not listed has no worker. */
const RUNTIMES: Partial<Record<Runtime, { script: string; warm: number }>> = {
  native: { script: 'guest-native.js', warm: 2 },
  node: { script: 'guest-node.js', warm: 2 },
  thread: { script: 'guest-node.js', warm: 2 },
};

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

/** A process, or (`thread` > 0) one of its threads, to run. */
interface Job {
  pid: number;
  thread: number;
}

interface GuestWorker {
  link: GuestLink;
  block: ThreadBlock;
  lock: string;
  runtime: Runtime;
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
  init: Omit<InitMessage, 'type' | 'block' | 'lock' | 'assets' | 'thread'>;
  onProgress(pid: number, progress: Progress): void;
  onPanic(message: string): void;
  onError(message: string): void;
}

export class WorkerPool {
  private readonly workers = new Set<GuestWorker>();
  /** What waits for a worker, oldest first. */
  private readonly waiting: Record<Runtime, Job[]> = { native: [], node: [], thread: [], wasi: [] };
  private readonly attachments = new Map<number, ProcessAttachments>();
  private threadsWanted = false;
  private refillTimer: ReturnType<typeof setTimeout> | undefined;
  private serial = 0;
  private closed = false;

  constructor(private readonly env: PoolEnvironment) {}

  /** Starts the warm workers of `runtime` now instead of when they are first needed. */
  prewarm(): void {
    this.refill();
  }

  /** Gives `pid` to a worker of `runtime`. */
  run(pid: number, runtime: Runtime): void {
    if (!RUNTIMES[runtime]) {
      this.env.calls.failProcess(pid, `wosix: programs of the kind '${runtime}' cannot be run yet\n`, SIGABRT);
      return;
    }
    this.give({ pid, thread: 0 }, runtime);
  }

  /** Gives a thread of `pid` to a worker for threads. */
  runThread(pid: number, thread: number): void {
    this.threadsWanted = true;
    this.give({ pid, thread }, 'thread');
  }

  private give(job: Job, runtime: Runtime): void {
    const idle = this.find(runtime, 'idle');
    if (idle) this.assign(idle, job);
    else {
      this.waiting[runtime].push(job);
      this.startForWaiting(runtime);
    }
    this.scheduleRefill();
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
    for (const runtime of Object.keys(this.waiting) as Runtime[]) this.waiting[runtime] = this.waiting[runtime].filter((job) => !over(job));
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

  private find(runtime: Runtime, state: GuestWorker['state']): GuestWorker | undefined {
    for (const guest of this.workers) if (guest.runtime === runtime && guest.state === state) return guest;
    return undefined;
  }

  private count(runtime: Runtime, state: GuestWorker['state']): number {
    let count = 0;
    for (const guest of this.workers) if (guest.runtime === runtime && guest.state === state) count++;
    return count;
  }

  private assign(guest: GuestWorker, job: Job): void {
    clearTimeout(guest.surplusTimer);
    guest.state = 'busy';
    guest.job = job;
    guest.link.post({ type: 'run', ...job } satisfies RunMessage);
  }

  private startForWaiting(runtime: Runtime): void {
    const warming = this.count(runtime, 'warming');
    const wanted = Math.min(this.waiting[runtime].length, PARALLEL_STARTS);
    for (let i = warming; i < wanted; i++) this.start(runtime);
  }

  private scheduleRefill(): void {
    clearTimeout(this.refillTimer);
    this.refillTimer = setTimeout(() => this.refill(), REFILL_DELAY);
  }

  /** Starts at most one worker a runtime; each that becomes ready comes back here for the next. */
  private refill(): void {
    if (this.closed) return;
    for (const runtime of Object.keys(RUNTIMES) as Runtime[]) {
      if (runtime === 'thread' && !this.threadsWanted) continue;
      if (this.count(runtime, 'warming') === 0 && this.count(runtime, 'idle') < RUNTIMES[runtime]!.warm) this.start(runtime);
    }
  }

  private start(runtime: Runtime): void {
    const { calls, assets, lockPrefix, init } = this.env;
    const block = calls.allocThread();
    const lock = `${lockPrefix}-${this.serial++}`;
    const url = `${assets}${RUNTIMES[runtime]!.script}`;
    const link = startGuest(url, `wosix ${runtime}`, {
      message: (message) => this.onMessage(guest, message),
      error: (text) => this.breakDown(guest, text ?? `cannot load ${url}`),
    });
    const guest: GuestWorker = { link, block, lock, runtime, state: 'warming', job: null };
    this.workers.add(guest);
    link.post({ type: 'init', block, lock, assets, thread: runtime === 'thread', ...init } satisfies InitMessage);
  }

  private onMessage(guest: GuestWorker, message: WorkerMessage): void {
    if (!this.workers.has(guest)) return;
    switch (message.type) {
      case 'ready':
      case 'idle': {
        if (guest.job?.thread === 0) this.attachments.delete(guest.job.pid);
        guest.job = null;
        guest.state = 'idle';
        const next = this.waiting[guest.runtime].shift();
        if (next !== undefined) {
          this.assign(guest, next);
          this.startForWaiting(guest.runtime);
        } else if (this.count(guest.runtime, 'idle') > RUNTIMES[guest.runtime]!.warm) {
          guest.surplusTimer = setTimeout(() => this.discard(guest), SURPLUS_LIFETIME);
        } else {
          this.scheduleRefill();
        }
        return;
      }
      case 'done':
        if (guest.job?.thread === 0) this.attachments.delete(guest.job.pid);
        this.discard(guest);
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
    const pid = guest.job?.pid ?? (guest.state === 'warming' ? this.waiting[guest.runtime].shift()?.pid : undefined);
    if (pid) this.env.calls.failProcess(pid, `wosix: the ${guest.runtime} runtime failed: ${message}\n`, SIGABRT);
    else this.env.onError(`the ${guest.runtime} runtime failed to start: ${message}`);
    const refill = guest.state !== 'warming';
    this.discard(guest, refill);
    this.startForWaiting(guest.runtime);
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
