/** `internalBinding('signal_wrap')`: `process.on('SIGINT', …)`. */

import { SIGKILL, SIGSTOP } from '../../linux';
import type { Environment } from '../environment';
import { HandleWrap } from '../handle-wrap';
import { UV } from '../uv-errors';

const LAST_SIGNAL = 64;

export function create(env: Environment): Record<string, unknown> {
  class Signal extends HandleWrap {
    #registration: { close(): void } | undefined;

    constructor() {
      super(env, 'SIGNALWRAP');
    }

    start(signal: number): number {
      if (signal <= 0 || signal > LAST_SIGNAL || signal === SIGKILL || signal === SIGSTOP) return UV.EINVAL;
      this.stop();
      this.#registration = env.loop.onSignal(signal, (caught) => this.callback('onsignal', caught));
      this.setActive(true);
      return 0;
    }

    stop(): number {
      this.#registration?.close();
      this.#registration = undefined;
      this.setActive(false);
      return 0;
    }

    protected override onClose(): void {
      this.stop();
    }
  }

  return { Signal };
}
