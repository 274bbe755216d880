/** `fs.watchFile`: compares the stat of a path in intervals, as libuv's `uv_fs_poll` does. */

import { HandleWrap } from '../handle-wrap';
import type { FileRequests } from './request';
import { STAT_FIELDS } from '../../linux';
import { toBigInt } from './stat';

/** Fields whose change is reported: everything but the access time (`statbuf_eq` of libuv compares without it). */
const IGNORED = new Set([10, 11]);

export function createStatWatcher(fs: FileRequests) {
  return class StatWatcher extends HandleWrap {
    readonly #bigint: boolean;
    #timer: any;
    #previous: Float64Array = new Float64Array(STAT_FIELDS);
    #status = 0;

    constructor(bigint: boolean) {
      super(fs.env, 'STATWATCHER');
      this.#bigint = Boolean(bigint);
    }

    /** Starts to poll every `interval` ms. Answers an error number. */
    start(path: string, interval: number): number {
      fs.env.permissions.check('FileSystemRead', path);
      // Node's own timers, so that `ref` and the order of callbacks are theirs.
      const { setTimeout } = fs.env.requireBuiltin('timers');
      const first = this.#look(path);
      this.#previous = first.stat;
      this.#status = first.status;
      // A file that is not there is reported once, from the loop.
      if (first.status < 0) fs.env.loop.enqueue(() => this.#report(first.status, first.stat, first.stat));
      const poll = () => {
        const { status, stat } = this.#look(path);
        const changed = status < 0 ? this.#status !== status : this.#status < 0 || !isSame(stat, this.#previous);
        const previous = this.#previous;
        this.#status = status;
        this.#previous = stat;
        this.#timer = setTimeout(poll, interval);
        if (!this.hasRef()) this.#timer.unref();
        if (changed) this.#report(status, stat, previous);
      };
      this.#timer = setTimeout(poll, interval);
      if (!this.hasRef()) this.#timer.unref();
      return 0;
    }

    override ref(): void {
      super.ref();
      this.#timer?.ref();
    }

    override unref(): void {
      super.unref();
      this.#timer?.unref();
    }

    protected override onClose(): void {
      fs.env.requireBuiltin('timers').clearTimeout(this.#timer);
      this.#timer = undefined;
    }

    /** A path that cannot be looked at has a stat of zeros. */
    #look(path: string): { status: number; stat: Float64Array } {
      const stat = new Float64Array(STAT_FIELDS);
      const status = fs.sys.stat(path, stat, true);
      return status < 0 ? { status, stat: new Float64Array(STAT_FIELDS) } : { status: 0, stat };
    }

    #report(status: number, current: Float64Array, previous: Float64Array): void {
      if (this.isClosing) return;
      const both = new Float64Array(2 * STAT_FIELDS);
      both.set(current);
      both.set(previous, STAT_FIELDS);
      this.callback('onchange', status, this.#bigint ? toBigInt(both, new BigInt64Array(2 * STAT_FIELDS)) : both);
    }
  };
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, i) => value === b[i] || IGNORED.has(i));
}
