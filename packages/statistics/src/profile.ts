import { binCounts, referenceEdges } from "./histogram.ts";
import { mergeMoments, moments } from "./moments.ts";
import type { Numbers } from "./numbers.ts";

/** What a column of numbers looked like; plain JSON, merges by addition. `mean`, `m2`, `min`, `max` are over finite values. */
export interface NumericProfile {
  kind: "numeric";
  /** All rows, nulls included. */
  n: number;
  nulls: number;
  /** Rows holding +∞ or −∞. */
  infinite: number;
  /** Ascending; bin i is (edges[i−1], edges[i]]. Same edges on both sides of a merge or a comparison. */
  edges: number[];
  /** edges.length + 1 counts of finite values. */
  counts: number[];
  mean: number;
  /** Σ(x − mean)² */
  m2: number;
  min: number | null;
  max: number | null;
}

/** What a column of categories looked like; plain JSON, merges by addition. */
export interface CategoricalProfile {
  kind: "categorical";
  n: number;
  nulls: number;
  /** Category and count, most frequent first, equal counts in code-unit order. */
  counts: [category: string, count: number][];
  /** Rows of categories that are not listed. */
  other: number;
}

export type ColumnProfile = NumericProfile | CategoricalProfile;

/** Profile of numbers. NaN is a null. Without `edges` the values are their own reference: edges are their quantiles (`referenceEdges`). */
export function numericProfile(values: Numbers, edges?: Numbers): NumericProfile {
  const finite = new Float64Array(values.length);
  let count = 0;
  let nulls = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) nulls++;
    else if (Number.isFinite(value)) finite[count++] = value;
  }
  const kept = finite.subarray(0, count);
  const used = edges ?? referenceEdges(kept);
  const { mean, m2, min, max } = moments(kept);
  return {
    kind: "numeric",
    n: values.length,
    nulls,
    infinite: values.length - nulls - count,
    edges: Array.from(used),
    counts: Array.from(binCounts(kept, used)),
    mean,
    m2,
    min: count === 0 ? null : min,
    max: count === 0 ? null : max,
  };
}

/** Profile of categories; null or undefined is a null. The `top` most frequent are listed, the rest is counted as other. */
export function categoricalProfile(values: ArrayLike<string | null | undefined>, top = 1000): CategoricalProfile {
  const counts = new Map<string, number>();
  let nulls = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls++;
    else counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { kind: "categorical", n: values.length, nulls, ...listed(counts, 0, top) };
}

function listed(counts: Map<string, number>, other: number, top: number): Pick<CategoricalProfile, "counts" | "other"> {
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { counts: ordered.slice(0, top), other: ordered.slice(top).reduce((total, [, count]) => total + count, other) };
}

/** Profile of two disjoint sets of rows together. Numeric sides must have equal edges; categorical lists are cut to `top` again. */
export function mergeProfiles<P extends ColumnProfile>(a: P, b: P, top?: number): P;
export function mergeProfiles(a: ColumnProfile, b: ColumnProfile, top = 1000): ColumnProfile {
  if (a.kind === "numeric" && b.kind === "numeric") return mergeNumeric(a, b);
  if (a.kind === "categorical" && b.kind === "categorical") return mergeCategorical(a, b, top);
  throw new RangeError(`cannot merge a ${a.kind} with a ${b.kind} profile`);
}

function mergeNumeric(a: NumericProfile, b: NumericProfile): NumericProfile {
  requireSameEdges(a, b);
  const merged = mergeMoments(momentsOf(a), momentsOf(b));
  return {
    kind: "numeric",
    n: a.n + b.n,
    nulls: a.nulls + b.nulls,
    infinite: a.infinite + b.infinite,
    edges: a.edges,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
    mean: merged.mean,
    m2: merged.m2,
    min: merged.n === 0 ? null : merged.min,
    max: merged.n === 0 ? null : merged.max,
  };
}

function mergeCategorical(a: CategoricalProfile, b: CategoricalProfile, top: number): CategoricalProfile {
  const counts = new Map(a.counts);
  for (const [category, count] of b.counts) counts.set(category, (counts.get(category) ?? 0) + count);
  return { kind: "categorical", n: a.n + b.n, nulls: a.nulls + b.nulls, ...listed(counts, a.other + b.other, top) };
}

/** Throws unless two numeric profiles were counted over the same edges. */
export function requireSameEdges(a: NumericProfile, b: NumericProfile): void {
  if (a.edges.length !== b.edges.length || a.edges.some((edge, i) => edge !== b.edges[i])) {
    throw new RangeError("profiles have different edges; count the current values over the edges of the reference");
  }
}

/** Rows with a finite value. */
export function finiteCount(profile: NumericProfile): number {
  return profile.n - profile.nulls - profile.infinite;
}

function momentsOf(p: NumericProfile) {
  const n = finiteCount(p);
  return { n, mean: p.mean, m2: p.m2, m3: 0, m4: 0, min: p.min ?? Number.POSITIVE_INFINITY, max: p.max ?? Number.NEGATIVE_INFINITY };
}

/** Standard deviation (n − 1) of the finite values, in their unit. */
export function profileDeviation(profile: NumericProfile): number {
  return Math.sqrt(profile.m2 / (finiteCount(profile) - 1));
}

/** Bounds of the bins that hold values, the open ones closed with the column's own minimum and maximum. */
export function binBounds(profile: NumericProfile): { lower: number; upper: number; count: number }[] {
  if (profile.min === null || profile.max === null) return [];
  const bins = [];
  for (let i = 0; i < profile.counts.length; i++) {
    const count = profile.counts[i]!;
    if (count === 0) continue;
    const lower = Math.max(profile.min, profile.edges[i - 1] ?? Number.NEGATIVE_INFINITY);
    bins.push({ lower, upper: Math.min(profile.max, profile.edges[i] ?? Number.POSITIVE_INFINITY), count });
  }
  return bins;
}

/** Quantile read from the histogram, linear inside a bin; NaN when there are no finite values. */
export function profileQuantile(profile: NumericProfile, share: number): number {
  let left = share * finiteCount(profile);
  let upper = Number.NaN;
  for (const bin of binBounds(profile)) {
    if (left <= bin.count) return bin.lower + (bin.upper - bin.lower) * (left / bin.count);
    left -= bin.count;
    upper = bin.upper;
  }
  return upper;
}
