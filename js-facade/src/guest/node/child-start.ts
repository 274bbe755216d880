/** Starting a child process, for `process_wrap` and `spawn_sync`. */

import type { SpawnRequest, Syscalls } from '../syscalls';
import { StdioPlan, type StdioOption } from './child-stdio';
import { SIGPIPE } from '../linux';
import { UV } from './uv-errors';

export interface ChildOptions {
  file: string;
  args?: string[];
  cwd?: string;
  envPairs?: string[];
  stdio: readonly StdioOption[];
  /** Leads a session of its own. */
  detached?: boolean;
  uid?: number;
  gid?: number;
}

export interface StartedChild {
  /** Of the child, or the error number if it could not be started. */
  pid: number;
  /**
   * The caller's ends of the child's pipes, by the child's descriptor. Of a program that could not be run they are at their end,
   * so that the library sees its streams close as usual.
   */
  parentEnds: readonly { index: number; fd: number }[];
}

export function startChild(sys: Syscalls, options: ChildOptions): StartedChild {
  const { file, args, cwd, envPairs, stdio, detached, uid, gid } = options;
  // Only the superuser may take another identity.
  if (typeof uid === 'number' && uid !== sys.getuid()) return { pid: UV.EPERM, parentEnds: [] };
  if (typeof gid === 'number' && gid !== sys.getgid()) return { pid: UV.EPERM, parentEnds: [] };

  const plan = new StdioPlan(sys);
  const error = plan.add(stdio);
  if (error < 0) {
    plan.abandon();
    return { pid: error, parentEnds: [] };
  }
  // Node ignores SIGPIPE, and an ignored signal would stay ignored in the child: `yes | head -1` would not end quietly.
  sys.sigaction(SIGPIPE, 0);
  const request: SpawnRequest = {
    file,
    // The library checks that they are strings in some of its ways here only.
    args: (args ?? [file]).map(String),
    env: envPairs ?? sys.environ(),
    ...(typeof cwd === 'string' && cwd !== '' ? { cwd } : {}),
    fds: plan.childFds,
    ...(detached ? { newSession: true } : {}),
  };
  // What is not asked for must not come from a changed `Object.prototype`.
  const pid = sys.spawn(Object.setPrototypeOf(request, null));
  sys.sigaction(SIGPIPE, 1);
  plan.closeChildEnds();
  return { pid, parentEnds: plan.parentEnds };
}
