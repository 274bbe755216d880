/** `internalBinding('performance')`: the clock, milestones of the start, and histograms. */

import type { Environment } from '../environment';
import { Histogram, IntervalHistogram, SlidingWindowHistogram } from '../histogram';

export function create(env: Environment): Record<string, unknown> {
  const { performance } = env.host;
  const values = env.data.bindings.performance;
  const { constants } = values;
  const milestones = new Float64Array(8).fill(-1);
  const observerCounts = new Uint32Array(6);
  const nanoseconds = (time: number) => Math.round(time * 1e6);
  /** The clock, but later than `earlier` even if it has not moved on: milestones follow one another. */
  const after = (earlier: number) => Math.max(nanoseconds(performance.now()), earlier + 1);
  env.onRun(() => {
    const start = nanoseconds(env.startTime);
    const nodeStart = after(start);
    const engineStart = after(nodeStart);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN_TIMESTAMP] = Math.round((performance.timeOrigin + env.startTime) * 1000);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN] = start;
    milestones[constants.NODE_PERFORMANCE_MILESTONE_NODE_START] = nodeStart;
    milestones[constants.NODE_PERFORMANCE_MILESTONE_V8_START] = engineStart;
    milestones[constants.NODE_PERFORMANCE_MILESTONE_ENVIRONMENT] = after(engineStart);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_START] = -1;
    milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_EXIT] = -1;
    env.loop.onStart = () => {
      if (milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_START] < 0) {
        milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_START] = nanoseconds(performance.now());
      }
    };
    env.loop.onEnd = () => {
      milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_EXIT] = nanoseconds(performance.now());
    };
  });
  return {
    constants,
    observerCounts,
    milestones,
    now: () => performance.now() - env.startTime,
    loopIdleTime: () => env.loop.idleTime,
    markBootstrapComplete() {
      milestones[constants.NODE_PERFORMANCE_MILESTONE_BOOTSTRAP_COMPLETE] = after(milestones[constants.NODE_PERFORMANCE_MILESTONE_ENVIRONMENT]);
    },
    setupObservers() {},
    /** Garbage collections are not observable. */
    installGarbageCollectionTracking() {},
    removeGarbageCollectionTracking() {},
    notify() {},
    uvMetricsInfo() {
      const { loopCount, events, eventsWaiting } = env.loop.metrics;
      return [loopCount, events, eventsWaiting];
    },
    Histogram,
    SlidingWindowHistogram,
    createHistogram: (low: number, high: number, figures: number) => new Histogram(low, high, figures),
    /** `resolution` in milliseconds. */
    createELDHistogram: (resolution: number) => new IntervalHistogram(resolution, env.requireBuiltin('timers')),
  };
}
