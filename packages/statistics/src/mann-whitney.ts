import { normalTail } from "./distributions.ts";
import type { Numbers } from "./numbers.ts";
import { midRanks } from "./order.ts";

export type Alternative = "two_sided" | "greater" | "less";

/**
 * Mann–Whitney U of the first sample. `greater`: values of the first tend to be larger. Exact counts while either side has at most 8 rows and
 * nothing is tied; otherwise the normal approximation with tie and continuity correction.
 */
export function mannWhitney(a: Numbers, b: Numbers, alternative: Alternative = "two_sided"): { u: number; p: number } {
  const n = a.length;
  const m = b.length;
  if (n === 0 || m === 0) return { u: Number.NaN, p: Number.NaN };
  const pooled = new Float64Array(n + m);
  for (let i = 0; i < n; i++) pooled[i] = a[i]!;
  for (let i = 0; i < m; i++) pooled[n + i] = b[i]!;
  const { ranks, tieTerm } = midRanks(pooled);
  let rankSum = 0;
  for (let i = 0; i < n; i++) rankSum += ranks[i]!;
  const u = rankSum - (n * (n + 1)) / 2;
  const upper = alternative === "greater" ? u : alternative === "less" ? n * m - u : Math.max(u, n * m - u);
  const sides = alternative === "two_sided" ? 2 : 1;
  if (Math.min(n, m) <= 8 && tieTerm === 0) return { u, p: Math.min(1, sides * exactTail(upper, n, m)) };
  const total = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1))));
  const z = (upper - (n * m) / 2 - 0.5) / deviation;
  return { u, p: Math.min(1, sides * normalTail(z)) };
}

/** P(U ≥ u) when every arrangement is equally likely; recurrence over the largest value of the pooled sample. */
function exactTail(u: number, n: number, m: number): number {
  const top = n * m;
  let rows: Float64Array[] = Array.from({ length: m + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= n; i++) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let j = 1; j <= m; j++) {
      const share = new Float64Array(i * j + 1);
      const fromA = rows[j]!;
      const fromB = next[j - 1]!;
      for (let k = 0; k < fromA.length; k++) share[k + j]! += (fromA[k]! * i) / (i + j);
      for (let k = 0; k < fromB.length; k++) share[k]! += (fromB[k]! * j) / (i + j);
      next.push(share);
    }
    rows = next;
  }
  const distribution = rows[m]!;
  let tail = 0;
  for (let k = Math.ceil(u); k <= top; k++) tail += distribution[k]!;
  return tail;
}
