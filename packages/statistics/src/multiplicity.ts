import type { Numbers } from "./numbers.ts";
import { argsort } from "./order.ts";

/** Walks p-values from the largest to the smallest and keeps the running minimum of p·factor(rank). Output is in input order. */
function stepUp(p: Numbers, factor: (rank: number, n: number) => number): Float64Array {
  const order = argsort(p);
  const n = order.length;
  const adjusted = new Float64Array(n);
  let least = 1;
  for (let rank = n; rank >= 1; rank--) {
    const row = order[rank - 1]!;
    least = Math.min(least, p[row]! * factor(rank, n));
    adjusted[row] = least;
  }
  return adjusted;
}

/** Benjamini–Hochberg adjusted p-values (q): rejecting q ≤ α keeps the false-discovery rate ≤ α for independent or positively dependent tests. */
export function benjaminiHochberg(p: Numbers): Float64Array {
  return stepUp(p, (rank, n) => n / rank);
}

/** Benjamini–Yekutieli: the same guarantee under any dependence, at the price of a factor Σ1/k. */
export function benjaminiYekutieli(p: Numbers): Float64Array {
  let harmonic = 0;
  for (let k = 1; k <= p.length; k++) harmonic += 1 / k;
  return stepUp(p, (rank, n) => (harmonic * n) / rank);
}

/** Holm adjusted p-values: rejecting ≤ α keeps the chance of any false rejection ≤ α under any dependence. */
export function holm(p: Numbers): Float64Array {
  const order = argsort(p);
  const n = order.length;
  const adjusted = new Float64Array(n);
  let most = 0;
  for (let rank = 1; rank <= n; rank++) {
    const row = order[rank - 1]!;
    most = Math.min(1, Math.max(most, p[row]! * (n - rank + 1)));
    adjusted[row] = most;
  }
  return adjusted;
}

/** Benjamini–Hochberg on e-values: indexes rejected at α. Keeps the false-discovery rate under any dependence and any peeking (Wang and Ramdas, 2022). */
export function eBenjaminiHochberg(e: Numbers, alpha = 0.05): number[] {
  const order = argsort(Float64Array.from(e, (value) => -value));
  const n = order.length;
  let kept = 0;
  for (let rank = 1; rank <= n; rank++) if (e[order[rank - 1]!]! >= n / (alpha * rank)) kept = rank;
  return Array.from(order.subarray(0, kept)).sort((a, b) => a - b);
}
