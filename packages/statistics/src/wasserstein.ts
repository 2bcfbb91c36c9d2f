import { sorted, type Numbers } from "./numbers.ts";

/** Walks the merged values of two ascending samples and calls `add(width, F, G)` for each interval between neighbours. */
function walk(a: Float64Array, b: Float64Array, add: (width: number, f: number, g: number) => void): void {
  const n = a.length;
  const m = b.length;
  let i = 0;
  let j = 0;
  let previous = Number.NaN;
  while (i < n || j < m) {
    const value = j >= m || (i < n && a[i]! <= b[j]!) ? a[i]! : b[j]!;
    if (!Number.isNaN(previous) && value > previous) add(value - previous, i / n, j / m);
    while (i < n && a[i] === value) i++;
    while (j < m && b[j] === value) j++;
    previous = value;
  }
}

/** First Wasserstein (earth mover's) distance ∫|F − G| in the unit of the values. */
export function wasserstein(a: Numbers, b: Numbers): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let total = 0;
  walk(sorted(a), sorted(b), (width, f, g) => {
    total += width * Math.abs(f - g);
  });
  return total;
}

/** Energy distance √(2∫(F − G)²) in the square root of the unit of the values (Székely and Rizzo). */
export function energyDistance(a: Numbers, b: Numbers): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let total = 0;
  walk(sorted(a), sorted(b), (width, f, g) => {
    total += width * (f - g) ** 2;
  });
  return Math.sqrt(2 * total);
}
