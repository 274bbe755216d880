/** Threads: what the one that starts a thread tells it, and how far it may be seen from outside. */

import type { CommandLine } from './command-line';
import type { Environment } from './environment';
import { cloneFromBytes, cloneToBytes } from './messaging/plain-clone';
import type { MessagePort } from './messaging/message-port';

/** The first message on a thread's port. */
export interface ThreadStart {
  name: string;
  /** `process.env`, as pairs of name and value; absent when it is shared. */
  environment: [string, string][];
  commandLine: CommandLine;
  /** Megabytes by the indices of `internalBinding('worker')`; -1 where none was given. */
  resourceLimits: Float64Array;
  /** Runs one of the library's own scripts. */
  isInternal: boolean;
  /** Key of the memory for {@link ThreadMetrics}, among what threads attach. */
  metrics: string;
}

/** This thread, if it is not its process's first. */
export interface OwnThread extends ThreadStart {
  port: MessagePort;
}

export function sendStart(env: Environment, port: number, start: ThreadStart): void {
  env.sys.portSend(port, cloneToBytes(start), []);
}

/** What the first message on this thread's port says. */
export function receiveStart(env: Environment): ThreadStart {
  const bytes = env.sys.portReceive(env.sys.threadPort);
  if (typeof bytes === 'number') throw new Error(`a thread without a start: errno ${-bytes}`);
  return cloneFromBytes(bytes) as ThreadStart;
}
