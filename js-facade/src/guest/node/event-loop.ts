/**
 * libuv's loop over one wake word.
 *
 * A *turn* is one call from "native" code into JavaScript with all that must follow it before the next: nextTicks and microtasks, until both
 * queues are empty (Node's `InternalCallbackScope`). Microtasks run only when control goes back to the browser, so a turn ends with an
 * `await`, and the library's functions that drain microtasks half way are generators that yield there (`scripts/node-lib/edits.mjs`).
 */

import type { EventLoop, HostGlobals, Watcher } from './environment';
import type { GuardedCaller, Thrown } from './guarded-call';
import type { Drain } from './microtasks';
import { ActiveResources } from './active-resources';
import { resetContinuationFrame } from './continuation-frame';
import { react } from './engine-promise';
import { SIGCHLD } from '../linux';
import type { ThreadMetrics } from './thread-metrics';
import type { PollEntry, Syscalls } from '../syscalls';
import { UV } from './uv-errors';

/** Taken before guest code can change it. */
const { waitAsync } = Atomics;

/** What the bindings `timers` and `task_queue` share with the loop. */
export interface LibraryHooks {
  /** `[ticks scheduled, rejections to warn of]` */
  readonly tickInfo: Uint8Array;
  /** `[count, referenced, outstanding]` */
  readonly immediateInfo: Uint32Array;
  /** Number of referenced timers. */
  readonly timeoutInfo: Int32Array;
  processTicks: (() => Generator<void, void>) | undefined;
  processImmediate: (() => Generator<void, void>) | undefined;
  /** Answers 0, or when the next list of timers is due (negative: none of its timers is referenced). */
  processTimers: ((now: number) => Generator<void, number>) | undefined;
}

export function createHooks(): LibraryHooks {
  return {
    tickInfo: new Uint8Array(2),
    immediateInfo: new Uint32Array(3),
    timeoutInfo: new Int32Array(1),
    processTicks: undefined,
    processImmediate: undefined,
    processTimers: undefined,
  };
}

/** Something that delivers in the poll phase without keeping the loop alive: a message port. */
export interface Posted {
  /** Steps that are taken in one go, before others have their turn. */
  limit: number;
  /** One callback; `more` says whether there may be another in this go. Answers whether it found something to do. */
  step(more: boolean): boolean;
}

interface WatcherEntry extends PollEntry {
  onReady(revents: number): void;
}

export class Loop implements EventLoop {
  readonly hooks = createHooks();
  readonly resources = new ActiveResources();
  private readonly watchers = new Set<WatcherEntry>();
  private interested: WatcherEntry[] | undefined;
  private completed: (() => void)[] = [];
  private posted: Posted[] = [];
  private closing: (() => void)[] = [];
  private readonly signals = new Map<number, Set<(signal: number) => void>>();
  private readonly children = new Map<number, (code: number, signal: number) => void>();
  private references = 0;
  /** Things of the browser's that may call back: with any, the loop must not block its worker. */
  private external = 0;
  private timerDue: number | undefined;
  private timerReferenced = false;
  private immediateReferenced = false;
  private readonly origin: number;
  private time = 0;
  /** Other threads of the process may take signals, so that the end of a child has to be looked for. */
  signalsAreShared = false;
  /** Milliseconds spent waiting, for `performance.eventLoopUtilization()`. */
  idleTime = 0;
  /** `uv_metrics_info`: iterations, events that were dealt with, and events that were ready before the loop came to wait for them. */
  readonly metrics = { loopCount: 0, events: 0, eventsWaiting: 0 };
  /** Called when the loop begins to run and when nothing is left to do (maybe several times). */
  onStart: (() => void) | undefined;
  /** Where another thread sees how busy this one is. */
  published: ThreadMetrics | undefined;
  onEnd: (() => void) | undefined;

  constructor(
    private readonly host: HostGlobals,
    private readonly sys: () => Syscalls,
    private readonly guard: GuardedCaller,
    private readonly drain: Drain,
    private readonly onThrown: (thrown: Thrown) => void,
  ) {
    this.origin = host.performance.now();
  }

  // --- what bindings use -------------------------------------------------------------------------------

  watch(fd: number, events: number, onReady: (revents: number) => void): Watcher {
    const entry: WatcherEntry = { fd, events, revents: 0, onReady };
    this.watchers.add(entry);
    this.interested = undefined;
    return {
      update: (wanted) => {
        if (entry.events === wanted) return;
        entry.events = wanted;
        this.interested = undefined;
      },
      close: () => {
        entry.events = 0;
        this.watchers.delete(entry);
        this.interested = undefined;
      },
    };
  }

  enqueue(callback: () => void): void {
    this.completed.push(callback);
  }

  enqueueClose(callback: () => void): void {
    this.closing.push(callback);
  }

  ref(): void {
    this.references += 1;
  }

  unref(): void {
    this.references -= 1;
  }

