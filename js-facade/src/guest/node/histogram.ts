/**
 * `Histogram` of `perf_hooks`, over the buckets of HdrHistogram: values are exact up to two times ten to the power of the figures, and above that
 * as exact as the figures say.
 */

/** What an empty histogram answers for its smallest value: the largest `int64_t`. */
const EMPTY_MIN = 2n ** 63n - 1n;

const clock = performance;
/** Nanoseconds. */
const nanoseconds = () => Math.round(clock.now() * 1e6);

export class Histogram {
  /** Counts by the lowest value of their bucket; buckets without any are absent. */
  readonly #counts = new Map<number, number>();
  readonly #highest: number;
  /** Size of the smallest bucket. */
  readonly #unit: number;
  /** Values below this many units have buckets of one unit. */
  readonly #fineUnits: number;
  #total = 0;
  #exceeds = 0;
  #lowestSeen = 0;
  #highestSeen = 0;
  #previous = 0;
  /** Bucket starts in ascending order; made when asked for. */
  #sorted: number[] | undefined;

  constructor(lowest: number | bigint = 1, highest: number | bigint = Number.MAX_SAFE_INTEGER, figures = 3) {
    this.#highest = Number(highest);
    this.#unit = 2 ** exponentOf(Number(lowest));
    this.#fineUnits = 2 ** Math.ceil(Math.log2(2 * 10 ** figures));
  }

  record(value: number | bigint): void {
    this.#add(Number(value), 1);
  }

  /** Records `value`, and what would have been measured every `interval` while it took so long. */
  recordCorrected(value: number | bigint, interval: number | bigint): void {
    const [whole, step] = [Number(value), Number(interval)];
    this.#add(whole, 1);
    if (step <= 0) return;
    for (let missing = whole - step; missing >= step; missing -= step) this.#add(missing, 1);
  }

  /** Records the nanoseconds since the call before; the first records nothing. */
  recordDelta(): number {
    const now = nanoseconds();
    const delta = this.#previous === 0 ? 0 : now - this.#previous;
    if (delta > 0) this.#add(delta, 1);
    this.#previous = now;
    return delta;
  }

