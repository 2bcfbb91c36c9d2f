import { requireShare, sorted, type Interval, type Numbers } from "./numbers.ts";
import { quantileOfSorted } from "./order.ts";
import { RandomStream } from "./random.ts";

export interface BootstrapOptions {
  /** Number of resamples. */
  resamples?: number;
  /** Same seed, same interval. */
  seed?: number;
  level?: number;
  /** Group number of every row. When given, whole groups are drawn, so rows of one entity, session or day stay together. */
  groups?: Numbers;
}

export interface BootstrapInterval extends Interval {
  estimate: number;
  standardError: number;
  resamples: number;
  /** Resamples on which the statistic was undefined (NaN); they are left out. */
  undefinedResamples: number;
}

/**
 * Percentile bootstrap interval of any statistic of n rows. `statistic` is given row numbers (with repeats) and must not keep the array.
 * Resample b draws from its own random stream, so the result does not depend on the order of evaluation.
 */
export function bootstrapInterval(n: number, statistic: (rows: Uint32Array) => number, options: BootstrapOptions = {}): BootstrapInterval {
  const { resamples = 1000, seed = 1, level = 0.95, groups } = options;
  requireShare(level, "level");
  if (n === 0) throw new RangeError("no rows to resample");
  const estimate = statistic(Uint32Array.from({ length: n }, (_, i) => i));
  const members = groups ? rowsByGroup(groups, n) : undefined;
  const values: number[] = [];
  let rows = new Uint32Array(n);
  for (let b = 0; b < resamples; b++) {
    const random = new RandomStream(seed, b);
    if (members) rows = drawGroups(members, random);
    else for (let i = 0; i < n; i++) rows[i] = random.integer(n);
    const value = statistic(rows);
    if (!Number.isNaN(value)) values.push(value);
  }
  const ascending = sorted(values);
  const centre = values.reduce((total, value) => total + value / values.length, 0);
  const spread = values.reduce((total, value) => total + (value - centre) ** 2, 0) / (values.length - 1);
  return {
    estimate,
    lower: quantileOfSorted(ascending, (1 - level) / 2),
    upper: quantileOfSorted(ascending, (1 + level) / 2),
    level,
    standardError: Math.sqrt(spread),
    resamples,
    undefinedResamples: resamples - values.length,
  };
}

function rowsByGroup(groups: Numbers, n: number): Uint32Array[] {
  if (groups.length !== n) throw new RangeError(`groups: ${groups.length} entries for ${n} rows`);
  const rows = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const list = rows.get(groups[i]!);
    if (list) list.push(i);
    else rows.set(groups[i]!, [i]);
  }
  return [...rows.values()].map((list) => Uint32Array.from(list));
}

function drawGroups(members: readonly Uint32Array[], random: RandomStream): Uint32Array<ArrayBuffer> {
  const drawn = Array.from(members, () => members[random.integer(members.length)]!);
  const rows = new Uint32Array(drawn.reduce((total, group) => total + group.length, 0));
  let at = 0;
  for (const group of drawn) {
    rows.set(group, at);
    at += group.length;
  }
  return rows;
}
