/** `internalBinding('tty_wrap')`: terminals. */

import type { Environment } from '../environment';
import { StreamHandle } from '../stream-handle';
import type { Syscalls, Termios } from '../../syscalls';
import { UV } from '../uv-errors';

const UV_TTY_MODE_NORMAL = 0, UV_TTY_MODE_RAW = 1, UV_TTY_MODE_IO = 2, UV_TTY_MODE_RAW_VT = 3;

// termios bits, Linux values.
const BRKINT = 0o2, INPCK = 0o20, ISTRIP = 0o40, ICRNL = 0o400, IXON = 0o2000;
const ONLCR = 0o4;
const CS8 = 0o60;
const ISIG = 0o1, ICANON = 0o2, ECHO = 0o10, IEXTEN = 0o100000;
const VTIME = 5, VMIN = 6;

/** The terminal that was changed first and its settings before: libuv restores exactly that one when the process ends. */
let modified: { fd: number; termios: Termios } | undefined;

/** `uv_tty_reset_mode`: to be called when the process ends, so that the next one finds the terminal as it was. */
export function resetTerminal(sys: Syscalls): void {
  if (modified === undefined) return;
  sys.tcsetattr(modified.fd, modified.termios);
  modified = undefined;
}

export function create(env: Environment): Record<string, unknown> {
  class TTY extends StreamHandle {
    #mode = UV_TTY_MODE_NORMAL;
    #original: Termios | undefined;

    /** A failure is told in `context` (`code` and `errno`, as `uv_tty_init` answers). */
    constructor(fd: number, context: { errno?: number; code?: string; message?: string; syscall?: string }) {
      super(env, 'TTYWRAP');
      if (env.sys.handleType(fd) !== 'TTY') {
        context.errno = UV.EINVAL;
        context.code = 'EINVAL';
        context.message = 'invalid argument';
        context.syscall = 'uv_tty_init';
        return;
      }
      this.attach(fd);
    }

    /** Fills `size` with columns and rows. */
    getWindowSize(size: number[]): number {
      const answer = env.sys.windowSize(this.fd);
      if (typeof answer === 'number') return answer;
      size[0] = answer.cols;
      size[1] = answer.rows;
      return 0;
    }

    /** `mode` is a boolean or one of the `UV_TTY_MODE_*` numbers. */
    setRawMode(mode: boolean | number): number {
      const wanted = typeof mode === 'number' ? mode : mode ? UV_TTY_MODE_RAW : UV_TTY_MODE_NORMAL;
      if (wanted === this.#mode) return 0;
      const current = this.#original ?? env.sys.tcgetattr(this.fd);
      if (typeof current === 'number') return current;
      if (this.#mode === UV_TTY_MODE_NORMAL) {
        this.#original = current;
        modified ??= { fd: this.fd, termios: current };
      }
      const result = env.sys.tcsetattr(this.fd, settings(current, wanted));
      if (result < 0) return result;
      this.#mode = wanted;
      if (wanted === UV_TTY_MODE_NORMAL) this.#original = undefined;
      return 0;
    }
  }

  return {
    TTY,
    isTTY: (fd: number) => env.sys.handleType(fd) === 'TTY',
    UV_TTY_MODE_NORMAL,
    UV_TTY_MODE_IO,
    UV_TTY_MODE_RAW_VT,
  };
}

/** Terminal settings of libuv's `mode`, starting from the original ones. */
function settings(original: Termios, mode: number): Termios {
  const result = { ...original, cc: original.cc.slice() };
  if (mode === UV_TTY_MODE_RAW || mode === UV_TTY_MODE_RAW_VT) {
    result.iflag &= ~(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    result.oflag |= ONLCR;
    result.cflag |= CS8;
    result.lflag &= ~(ECHO | ICANON | IEXTEN | ISIG);
    result.cc[VMIN] = 1;
    result.cc[VTIME] = 0;
  } else if (mode === UV_TTY_MODE_IO) {
    // cfmakeraw(3)
    result.iflag &= ~0o2753;
    result.oflag &= ~0o1;
    result.lflag &= ~(ECHO | 0o100 | ICANON | ISIG | IEXTEN);
    result.cflag = (result.cflag & ~(CS8 | 0o400)) | CS8;
    result.cc[VMIN] = 1;
    result.cc[VTIME] = 0;
  }
  return result;
}
