import { chiSquareHomogeneity } from "./contingency.ts";
import { normalCdf } from "./distributions.ts";
import { hellinger, jsDistance, klDivergence, lInfinity, psi, shares, totalVariation } from "./divergence.ts";
import { ksP } from "./kolmogorov-smirnov.ts";
import { binBounds, finiteCount, profileDeviation, profileQuantile, requireSameEdges } from "./profile.ts";
import type { CategoricalProfile, ColumnProfile, NumericProfile } from "./profile.ts";
import { findRoot } from "./root.ts";

/** Distances over shares of bins work on any column; `ks` and `wasserstein` need numbers. `js` is in nats, `js2` in base 2. */
export type DriftMethod = "psi" | "js" | "js2" | "kl" | "hellinger" | "tvd" | "linf" | "ks" | "wasserstein";

export interface DriftBin {
  label: string;
  /** Share of all rows, nulls included. */
  reference: number;
  current: number;
}

export interface DriftDistance {
  method: DriftMethod;
  /** `wasserstein` is divided by the reference's standard deviation; the others have no unit. */
  statistic: number;
  /**
   * What the statistic is expected to be with these row counts when nothing has changed. Asymptotic: with fewer than about five rows per bin the true
   * floor is higher, up to twice for `psi` and `kl`.
   */
  noiseFloor: number;
  /** max(0, statistic − noiseFloor): the part that the sample sizes do not explain. */
  excess: number;
  /** p-value that both sides are one distribution: χ² homogeneity over the bins (Stephens for `ks`). */
  p: number;
  nReference: number;
  nCurrent: number;
  bins: DriftBin[];
}

export interface DriftOptions {
  method?: DriftMethod;
  /** Bins of equal reference mass into which the profile's fine bins are joined. Out-of-range, infinite and null bins come on top. */
  bins?: number;
  /** Categories that keep their own bin, by reference frequency; the rest and everything unseen is one bin. */
  categories?: number;
}

interface Counted {
  labels: string[];
  reference: number[];
  current: number[];
}

/** Distance between what a column was and what it is, with the noise that the row counts alone would give. Nulls and unseen values are bins. */
export function profileDistance(reference: ColumnProfile, current: ColumnProfile, options: DriftOptions = {}): DriftDistance {
  const { method = "js", bins = 10, categories = 50 } = options;
  if (reference.n === 0 || current.n === 0) throw new RangeError("a profile of no rows has no distance");
  const counted = countedBins(reference, current, bins, categories);
  const p = shares(counted.reference);
  const q = shares(counted.current);
  const test = chiSquareHomogeneity(counted.reference, counted.current);
  const noise = 1 / reference.n + 1 / current.n;
  const common = {
    method,
    nReference: reference.n,
    nCurrent: current.n,
    bins: counted.labels.map((label, i) => ({ label, reference: p[i]!, current: q[i]! })),
  };
  const result = (statistic: number, noiseFloor: number, pValue: number): DriftDistance => ({
    ...common,
    statistic,
    noiseFloor,
    excess: Math.max(0, statistic - noiseFloor),
    p: pValue,
  });
  const psiFloor = test.df * noise;
  switch (method) {
    case "psi":
      return result(psi(p, q), psiFloor, test.p);
    case "kl":
      return result(klDivergence(p, q), psiFloor / 2, test.p);
    case "js":
      return result(jsDistance(p, q), Math.sqrt(psiFloor / 8), test.p);
    case "js2":
      return result(jsDistance(p, q, 2), Math.sqrt(psiFloor / 8 / Math.LN2), test.p);
    case "hellinger":
      return result(hellinger(p, q), Math.sqrt(psiFloor / 8), test.p);
    case "tvd":
      return result(totalVariation(p, q), totalVariationFloor(deviations(counted, noise)), test.p);
    case "linf":
      return result(lInfinity(p, q), lInfinityFloor(deviations(counted, noise)), test.p);
    case "ks":
    case "wasserstein": {
      if (reference.kind !== "numeric" || current.kind !== "numeric") throw new RangeError(`${method} needs a numeric column`);
      const n = finiteCount(reference);
      const m = finiteCount(current);
      if (n === 0 || m === 0) return result(Number.NaN, Number.NaN, test.p);
      if (method === "ks") {
        const statistic = cumulativeGap(reference, current);
        return result(statistic, Math.sqrt(Math.PI / 2) * Math.LN2 * Math.sqrt(1 / n + 1 / m), ksP(statistic, n, m));
      }
      const scale = wassersteinScale(reference);
      const { distance, floor } = wassersteinOfProfiles(reference, current);
      return result(distance / scale, floor / scale, test.p);
    }
  }
}

