/** `internalBinding('timers')`: the loop's one timer and its immediates. */

import type { Environment } from '../environment';

export function create(env: Environment): Record<string, unknown> {
  const { loop } = env;
  const { hooks } = loop;
  return {
    immediateInfo: hooks.immediateInfo,
    timeoutInfo: hooks.timeoutInfo,
    setupTimers(processImmediate: typeof hooks.processImmediate, processTimers: typeof hooks.processTimers) {
      hooks.processImmediate = () => processImmediate!.call(env.process);
      hooks.processTimers = (now) => processTimers!.call(env.process, now);
    },
    getLibuvNow: () => loop.updateTime(),
    scheduleTimer: (duration: number) => loop.scheduleTimer(duration),
    toggleTimerRef: (on: boolean) => loop.referenceTimer(on),
    toggleImmediateRef: (on: boolean) => loop.referenceImmediate(on),
  };
}
