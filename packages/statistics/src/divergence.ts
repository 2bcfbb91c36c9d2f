import { requireSameLength, sum, type Numbers } from "./numbers.ts";

/** Counts over bins as shares that sum to one. Throws when there is nothing to share. */
export function shares(counts: Numbers): Float64Array {
  const total = sum(counts);
  if (!(total > 0)) throw new RangeError("no counts to turn into shares");
  return Float64Array.from(counts, (count) => count / total);
}

/** What replaces a zero share in PSI and KL, as is usual in the field; the others need no fill. */
export const ZERO_SHARE = 1e-4;

/** Population stability index Σ (p − q) ln(p/q) in nats. Zero shares become `floor`, without renormalising. Symmetric. */
export function psi(p: Numbers, q: Numbers, floor: number = ZERO_SHARE): number {
  const bins = requireSameLength(p, q, "shares");
  let total = 0;
  for (let i = 0; i < bins; i++) {
    if (p[i] === 0 && q[i] === 0) continue;
    const a = p[i] === 0 ? floor : p[i]!;
    const b = q[i] === 0 ? floor : q[i]!;
    total += (a - b) * Math.log(a / b);
  }
  return total;
}

/** Kullback–Leibler divergence Σ p ln(p/q) in nats, zero shares replaced by `floor` and both sides renormalised afterwards. */
export function klDivergence(p: Numbers, q: Numbers, floor: number = ZERO_SHARE): number {
  requireSameLength(p, q, "shares");
  const a = shares(Float64Array.from(p, (share) => (share === 0 ? floor : share)));
  const b = shares(Float64Array.from(q, (share) => (share === 0 ? floor : share)));
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * Math.log(a[i]! / b[i]!);
  return Math.max(0, total);
}

/** Jensen–Shannon divergence ½KL(p‖m) + ½KL(q‖m), m = (p+q)/2. In nats (max ln 2) or, with base 2, in bits (max 1). No fill needed. */
export function jsDivergence(p: Numbers, q: Numbers, base: "nat" | 2 = "nat"): number {
  const bins = requireSameLength(p, q, "shares");
  let total = 0;
  for (let i = 0; i < bins; i++) {
    const a = p[i]!;
    const b = q[i]!;
    const middle = (a + b) / 2;
    if (a > 0) total += (a * Math.log(a / middle)) / 2;
    if (b > 0) total += (b * Math.log(b / middle)) / 2;
  }
  return Math.max(0, base === 2 ? total / Math.LN2 : total);
}

/** Jensen–Shannon distance, the square root of the divergence: a metric, max √ln 2 in nats and 1 in base 2. */
export function jsDistance(p: Numbers, q: Numbers, base: "nat" | 2 = "nat"): number {
  return Math.sqrt(jsDivergence(p, q, base));
}

/** Hellinger distance √(1 − Σ√(pq)) in [0, 1], computed as √(½Σ(√p − √q)²), which does not cancel. */
export function hellinger(p: Numbers, q: Numbers): number {
  const bins = requireSameLength(p, q, "shares");
  let total = 0;
  for (let i = 0; i < bins; i++) total += (Math.sqrt(p[i]!) - Math.sqrt(q[i]!)) ** 2;
  return Math.sqrt(total / 2);
}

/** Total variation distance ½Σ|p − q| in [0, 1]. */
export function totalVariation(p: Numbers, q: Numbers): number {
  const bins = requireSameLength(p, q, "shares");
  let total = 0;
  for (let i = 0; i < bins; i++) total += Math.abs(p[i]! - q[i]!);
  return total / 2;
}

/** Largest difference of a share, max|p − q|, in [0, 1]. */
export function lInfinity(p: Numbers, q: Numbers): number {
  const bins = requireSameLength(p, q, "shares");
  let largest = 0;
  for (let i = 0; i < bins; i++) largest = Math.max(largest, Math.abs(p[i]! - q[i]!));
  return largest;
}

/** max|a − b| / Σ(a + b) over raw counts, so that a change of volume counts too (TFDV's normalized absolute difference). */
export function normalizedAbsoluteDifference(a: Numbers, b: Numbers): number {
  requireSameLength(a, b, "counts");
  const total = sum(a) + sum(b);
  return total === 0 ? 0 : lInfinity(a, b) / total;
}
