import { mean, requireSameLength, type Numbers } from "./numbers.ts";
import { midRanks } from "./order.ts";

/** Pearson correlation; NaN when a side is constant. */
export function pearson(a: Numbers, b: Numbers): number {
  const n = requireSameLength(a, b, "columns");
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return Math.max(-1, Math.min(1, ab / Math.sqrt(aa) / Math.sqrt(bb)));
}

/** Spearman's rank correlation with mid-ranks. */
export function spearman(a: Numbers, b: Numbers): number {
  return pearson(midRanks(a).ranks, midRanks(b).ranks);
}
