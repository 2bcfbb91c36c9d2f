import type { Numbers } from "./numbers.ts";

/** Squared maximum mean discrepancy with kernel exp(−d²/(2·bandwidth²)); `unbiased` leaves the diagonal out and may be negative. O((n+m)²). */
export function maximumMeanDiscrepancy(a: Numbers, b: Numbers, bandwidth: number, unbiased = true): number {
  const kernel = (x: number, y: number): number => Math.exp(-((x - y) ** 2) / (2 * bandwidth * bandwidth));
  const within = (values: Numbers): number => {
    let total = 0;
    for (let i = 0; i < values.length; i++) for (let j = 0; j < i; j++) total += 2 * kernel(values[i]!, values[j]!);
    const n = values.length;
    return unbiased ? total / (n * (n - 1)) : (total + n) / (n * n);
  };
  let cross = 0;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) cross += kernel(a[i]!, b[j]!);
  return within(a) + within(b) - (2 * cross) / (a.length * b.length);
}