/** Every distance that suits the column, by method. */
export function profileDistances(
  reference: ColumnProfile,
  current: ColumnProfile,
  options: Omit<DriftOptions, "method"> = {},
): Partial<Record<DriftMethod, DriftDistance>> {
  const methods: DriftMethod[] = ["psi", "js", "js2", "kl", "hellinger", "tvd", "linf"];
  if (reference.kind === "numeric") methods.push("ks", "wasserstein");
  return Object.fromEntries(methods.map((method) => [method, profileDistance(reference, current, { ...options, method })]));
}

function countedBins(reference: ColumnProfile, current: ColumnProfile, bins: number, categories: number): Counted {
  if (reference.kind === "numeric" && current.kind === "numeric") return numericBins(reference, current, bins);
  if (reference.kind === "categorical" && current.kind === "categorical") return categoricalBins(reference, current, categories);
  throw new RangeError(`a ${reference.kind} reference cannot be compared with a ${current.kind} column`);
}

/** Joins fine bins from left to right until each joined bin holds its part of the reference; the two outer bins stay alone. */
function numericBins(reference: NumericProfile, current: NumericProfile, bins: number): Counted {
  requireSameEdges(reference, current);
  const counted: Counted = { labels: [], reference: [], current: [] };
  const last = reference.counts.length - 1;
  const inside = reference.counts.slice(1, last).reduce((total, count) => total + count, 0);
  let left = 0;
  let right = 0;
  let seen = 0;
  let from = reference.edges[0] ?? Number.NEGATIVE_INFINITY;
  let joined = 1;
  for (let i = 1; i < last; i++) {
    left += reference.counts[i]!;
    right += current.counts[i]!;
    seen += reference.counts[i]!;
    if (i === last - 1 || seen >= (inside * joined) / bins - 1e-9) {
      push(counted, `(${from}, ${reference.edges[i]}]`, left, right);
      from = reference.edges[i]!;
      left = right = 0;
      while (seen >= (inside * joined) / bins - 1e-9) joined++;
    }
  }
  if (last > 0) {
    push(counted, `≤ ${reference.edges[0]}`, reference.counts[0]!, current.counts[0]!);
    push(counted, `> ${reference.edges[last - 1]}`, reference.counts[last]!, current.counts[last]!);
  } else push(counted, "all values", reference.counts[0]!, current.counts[0]!);
  push(counted, "infinite", reference.infinite, current.infinite);
  push(counted, "null", reference.nulls, current.nulls);
  return counted;
}

function categoricalBins(reference: CategoricalProfile, current: CategoricalProfile, categories: number): Counted {
  const counted: Counted = { labels: [], reference: [], current: [] };
  const now = new Map(current.counts);
  let restReference = reference.n - reference.nulls;
  let restCurrent = current.n - current.nulls;
  for (const [category, count] of reference.counts.slice(0, categories)) {
    const here = now.get(category) ?? 0;
    push(counted, category, count, here);
    restReference -= count;
    restCurrent -= here;
  }
  push(counted, "other", restReference, restCurrent);
  push(counted, "null", reference.nulls, current.nulls);
  return counted;
}

function push(counted: Counted, label: string, reference: number, current: number): void {
  if (reference === 0 && current === 0) return;
  counted.labels.push(label);
  counted.reference.push(reference);
  counted.current.push(current);
}

/** Standard deviation of p̂ − q̂ per bin when both sides share the pooled distribution. */
function deviations({ reference, current }: Counted, noise: number): number[] {
  const pooled = shares(reference.map((count, i) => count + current[i]!));
  return Array.from(pooled, (share) => Math.sqrt(share * (1 - share) * noise));
}

