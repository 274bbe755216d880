/** `internalBinding('process_wrap')`: asynchronous child processes. */

import type { Environment } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { startChild } from '../child-start';
import type { StdioOption } from '../child-stdio';
import { signalName } from '../signals';
import type { StreamHandle } from '../stream-handle';
import { UV } from '../uv-errors';

const kProcessFlagDetached = 1, kProcessFlagWindowsHide = 2, kProcessFlagWindowsVerbatimArguments = 4;

export function create(env: Environment): Record<string, unknown> {
  class Process extends HandleWrap {
    /** Of the child; undefined until it was started. */
    declare pid?: number;
    #exit: { close(): void } | undefined;
    #alive = false;

    constructor() {
      super(env, 'PROCESSWRAP');
    }

    /** Starts `file`; the parent's ends of `stdio` pipes are attached to their handles. Answers an error number. */
    spawn(
      file: string,
      args: string[] | undefined,
      cwd: string | undefined,
      envPairs: string[] | undefined,
      stdio: StdioOption[],
      flags: number,
      uid?: number,
      gid?: number,
    ): number {
      env.permissions.check('ChildProcess', file);
      const child = startChild(env.sys, {
        file, args, cwd, envPairs, stdio, uid, gid, detached: (flags & kProcessFlagDetached) !== 0,
      });
      for (const { index, fd } of child.parentEnds) (stdio[index].handle as StreamHandle).attach(fd);

      const { pid } = child;
      if (pid < 0) return pid;
      this.pid = pid;
      this.#alive = true;
      this.#exit = env.loop.onExit(pid, (code, signal) => {
        this.#alive = false;
        this.#exit = undefined;
        this.setActive(false);
        this.callback('onexit', code, signalName(signal));
      });
      this.setActive(true);
      return 0;
    }

    kill(signal: number): number {
      if (!this.#alive || this.pid === undefined) return UV.ESRCH;
      return env.sys.kill(this.pid, signal);
    }

    protected override onClose(): void {
      this.#exit?.close();
      this.#exit = undefined;
    }
  }

  return { Process, constants: { kProcessFlagDetached, kProcessFlagWindowsHide, kProcessFlagWindowsVerbatimArguments } };
}
