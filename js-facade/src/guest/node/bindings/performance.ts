/** `internalBinding('performance')`: the clock, milestones of the start, and histograms. */

import type { Environment } from '../environment';
import { createHistogramClass } from '../histogram';

export function create(env: Environment): Record<string, unknown> {
  const { performance } = env.host;
  const values = env.data.bindings.performance;
  const { constants } = values;
  const milestones = new Float64Array(8).fill(-1);
  const observerCounts = new Uint32Array(6);
  const Histogram = createHistogramClass();
  const nanoseconds = (time: number) => Math.round(time * 1e6);
  env.onRun(() => {
    milestones[constants.NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN_TIMESTAMP] = Math.round((performance.timeOrigin + env.startTime) * 1000);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN] = nanoseconds(env.startTime);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_ENVIRONMENT] = nanoseconds(env.startTime);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_NODE_START] = nanoseconds(env.startTime);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_V8_START] = nanoseconds(env.startTime);
    milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_START] = -1;
    milestones[constants.NODE_PERFORMANCE_MILESTONE_LOOP_EXIT] = -1;
  });
  return {
    constants,
    observerCounts,
    milestones,
    now: () => performance.now() - env.startTime,
    loopIdleTime: () => env.loop.idleTime,
    markBootstrapComplete() {
      milestones[constants.NODE_PERFORMANCE_MILESTONE_BOOTSTRAP_COMPLETE] = nanoseconds(performance.now());
    },
    setupObservers() {},
    /** Garbage collections are not observable. */
    installGarbageCollectionTracking() {},
    removeGarbageCollectionTracking() {},
    notify() {},
    uvMetricsInfo: () => [0, 0, 0],
    Histogram,
    createHistogram: (low: number, high: number, figures: number) => new Histogram(low, high, figures),
    createELDHistogram() {
      return Object.assign(new Histogram(1, 3.6e12, 3), { start: () => true, stop: () => true });
    },
  };
}
