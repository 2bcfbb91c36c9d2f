/** Counts by logarithmic buckets of 4 % from 1 µs to about 2 minutes: constant memory, mergeable, quantiles within 4 %. */
const growth = Math.log(1.04);
const buckets = 480;

export type Latency = {
  add(us: number, count?: number): void;
  /** Microseconds; undefined without observations. */
  quantile(q: number): number | undefined;
  readonly count: number;
};

export function createLatency(): Latency {
  const counts = new Float64Array(buckets);
  let total = 0;
  return {
    add(us, count = 1) {
      const bucket = us <= 1 ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(us) / growth));
      counts[bucket] = (counts[bucket] ?? 0) + count;
      total += count;
    },
    quantile(q) {
      if (total === 0) return undefined;
      let left = q * total;
      for (let i = 0; i < buckets; i++) {
        left -= counts[i] ?? 0;
        if (left <= 0) return Math.exp(i * growth);
      }
      return Math.exp((buckets - 1) * growth);
    },
    get count() {
      return total;
    },
  };
}
