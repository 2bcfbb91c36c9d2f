import { chiSquareTail } from "./distributions.ts";
import { requireSameLength, sum, type Numbers } from "./numbers.ts";
import { logChoose } from "./special.ts";

export interface HomogeneityTest {
  statistic: number;
  df: number;
  p: number;
  /** Cells with an expected count below 5, where the χ² approximation is weak. */
  smallCells: number;
}

function expectedStatistic(a: Numbers, b: Numbers, cell: (observed: number, expected: number) => number): HomogeneityTest {
  const bins = requireSameLength(a, b, "counts");
  const n = sum(a);
  const m = sum(b);
  let statistic = 0;
  let used = 0;
  let smallCells = 0;
  for (let i = 0; i < bins; i++) {
    const total = a[i]! + b[i]!;
    if (total === 0) continue;
    used++;
    const left = (total * n) / (n + m);
    const right = (total * m) / (n + m);
    smallCells += Number(left < 5) + Number(right < 5);
    statistic += cell(a[i]!, left) + cell(b[i]!, right);
  }
  const df = Math.max(0, used - 1);
  if (n === 0 || m === 0) return { statistic: Number.NaN, df, p: Number.NaN, smallCells };
  return { statistic, df, p: df === 0 ? 1 : chiSquareTail(statistic, df), smallCells };
}

/** Pearson χ² test that two rows of counts come from one distribution (2×K homogeneity, no continuity correction). Bins empty on both sides are left out. */
export function chiSquareHomogeneity(a: Numbers, b: Numbers): HomogeneityTest {
  return expectedStatistic(a, b, (observed, expected) => (observed - expected) ** 2 / expected);
}

/** Likelihood-ratio (G) form of the same test: 2ΣO ln(O/E) with E from the pooled table. */
export function gHomogeneity(a: Numbers, b: Numbers): HomogeneityTest {
  return expectedStatistic(a, b, (observed, expected) => (observed === 0 ? 0 : 2 * observed * Math.log(observed / expected)));
}

function fitStatistic(observed: Numbers, expectedShares: Numbers, cell: (observed: number, expected: number) => number): HomogeneityTest {
  const bins = requireSameLength(observed, expectedShares, "counts and shares");
  const n = sum(observed);
  const whole = sum(expectedShares);
  let statistic = 0;
  let smallCells = 0;
  for (let i = 0; i < bins; i++) {
    const expected = (n * expectedShares[i]!) / whole;
    if (expected === 0 && observed[i] === 0) continue;
    smallCells += Number(expected < 5);
    statistic += cell(observed[i]!, expected);
  }
  const df = bins - 1;
  return { statistic, df, p: chiSquareTail(statistic, df), smallCells };
}

/** χ² of observed counts against fixed expected shares (goodness of fit): for a planned split, never for a reference that is itself a sample. */
export function chiSquareFit(observed: Numbers, expectedShares: Numbers): HomogeneityTest {
  return fitStatistic(observed, expectedShares, (count, expected) => (count - expected) ** 2 / expected);
}

/** Likelihood-ratio (G) form of goodness of fit. */
export function gFit(observed: Numbers, expectedShares: Numbers): HomogeneityTest {
  return fitStatistic(observed, expectedShares, (count, expected) => (count === 0 ? 0 : 2 * count * Math.log(count / expected)));
}

/** Cramér's V of a 2×K table in [0, 1]; `corrected` subtracts the bias that independence would give (Bergsma, 2013). */
export function cramersV(a: Numbers, b: Numbers, corrected = true): number {
  const n = sum(a) + sum(b);
  const { statistic, df } = chiSquareHomogeneity(a, b);
  const columns = df + 1;
  const phi2 = statistic / n;
  if (columns < 2) return 0;
  if (!corrected) return Math.sqrt(phi2 / Math.min(columns - 1, 1));
  const reduced = Math.max(0, phi2 - (columns - 1) / (n - 1));
  const k = columns - (columns - 1) ** 2 / (n - 1);
  const r = 2 - 1 / (n - 1);
  return Math.sqrt(reduced / (Math.min(k, r) - 1));
}

/** Two-sided Fisher exact test of the 2×2 table [[a, b], [c, d]]: total probability of all tables no likelier than the observed one. */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const row = a + b;
  const other = c + d;
  const column = a + c;
  const low = Math.max(0, column - other);
  const high = Math.min(row, column);
  const whole = logChoose(row + other, column);
  const logMass = (k: number): number => logChoose(row, k) + logChoose(other, column - k) - whole;
  const observed = logMass(a) + 1e-7;
  let total = 0;
  for (let k = low; k <= high; k++) {
    const mass = logMass(k);
    if (mass <= observed) total += Math.exp(mass);
  }
  return Math.min(1, total);
}
