/** One-sided cumulative sum of standardised values: S = max(0, S + z − k), alarm while S > h. Plain state, one step per value. */
export interface Cusum {
  sum: number;
  alarm: boolean;
}

/** One step; `slack` is half the shift to be found, `limit` 4 to 5, both in standard deviations. */
export function stepCusum(state: Cusum, z: number, slack = 0.5, limit = 4): Cusum {
  const sum = Math.max(0, state.sum + z - slack);
  return { sum, alarm: sum > limit };
}

/** Page–Hinkley test for a rise of the mean: m = Σ(x − running mean − delta), alarm while m − min m > lambda. */
export interface PageHinkley {
  n: number;
  mean: number;
  sum: number;
  least: number;
  alarm: boolean;
}

export const NO_CUSUM: Cusum = { sum: 0, alarm: false };
export const NO_PAGE_HINKLEY: PageHinkley = { n: 0, mean: 0, sum: 0, least: 0, alarm: false };

/** One step; `delta` is the rise that is tolerated, `lambda` the alarm level, both in the unit of x (λ summed over steps). */
export function stepPageHinkley(state: PageHinkley, x: number, delta = 0.005, lambda = 50, minimumN = 1): PageHinkley {
  const n = state.n + 1;
  const mean = state.mean + (x - state.mean) / n;
  const sum = state.sum + x - mean - delta;
  const least = Math.min(state.least, sum);
  return { n, mean, sum, least, alarm: n >= minimumN && sum - least > lambda };
}

interface Bucket {
  n: number;
  total: number;
  /** Σ(x − bucket mean)² */
  m2: number;
}

const BUCKETS_PER_SIZE = 5;

/**
 * Adaptive window (ADWIN, Bifet and Gavaldà, 2007): keeps the newest stretch of values whose older and newer parts have means that do not differ
 * at confidence delta, in buckets of doubling size, so memory grows with the logarithm of the window.
 */
export class AdaptiveWindow {
  readonly delta: number;
  readonly checkEvery: number;
  /** Newest last; sizes are powers of two and do not grow towards the end. */
  #buckets: Bucket[] = [];
  #seen = 0;

  constructor(delta = 0.002, checkEvery = 32) {
    this.delta = delta;
    this.checkEvery = checkEvery;
  }

  /** Values kept. */
  get n(): number {
    return this.#buckets.reduce((total, bucket) => total + bucket.n, 0);
  }

  /** Mean of the values kept. */
  get mean(): number {
    return this.#buckets.reduce((total, bucket) => total + bucket.total, 0) / this.n;
  }

  /** Adds a value; true when the window has just been cut, that is, when a change was found. */
  add(x: number): boolean {
    this.#seen++;
    this.#buckets.push({ n: 1, total: x, m2: 0 });
    this.#compress();
    return this.#seen % this.checkEvery === 0 && this.n > 10 && this.#cut();
  }

  #compress(): void {
    for (let size = 1; ; size *= 2) {
      const same = this.#buckets.filter((bucket) => bucket.n === size);
      if (same.length <= BUCKETS_PER_SIZE) return;
      const at = this.#buckets.findIndex((bucket) => bucket.n === size);
      this.#buckets.splice(at, 2, join(this.#buckets[at]!, this.#buckets[at + 1]!));
    }
  }

  #cut(): boolean {
    let found = false;
    for (let again = true; again && this.#buckets.length > 1;) {
      again = false;
      const whole = this.#buckets.reduce(join);
      const variance = whole.m2 / whole.n;
      const logTerm = Math.log((2 * Math.log(whole.n)) / this.delta);
      let older: Bucket = { n: 0, total: 0, m2: 0 };
      for (const bucket of this.#buckets.slice(0, -1)) {
        older = join(older, bucket);
        const newerN = whole.n - older.n;
        if (older.n < 5 || newerN < 5) continue;
        const gap = Math.abs(older.total / older.n - (whole.total - older.total) / newerN);
        const harmonic = 1 / (older.n - 4) + 1 / (newerN - 4);
        if (gap > Math.sqrt(2 * harmonic * variance * logTerm) + (2 / 3) * harmonic * logTerm) {
          this.#buckets.shift();
          found = again = true;
          break;
        }
      }
    }
    return found;
  }
}

function join(a: Bucket, b: Bucket): Bucket {
  if (a.n === 0) return b;
  const n = a.n + b.n;
  const gap = a.total / a.n - b.total / b.n;
  return { n, total: a.total + b.total, m2: a.m2 + b.m2 + (gap * gap * a.n * b.n) / n };
}