  adopt<T>(promise: Promise<T>, then: (value: T) => void, fail: (error: unknown) => void): void {
    this.ref();
    this.expectExternal(1);
    const settle = (callback: () => void) => {
      this.unref();
      this.expectExternal(-1);
      this.enqueueExternal(callback);
    };
    react(
      promise,
      (value) => settle(() => then(value)),
      (error) => settle(() => fail(error)),
    );
  }

  /** Keeps the process alive, and its worker unblocked, until `promise` is settled; the guest has its own handlers on it. */
  hold(promise: Promise<unknown>): void {
    this.adopt(promise, () => {}, () => {});
  }

  /** Says that `change` more (or fewer) sources outside the kernel may call {@link enqueueExternal}. */
  expectExternal(change: number): void {
    this.external += change;
  }

  /** Runs `posted` in the poll phase, in turns of its own. Does not keep the loop alive. */
  post(posted: Posted): void {
    this.posted.push(posted);
  }

  /** Has the loop look again, from a callback of the browser. */
  wake(): void {
    const { view, index } = this.sys().wakeWord;
    Atomics.add(view, index, 1);
    Atomics.notify(view, index);
  }

  /** As {@link enqueue}, from a callback of the browser: wakes the loop up. */
  enqueueExternal(callback: () => void): void {
    this.completed.push(callback);
    this.wake();
  }

  onSignal(signal: number, callback: (signal: number) => void): { close(): void } {
    let callbacks = this.signals.get(signal);
    if (!callbacks) {
      this.signals.set(signal, (callbacks = new Set()));
      this.sys().sigaction(signal, 2);
    }
    callbacks.add(callback);
    return {
      close: () => {
        if (!callbacks.delete(callback) || callbacks.size > 0) return;
        this.signals.delete(signal);
        if (signal !== SIGCHLD || this.children.size === 0) this.sys().sigaction(signal, 0);
      },
    };
  }

  onExit(pid: number, callback: (code: number, signal: number) => void): { close(): void } {
    if (!this.signals.has(SIGCHLD)) this.sys().sigaction(SIGCHLD, 2);
    this.children.set(pid, callback);
    // It may be over already.
    this.enqueueReap();
    return { close: () => void this.children.delete(pid) };
  }

  now(): number {
    return this.time;
  }

  /** uv_hrtime's clock is finer than the loop's: this is the loop's, brought up to date. */
  updateTime(): number {
    this.time = Math.floor(this.host.performance.now() - this.origin);
    return this.time;
  }

  scheduleTimer(duration: number): void {
    this.timerDue = this.time + Math.max(1, duration);
  }

  referenceTimer(on: boolean): void {
    this.timerReferenced = on;
  }

  referenceImmediate(on: boolean): void {
    this.immediateReferenced = on;
  }

  // --- running -----------------------------------------------------------------------------------------

  /** One call into JavaScript and all that follows it. Answers what it threw. */
  async turn(fn: () => void): Promise<Thrown | undefined> {
    resetContinuationFrame();
    const thrown = this.guard.call(fn);
    if (thrown) this.onThrown(thrown);
    await this.settle();
    return thrown;
  }

  /** Runs until nothing referenced is left. */
  async run(): Promise<void> {
    this.onStart?.();
    let alive = this.isAlive();
    this.updateTime();
    if (alive) await this.runTimers();
    while (alive) {
      await this.poll();
      await this.runImmediates();
      await this.runClosing();
      this.updateTime();
      await this.runTimers();
      alive = this.isAlive();
    }
    this.onEnd?.();
  }

  isAlive(): boolean {
    return (
      this.references > 0 ||
      this.completed.length > 0 ||
      this.closing.length > 0 ||
      this.immediateReferenced ||
      (this.timerReferenced && this.timerDue !== undefined)
    );
  }

  /** Node's `InternalCallbackScope::Close`: microtasks, then ticks and the microtasks between them, until there are none. */
  private async settle(): Promise<void> {
    const { tickInfo } = this.hooks;
    if (!tickInfo[0]) await this.drain();
    if (!tickInfo[0] && !tickInfo[1]) return;
    const ticks = this.hooks.processTicks!();
    for (;;) {
      let done: boolean | undefined;
      resetContinuationFrame();
      const thrown = this.guard.call(() => {
        done = ticks.next().done;
      });
      if (thrown) {
        // What is left in the queue runs in a later turn: a handled exception schedules an immediate to make sure of one.
        this.onThrown(thrown);
        return;
      }
      if (done) return;
      await this.drain();
    }
  }

  /**
   * Drives one of the library's generators, a turn a step; `onEnd` gets what it returned, still before the ticks and microtasks that follow it.
   * Answers whether it threw.
   */
  private async drive<T>(generator: Generator<void, T>, onEnd?: (value: T) => void): Promise<boolean> {
    for (;;) {
      let step: IteratorResult<void, T> | undefined;
      resetContinuationFrame();
      const thrown = this.guard.call(() => {
        step = generator.next();
      });
      if (thrown) {
        this.onThrown(thrown);
        return true;
      }
      if (step!.done) onEnd?.(step!.value);
      await this.settle();
      if (step!.done) return false;
    }
  }

