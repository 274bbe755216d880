/** `Histogram` of `perf_hooks`: exact counts a value instead of HDR's buckets. */

export function createHistogramClass() {
  return class Histogram {
    #counts = new Map<number, number>();
    #total = 0;
    #exceeds = 0;
    #last = 0;

    constructor(private readonly lowest = 1, private readonly highest = Number.MAX_SAFE_INTEGER, _figures = 3) {}

    record(value: number | bigint): void {
      const number = Number(value);
      if (number > this.highest || number < this.lowest) {
        this.#exceeds += 1;
        return;
      }
      this.#counts.set(number, (this.#counts.get(number) ?? 0) + 1);
      this.#total += 1;
    }

    recordDelta(): number {
      const now = performanceNow();
      const delta = this.#last === 0 ? 0 : now - this.#last;
      this.#last = now;
      if (delta > 0) this.record(delta);
      return delta;
    }

    #sorted(): [number, number][] {
      return [...this.#counts].sort(([a], [b]) => a - b);
    }

    count() { return this.#total; }
    countBigInt() { return BigInt(this.#total); }
    exceeds() { return this.#exceeds; }
    exceedsBigInt() { return BigInt(this.#exceeds); }
    // What HDR histograms answer when empty.
    min() { return this.#sorted()[0]?.[0] ?? 9223372036854776000; }
    minBigInt() { return this.#total === 0 ? 9223372036854775807n : BigInt(this.min()); }
    max() { return this.#sorted().at(-1)?.[0] ?? 0; }
    maxBigInt() { return BigInt(this.max()); }
    mean() {
      let sum = 0;
      for (const [value, count] of this.#counts) sum += value * count;
      return this.#total === 0 ? Number.NaN : sum / this.#total;
    }
    stddev() {
      const mean = this.mean();
      let sum = 0;
      for (const [value, count] of this.#counts) sum += (value - mean) ** 2 * count;
      return this.#total === 0 ? Number.NaN : Math.sqrt(sum / this.#total);
    }
    percentile(percentile: number) {
      const wanted = Math.max(1, Math.ceil((percentile / 100) * this.#total));
      let seen = 0;
      for (const [value, count] of this.#sorted()) if ((seen += count) >= wanted) return value;
      return 0;
    }
    percentileBigInt(percentile: number) { return BigInt(this.percentile(percentile)); }
    percentiles(map: Map<number, number>) {
      for (const percentile of [0, 50, 75, 87.5, 93.75, 96.875, 98.4375, 99.21875, 100]) map.set(percentile, this.percentile(percentile));
    }
    percentilesBigInt(map: Map<number, bigint>) {
      for (const percentile of [0, 50, 75, 87.5, 93.75, 96.875, 98.4375, 99.21875, 100]) map.set(percentile, this.percentileBigInt(percentile));
    }
    reset() {
      this.#counts.clear();
      this.#total = 0;
      this.#exceeds = 0;
    }
    add(other: Histogram) {
      for (const [value, count] of other.#counts) {
        this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
        this.#total += count;
      }
      return this.#total;
    }
  };
}

const clock = performance;
/** Nanoseconds. */
const performanceNow = () => Math.round(clock.now() * 1e6);
