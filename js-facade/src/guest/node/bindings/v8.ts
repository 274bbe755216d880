/** `internalBinding('v8')`: heap statistics, as far as the browser tells them. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  const values = env.data.bindings.v8;
  const heapStatisticsBuffer = new Float64Array(15);
  const heapCodeStatisticsBuffer = new Float64Array(4);
  const heapSpaceStatisticsBuffer = new Float64Array(5);
  const heap = () => (env.host.performance as any).memory ?? { usedJSHeapSize: 20e6, totalJSHeapSize: 30e6, jsHeapSizeLimit: 4e9 };
  return {
    ...values,
    heapStatisticsBuffer,
    heapCodeStatisticsBuffer,
    heapSpaceStatisticsBuffer,
    cachedDataVersionTag: () => 0,
    // The browser tells of no limit that comes near.
    setHeapSnapshotNearHeapLimit() {},
    setHeapProfileNearHeapLimit() {},
    updateHeapStatisticsBuffer() {
      const { usedJSHeapSize, totalJSHeapSize, jsHeapSizeLimit } = heap();
      heapStatisticsBuffer.fill(0);
      heapStatisticsBuffer[values.kTotalHeapSizeIndex] = totalJSHeapSize;
      heapStatisticsBuffer[values.kTotalPhysicalSizeIndex] = totalJSHeapSize;
      heapStatisticsBuffer[values.kTotalAvailableSize] = jsHeapSizeLimit - usedJSHeapSize;
      heapStatisticsBuffer[values.kUsedHeapSizeIndex] = usedJSHeapSize;
      heapStatisticsBuffer[values.kHeapSizeLimitIndex] = jsHeapSizeLimit;
      heapStatisticsBuffer[values.kNumberOfNativeContextsIndex] = 1;
      // At least what is in use now was allocated.
      if (values.kTotalAllocatedBytes !== undefined) heapStatisticsBuffer[values.kTotalAllocatedBytes] = usedJSHeapSize;
    },
    updateHeapCodeStatisticsBuffer() {},
    updateHeapSpaceStatisticsBuffer() {},
    getCppHeapStatistics: () => ({ committed_size_bytes: 0, resident_size_bytes: 0, used_size_bytes: 0, space_statistics: [], type_names: [], detail_level: 'brief' }),
    /** Flags are the browser's. */
    setFlagsFromString() {},
    isStringOneByteRepresentation(text: string) {
      for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 255) return false;
      return true;
    },
    getHashSeed: () => 0,
    startCpuProfile() {
      throw unavailable('A CPU profile');
    },
    stopCpuProfile() {
      throw unavailable('A CPU profile');
    },
    startHeapProfile() {
      throw unavailable('A heap profile');
    },
    stopHeapProfile() {
      throw unavailable('A heap profile');
    },
    GCProfiler: class GCProfiler {
      start() {
        throw unavailable('v8.GCProfiler');
      }
      stop() {}
    },
  };
}