  private async runTimers(): Promise<void> {
    if (this.timerDue === undefined || this.timerDue > this.time) return;
    this.timerDue = undefined;
    const reschedule = (next: number) => {
      this.timerReferenced = next > 0;
      if (next !== 0) this.scheduleTimer(Math.abs(next) - this.time);
    };
    while (await this.drive(this.hooks.processTimers!(this.time), reschedule));
  }

  private async runImmediates(): Promise<void> {
    const { immediateInfo } = this.hooks;
    if (immediateInfo[0] === 0) return;
    do {
      await this.drive(this.hooks.processImmediate!());
    } while (immediateInfo[2]);
    if (immediateInfo[1] === 0) this.immediateReferenced = false;
  }

  private async runClosing(): Promise<void> {
    const callbacks = this.closing;
    if (callbacks.length === 0) return;
    this.closing = [];
    for (const callback of callbacks) await this.turn(callback);
  }

  private async runCompleted(): Promise<void> {
    const callbacks = this.completed;
    if (callbacks.length === 0) return;
    this.completed = [];
    for (const callback of callbacks) await this.turn(callback);
  }

  private async runPosted(): Promise<void> {
    const all = this.posted;
    if (all.length === 0) return;
    this.posted = [];
    for (const posted of all) {
      let found = true;
      for (let left = posted.limit; found && left > 0; left--) {
        found = false;
        await this.turn(() => {
          found = posted.step(left > 1);
        });
      }
    }
  }

  /** Waits for something to happen, for as long as nothing else is to be done, then runs what is ready. */
  private async poll(): Promise<void> {
    const sys = this.sys();
    const entries = (this.interested ??= [...this.watchers].filter((entry) => entry.events !== 0));
    const { view, index } = sys.wakeWord;
    const before = Atomics.load(view, index);
    const timeout = this.pollTimeout();
    this.metrics.loopCount += 1;
    let ready = 0;
    if (timeout !== 0) this.queueSignals();
    if (timeout === 0 || this.completed.length > 0 || this.posted.length > 0) {
      if (entries.length > 0) ready = sys.poll(entries, 0);
    } else if (this.external === 0) {
      const start = this.host.performance.now();
      this.published?.idleFrom();
      ready = sys.poll(entries, timeout);
      this.idleFor(start);
    } else {
      ready = sys.poll(entries, 0);
      if (ready <= 0) {
        const start = this.host.performance.now();
        this.published?.idleFrom();
        const wait = waitAsync(view, index, before, timeout < 0 ? Infinity : timeout);
        if (wait.async) await wait.value;
        this.idleFor(start);
        ready = sys.poll(entries, 0);
      }
    }
    if (ready < 0 && ready !== UV.EINTR) throw new Error(`poll failed: ${ready}`);
    this.updateTime();
    this.queueSignals();
    this.metrics.events += Math.max(0, ready) + this.completed.length;
    if (timeout === 0) this.metrics.eventsWaiting += Math.max(0, ready);
    if (ready > 0) {
      for (const entry of entries) {
        const revents = entry.revents;
        entry.revents = 0;
        // An earlier callback may have closed or paused this one.
        if (revents !== 0 && entry.events !== 0) await this.turn(() => entry.onReady(revents));
      }
    }
    await this.runCompleted();
    await this.runPosted();
  }

  private idleFor(start: number): void {
    this.idleTime += this.host.performance.now() - start;
    this.published?.busy(this.idleTime);
  }

  /** uv_backend_timeout: milliseconds, -1 for ever. */
  private pollTimeout(): number {
    if (this.completed.length > 0 || this.posted.length > 0 || this.closing.length > 0 || this.immediateReferenced || !this.isAlive()) return 0;
    if (this.timerDue === undefined) return -1;
    return Math.max(0, this.timerDue - this.updateTime());
  }

  private queueSignals(): void {
    if (this.signals.size === 0 && this.children.size === 0) return;
    if (this.signalsAreShared && this.children.size > 0) this.reap();
    for (let signal = this.sys().nextSignal(); signal !== 0; signal = this.sys().nextSignal()) {
      if (signal === SIGCHLD) this.reap();
      for (const callback of this.signals.get(signal) ?? []) this.completed.push(() => callback(signal));
    }
  }

  private enqueueReap(): void {
    this.completed.push(() => this.reap());
  }

  private reap(): void {
    for (const [pid, callback] of [...this.children]) {
      const status = this.sys().wait(pid, true);
      if (status === null || status === UV.EINTR) continue;
      this.children.delete(pid);
      // ECHILD: somebody else reaped it; its end is all we know.
      const { code, signal } = typeof status === 'number' ? { code: 0, signal: 0 } : status;
      this.completed.push(() => callback(code, signal));
    }
  }
}
