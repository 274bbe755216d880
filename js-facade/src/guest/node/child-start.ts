/** Starting a child process, for `process_wrap` and `spawn_sync`. */

import type { Syscalls } from '../syscalls';
import { StdioPlan, type StdioOption } from './child-stdio';
import { SIGPIPE } from './signals';
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
  pid: number;
  /** The caller's ends of the child's pipes, by the child's descriptor. */
  parentEnds: readonly { index: number; fd: number }[];
}

/** Answers an error number if the child could not be started; then nothing is left open. */
export function startChild(sys: Syscalls, options: ChildOptions): StartedChild | number {
  const { file, args, cwd, envPairs, stdio, detached, uid, gid } = options;
  // Only the superuser may take another identity.
  if (typeof uid === 'number' && uid !== sys.getuid()) return UV.EPERM;
  if (typeof gid === 'number' && gid !== sys.getgid()) return UV.EPERM;

  const plan = new StdioPlan(sys);
  const error = plan.add(stdio);
  if (error < 0) {
    plan.abandon();
    return error;
  }
  // Node ignores SIGPIPE, and an ignored signal would stay ignored in the child: `yes | head -1` would not end quietly.
  sys.sigaction(SIGPIPE, 0);
  const pid = sys.spawn({
    file,
    args: args ?? [file],
    env: envPairs ?? sys.environ(),
    ...(typeof cwd === 'string' && cwd !== '' ? { cwd } : {}),
    fds: plan.childFds,
    ...(detached ? { newSession: true } : {}),
  });
  sys.sigaction(SIGPIPE, 1);
  if (pid < 0) {
    plan.abandon();
    return pid;
  }
  plan.closeChildEnds();
  return { pid, parentEnds: plan.parentEnds };
}
