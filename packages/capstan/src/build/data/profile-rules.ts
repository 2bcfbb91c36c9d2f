import type { ColumnKind, ColumnProfile } from "@capstan/contract/operations/data";

export const topLimit = 20;
const binLimit = 40;
const quantileSteps = 100;
/** Integer columns with at most so many values show them one by one. */
const shownValues = 50;

export const roundTo12 = (value: number): number => Number(value.toPrecision(12));

/** The smallest value with at least the share i/100 of all at or below it, i = 0 … 100. `values` ascend. */
export function quantilesOfCounts(values: ArrayLike<number>, counts: ArrayLike<number>): number[] {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] ?? 0;
  const quantiles: number[] = [];
  let at = 0;
  let below = counts[0] ?? 0;
  for (let step = 0; step <= quantileSteps; step++) {
    while (below < (total * step) / quantileSteps && at < values.length - 1) below += counts[++at] ?? 0;
    quantiles.push(values[at] ?? Number.NaN);
  }
  return quantiles;
}

export type Bins = { low: number; width: number; count: number; edges: number[] };

/** Equal bins that hold the middle 99 % or so; whole steps for integers, with borders between the values. */
export function binsOf(quantiles: readonly number[], kind: ColumnKind): Bins {
  const first = quantiles[1] ?? 0;
  const last = quantiles[quantileSteps - 1] ?? 0;
  if (kind === "integer") {
    const width = Math.max(1, Math.ceil((last - first + 1) / binLimit));
    return bins(first - 0.5, width, Math.max(1, Math.ceil((last - first + 1) / width)));
  }
  return last > first ? bins(first, (last - first) / binLimit, binLimit) : bins(first - 0.5, 1, 1);
}

const bins = (low: number, width: number, count: number): Bins => ({
  low,
  width,
  count,
  edges: Array.from({ length: count + 1 }, (_, i) => low + i * width),
});

/** Exact figures of a numeric column of which every value was counted. */
export function countsToProfile(
  values: ArrayLike<number>,
  counts: ArrayLike<number>,
  kind: ColumnKind,
  present: number,
): Pick<ColumnProfile, "distinct" | "quantiles" | "histogram" | "top" | "other"> {
  const quantiles = quantilesOfCounts(values, counts);
  const { low, width, count, edges } = binsOf(quantiles, kind);
  const binned = Array.from({ length: count + 2 }, () => 0);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(count, Math.max(-1, Math.floor(((values[i] ?? 0) - low) / width)));
    binned[bin + 1] = (binned[bin + 1] ?? 0) + (counts[i] ?? 0);
  }
  const pairs =
    kind === "integer" && values.length <= shownValues
      ? Array.from(values, (value, i) => ({ value: String(value), count: counts[i] ?? 0 }))
      : [];
  const top = pairs.sort((a, b) => b.count - a.count).slice(0, topLimit);
  return {
    distinct: values.length,
    quantiles,
    histogram: { edges, counts: binned },
    top,
    other: top.length === 0 ? 0 : present - top.reduce((sum, one) => sum + one.count, 0),
  };
}