/** E ½Σ|p̂ − q̂| under no change: half the sum of mean absolute normal deviations. */
function totalVariationFloor(sd: readonly number[]): number {
  return sd.reduce((total, deviation) => total + deviation, 0) * Math.sqrt(2 / Math.PI) * 0.5;
}

/** Median of max|p̂ − q̂| under no change, bins taken as independent normals. */
function lInfinityFloor(sd: readonly number[]): number {
  const spread = sd.filter((deviation) => deviation > 0);
  if (spread.length === 0) return 0;
  const above = 10 * Math.max(...spread);
  return findRoot((t) => spread.reduce((product, deviation) => product * (2 * normalCdf(t / deviation) - 1), 1) - 0.5, 0, above, 1e-9);
}

/** max|F − G| at the edges: a lower bound of the exact D, close for fine bins. */
function cumulativeGap(reference: NumericProfile, current: NumericProfile): number {
  requireSameEdges(reference, current);
  const n = finiteCount(reference);
  const m = finiteCount(current);
  let f = 0;
  let g = 0;
  let largest = 0;
  for (let i = 0; i < reference.counts.length; i++) {
    f += reference.counts[i]! / n;
    g += current.counts[i]! / m;
    largest = Math.max(largest, Math.abs(f - g));
  }
  return largest;
}

/** Reference standard deviation; where that is zero or undefined, IQR/1.349, and else 1. */
function wassersteinScale(reference: NumericProfile): number {
  const deviation = profileDeviation(reference);
  if (deviation > 0 && Number.isFinite(deviation)) return deviation;
  const range = (profileQuantile(reference, 0.75) - profileQuantile(reference, 0.25)) / 1.349;
  return range > 0 ? range : 1;
}

/** ∫|F − G| with both distribution functions linear inside bins, and E∫|F̂ − Ĝ| under no change, in the unit of the values. */
function wassersteinOfProfiles(reference: NumericProfile, current: NumericProfile): { distance: number; floor: number } {
  const n = finiteCount(reference);
  const m = finiteCount(current);
  const a = binBounds(reference);
  const b = binBounds(current);
  const points = Float64Array.from(new Set([...a, ...b].flatMap(({ lower, upper }) => [lower, upper]))).sort();
  const f = points.map((x) => cumulativeAt(a, x) / n);
  const g = points.map((x) => cumulativeAt(b, x) / m);
  let distance = 0;
  let floor = 0;
  for (let i = 1; i < points.length; i++) {
    const width = points[i]! - points[i - 1]!;
    const before = f[i - 1]! - g[i - 1]!;
    const after = beforePoint(a, points[i]!) / n - beforePoint(b, points[i]!) / m;
    distance +=
      before * after >= 0
        ? (width * Math.abs(before + after)) / 2
        : (width * (before * before + after * after)) / (2 * Math.abs(before - after));
    const pooled = (f[i - 1]! * n + g[i - 1]! * m + f[i]! * n + g[i]! * m) / (2 * (n + m));
    floor += width * Math.sqrt((2 / Math.PI) * Math.max(0, pooled * (1 - pooled)) * (1 / n + 1 / m));
  }
  return { distance, floor };
}

type Bins = ReturnType<typeof binBounds>;

/** Values ≤ x, linear inside a bin; a bin of no width counts whole at its point. */
function cumulativeAt(bins: Bins, x: number): number {
  let total = 0;
  for (const { lower, upper, count } of bins) {
    if (x >= upper) total += count;
    else if (x > lower) total += (count * (x - lower)) / (upper - lower);
    else break;
  }
  return total;
}

/** Values < x, so that a point mass at x is not yet counted. */
function beforePoint(bins: Bins, x: number): number {
  let total = 0;
  for (const { lower, upper, count } of bins) {
    if (x > upper || (x === upper && lower < upper)) total += count;
    else if (x > lower) total += (count * (x - lower)) / (upper - lower);
    else break;
  }
  return total;
}