  count(): number { return this.#total; }
  countBigInt(): bigint { return BigInt(this.#total); }
  exceeds(): number { return this.#exceeds; }
  exceedsBigInt(): bigint { return BigInt(this.#exceeds); }
  min(): number { return Number(this.minBigInt()); }

  minBigInt(): bigint {
    if (this.#counts.has(0)) return 0n;
    return this.#lowestSeen === 0 ? EMPTY_MIN : BigInt(this.#start(this.#lowestSeen));
  }

  max(): number { return this.#end(this.#highestSeen); }
  maxBigInt(): bigint { return BigInt(this.max()); }

  mean(): number {
    return this.#total === 0 ? Number.NaN : this.#sum((value) => value) / this.#total;
  }

  stddev(): number {
    return Math.sqrt(this.#moment(2));
  }

  skewness(): number {
    const deviation = this.stddev();
    return deviation > 0 ? this.#moment(3) / deviation ** 3 : 0;
  }

  /** Excess kurtosis: 0 for a normal distribution. */
  kurtosis(): number {
    const deviation = this.stddev();
    return deviation > 0 ? this.#moment(4) / deviation ** 4 - 3 : 0;
  }

  /** Share of values that are not above `value`. */
  cdf(value: number): number {
    if (this.#total === 0) return 0;
    const end = this.#end(value);
    let seen = 0;
    for (const [start, count] of this.#counts) if (start <= end) seen += count;
    return seen / this.#total;
  }

  countAt(value: number): number {
    return this.#counts.get(this.#start(value)) ?? 0;
  }

  percentile(percentile: number): number {
    const wanted = Math.max(1, Math.floor((percentile / 100) * this.#total + 0.5));
    let seen = 0;
    for (const start of this.#starts()) if ((seen += this.#counts.get(start)!) >= wanted) return this.#end(start);
    return 0;
  }

  percentileBigInt(percentile: number): bigint {
    return BigInt(this.percentile(percentile));
  }

  percentilesAt(map: Map<number, number>, percentiles: Float64Array): void {
    for (const percentile of percentiles) map.set(percentile, this.percentile(percentile));
  }

  percentiles(map: Map<number, number>): void {
    this.#eachPercentile((percentile, value) => map.set(percentile, value));
  }

  percentilesBigInt(map: Map<number, bigint>): void {
    this.#eachPercentile((percentile, value) => map.set(percentile, BigInt(value)));
  }

  // Exponentially weighted averages are kept for histograms with a half-life only, which this is not.
  ewmaMean(): number { return 0; }
  ewmaStddev(): number { return 0; }
  ewmaErrorRate(): number { return 0; }

  reset(): void {
    this.#counts.clear();
    this.#sorted = undefined;
    this.#total = this.#exceeds = this.#lowestSeen = this.#highestSeen = this.#previous = 0;
  }

  add(other: Histogram): void {
    for (const [start, count] of other.#counts) this.#add(start, count);
    this.#exceeds += other.#exceeds;
    this.#highestSeen = Math.max(this.#highestSeen, other.#highestSeen);
  }

  /** Takes the values of `other` away; no count gets below 0. */
  subtract(other: Histogram): void {
    for (const [start, count] of other.#counts) {
      const own = this.countAt(start);
      if (own > count) this.#counts.set(this.#start(start), own - count);
      else this.#counts.delete(this.#start(start));
      this.#total -= Math.min(own, count);
    }
    this.#sorted = undefined;
  }

  #add(value: number, count: number): void {
    if (value > this.#highest || value < 0) {
      this.#exceeds += count;
      return;
    }
    const start = this.#start(value);
    const before = this.#counts.get(start);
    if (before === undefined) this.#sorted = undefined;
    this.#counts.set(start, (before ?? 0) + count);
    this.#total += count;
    if (value > 0 && (this.#lowestSeen === 0 || value < this.#lowestSeen)) this.#lowestSeen = value;
    if (value > this.#highestSeen) this.#highestSeen = value;
  }

  /** Size of the bucket of a value: it doubles where the values of a bucket would get less exact than half of the fine units. */
  #size(value: number): number {
    return this.#unit * 2 ** Math.max(0, exponentOf(Math.max(1, value / this.#unit)) + 1 - Math.log2(this.#fineUnits));
  }

  /** Lowest value of the bucket of `value`. */
  #start(value: number): number {
    const size = this.#size(value);
    return Math.floor(value / size) * size;
  }

  /** Highest value of the bucket of `value`. */
  #end(value: number): number {
    return this.#start(value) + this.#size(value) - 1;
  }

  #starts(): number[] {
    return (this.#sorted ??= [...this.#counts.keys()].sort((a, b) => a - b));
  }

  /** Sum of `of(value)` over all values, each taken as the middle of its bucket. */
  #sum(of: (value: number) => number): number {
    let sum = 0;
    for (const [start, count] of this.#counts) sum += of(start + Math.floor(this.#size(start) / 2)) * count;
    return sum;
  }

  #moment(power: number): number {
    const mean = this.mean();
    return this.#total === 0 ? Number.NaN : this.#sum((value) => (value - mean) ** power) / this.#total;
  }

  /** HdrHistogram's percentile iterator with one tick a half-distance: each step halves what is left to 100. */
  #eachPercentile(tell: (percentile: number, value: number) => void): void {
    let next = 0;
    let seen = 0;
    let value = 0;
    for (const start of this.#starts()) {
      value = start;
      seen += this.#counts.get(start)!;
      while (next <= (100 * seen) / this.#total) {
        tell(next, value);
        if (seen === this.#total) break;
        next += 100 / 2 ** (Math.floor(Math.log2(100 / (100 - next))) + 1);
      }
    }
    tell(100, value);
  }
}

/**
 * A histogram over the latest values: of `chunks` that are filled one after the other, the oldest is dropped when a new one begins. A chunk is full
 * after `rotateAt` values, or (`timed`) nanoseconds.
 */
export class SlidingWindowHistogram {
  /** The oldest first. */
  #chunks: Histogram[];
  #began = nanoseconds();

  constructor(
    private readonly lowest: number | bigint, private readonly highest: number | bigint, private readonly figures: number,
    private readonly chunks: number, private readonly timed: boolean, private readonly rotateAt: bigint,
  ) {
    this.#chunks = [this.#chunk()];
  }

  record(value: number | bigint): void {
    this.#rotate();
    this.#chunks[this.#chunks.length - 1].record(value);
  }

  /** All of the window as one histogram. */
  snapshot(): Histogram {
    if (this.timed) this.#rotate();
    const whole = this.#chunk();
    for (const chunk of this.#chunks) whole.add(chunk);
    return whole;
  }

  reset(): void {
    this.#chunks = [this.#chunk()];
    this.#began = nanoseconds();
  }

  #chunk(): Histogram {
    return new Histogram(this.lowest, this.highest, this.figures);
  }

  /** Begins as many chunks as are due. */
  #rotate(): void {
    const last = this.#chunks[this.#chunks.length - 1];
    let due = last.count() + last.exceeds() >= Number(this.rotateAt) ? 1 : 0;
    if (this.timed) {
      due = Math.floor((nanoseconds() - this.#began) / Number(this.rotateAt));
      this.#began += due * Number(this.rotateAt);
    }
    for (let i = 0; i < Math.min(due, this.chunks); i++) this.#chunks.push(this.#chunk());
    this.#chunks.splice(0, this.#chunks.length - this.chunks);
  }
}

/** A histogram of the delays of the event loop: how much later than `resolution` (ms) a timer comes, and the resolution itself. */
export class IntervalHistogram extends Histogram {
  #timer: unknown;

  constructor(private readonly resolution: number, private readonly timers: { setInterval: Function; clearInterval: Function }) {
    super(1, 3.6e12, 3);
  }

  start(): void {
    this.recordDelta();
    this.#timer = this.timers.setInterval(() => this.recordDelta(), this.resolution).unref();
  }

  stop(): void {
    this.timers.clearInterval(this.#timer);
  }
}

const double = new DataView(new ArrayBuffer(8));

/** The integral part of the binary logarithm of `value` >= 1, exactly. */
function exponentOf(value: number): number {
  double.setFloat64(0, value);
  return ((double.getUint32(0) >>> 20) & 0x7ff) - 1023;
}
