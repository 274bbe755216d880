/** `internalBinding('worker')`: this thread, and the threads that it makes. */

import { BadOption, parseCommandLine, type CommandLine } from '../command-line';
import type { Environment } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { messagingOf, type MessagePort } from '../messaging/message-port';
import { forgetThread, onThreadEnd } from '../messaging/news';
import { PortEnd } from '../messaging/port-end';
import { unavailable } from '../node-error';
import { perProcessOptions } from '../option-scopes';
import { ThreadMetrics } from '../thread-metrics';
import { sendStart } from '../threads';

/** The library sets `ondone` and waits for it. */
interface Taker {
  ondone?: (...results: unknown[]) => void;
}

function later(env: Environment, ...results: unknown[]): Taker {
  const taker: Taker = {};
  env.loop.enqueue(() => env.makeCallback(taker, () => taker.ondone?.(...results)));
  return taker;
}

export function create(env: Environment): Record<string, unknown> {
  const messaging = messagingOf(env);

  /** What the public `Worker` is made of. */
  class Worker extends HandleWrap {
    readonly messagePort: MessagePort;
    readonly threadId: number;
    readonly threadName: string;
    invalidExecArgv: string[] | undefined;
    invalidNodeOptions: string[] | undefined;
    onexit: ((code: number, error?: string | null, reason?: string | null) => void) | null = null;
    readonly #limits: Float64Array;
    readonly #port: number = 0;
    readonly #metrics = ThreadMetrics.create(env.host);

    /** `environment` is null for a copy of this thread's, undefined for this thread's own. */
    constructor(
      _url: string | null, environment: Record<string, string> | null | undefined, execArgv: string[] | undefined,
      limits: Float64Array, _trackUnmanagedFds: boolean, isInternal: boolean, name: string,
    ) {
      if (!isInternal) env.permissions.check('WorkerThreads', '');
      super(env, 'WORKER');
      const { sys } = env;
      this.threadName = name;
      this.#limits = limits.slice();
      const variables = { ...(environment ?? env.process.env) } as Record<string, string>;
      const commandLine = this.#commandLine(execArgv, variables, environment !== null && environment !== undefined);
      const pair = commandLine ? sys.portPair() : [0, 0];
      if (typeof pair === 'number') throw new Error(`no message ports: errno ${-pair}`);
      const [own, other] = pair as [number, number];
      this.threadId = commandLine ? sys.threadCreate() : -1;
      if (!commandLine) {
        // The library throws when it sees what is invalid.
        this.messagePort = messaging.create(PortEnd.pair(env, messaging.attachments)[0]);
        return;
      }
      this.#port = other;
      const metrics = messaging.attachments.keyOf(this.#metrics.memory);
      messaging.attachments.give(metrics, this.#metrics.memory, 1);
      sendStart(env, own, { name, environment: Object.entries(variables), commandLine, resourceLimits: this.#limits, isInternal, metrics });
      this.messagePort = messaging.create(PortEnd.ofPort(env, messaging.attachments, own));
    }

    /** The thread's options: this thread's unless it was given some. Undefined when they are invalid. */
    #commandLine(execArgv: string[] | undefined, variables: Record<string, string>, ownEnvironment: boolean): CommandLine | undefined {
      const parent = env.commandLine;
      const nodeOptions = variables.NODE_OPTIONS;
      if (ownEnvironment && nodeOptions !== undefined && nodeOptions !== env.process.env.NODE_OPTIONS) {
        const invalid = perProcessOptions(env.data, nodeOptions.split(' ').filter(Boolean));
        if (invalid.length > 0) {
          this.invalidNodeOptions = invalid;
          return undefined;
        }
      }
      if (!execArgv) {
        if (!ownEnvironment || nodeOptions === env.process.env.NODE_OPTIONS) return { ...parent, rest: [] };
        return { ...parseCommandLine(env.data, parent.execArgv, variables), rest: [] };
      }
      const invalid = perProcessOptions(env.data, execArgv.map(String));
      if (invalid.length > 0) {
        this.invalidExecArgv = invalid;
        return undefined;
      }
      try {
        return { ...parseCommandLine(env.data, execArgv.map(String), variables), execArgv: execArgv.map(String), rest: [] };
      } catch (error) {
        if (!(error instanceof BadOption)) throw error;
        this.invalidExecArgv = [error.message];
        return undefined;
      }
    }

    startThread(): void {
      // Behind the messages it sent, each with its own turn.
      onThreadEnd(env, this.threadId, () => env.loop.post({ limit: 1, step: () => this.#ended() }));
      const started = env.sys.threadStart(this.threadId, this.#port);
      if (started < 0) throw new Error(`a thread cannot be started: errno ${-started}`);
      this.setActive(true);
    }

    stopThread(): void {
      env.sys.threadKill(this.threadId);
    }

    override hasRef(): boolean {
      return this.isClosed ? (undefined as unknown as boolean) : super.hasRef();
    }

    getResourceLimits(): Float64Array {
      return this.#limits;
    }

    loopStartTime(): number {
      const start = this.#metrics.loopStart;
      return start < 0 ? -1 : start - env.startTime;
    }

    loopIdleTime(): number {
      return this.#metrics.idleTime;
    }

    /** Processor time is not told: it is the time that the loop was not idle, in microseconds. */
    cpuUsage(): Taker {
      return later(env, null, { user: Math.round(this.#metrics.busyTime * 1000), system: 0 });
    }

    startCpuProfile(): Taker {
      return later(env, unavailable('A CPU profile'));
    }

    startHeapProfile(): Taker {
      return later(env, unavailable('A heap profile'));
    }

    takeHeapSnapshot(): never {
      throw unavailable('A heap snapshot');
    }

    getHeapStatistics(): never {
      throw unavailable("Another thread's heap statistics");
    }

    #ended(): boolean {
      const end = env.sys.threadJoin(this.threadId);
      if (end === null) return false;
      forgetThread(env, this.threadId);
      const code = typeof end === 'number' ? 1 : end.code;
      const { onexit } = this;
      if (typeof onexit === 'function') env.makeCallback(this, () => onexit.call(this, code, null, null));
      this.close();
      return false;
    }

    protected override onClose(): void {
      this.setActive(false);
    }
  }

  return Object.defineProperties({ ...env.data.bindings.worker, Worker, getEnvMessagePort: () => env.thread?.port }, {
    isMainThread: { enumerable: true, get: () => !env.context.thread },
    isInternalThread: { enumerable: true, get: () => env.thread?.isInternal ?? false },
    ownsProcessState: { enumerable: true, get: () => !env.context.thread },
    threadId: { enumerable: true, get: () => env.sys?.threadId ?? 0 },
    threadName: { enumerable: true, get: () => env.thread?.name ?? '' },
    resourceLimits: { enumerable: true, get: () => env.thread?.resourceLimits },
  });
}
