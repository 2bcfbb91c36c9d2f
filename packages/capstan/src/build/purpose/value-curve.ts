import type { Pays, ValueCurve } from "@capstan/contract/operations/purpose";
import { argsort, bootstrapInterval } from "@capstan/statistics";
import { weekSeconds, weeksOf } from "./rules.ts";

/** Rows in any order; `seconds` since 1970, or empty when rows have no time. */
export type CurveRows = { score: Float64Array; positive: Float64Array; seconds: Float64Array };

const curvePoints = 100;
const weeksForWeeks = 4;
const blocks = 500;

/** Value of acting on every row with a score at or above a threshold. The interval holds the threshold fixed and redraws whole weeks, or blocks of rows when there are fewer than 4 weeks. */
export function curveOf(rows: CurveRows, pays: Pays, options: { threshold?: number; seed?: number } = {}): ValueCurve {
  const n = rows.score.length;
  const order = argsort(rows.score);
  const [from, to] = rows.seconds.length === 0 ? [null, null] : range(rows.seconds);
  const weeks = weeksOf(from, to);
  let positives = 0;
  for (const positive of rows.positive) positives += positive;
  // Flagging from the highest score down: every flagged positive changes fn into tp, every flagged negative tn into fp.
  const gain = pays.true_positive - pays.false_negative;
  const cost = pays.true_negative - pays.false_positive;
  let total = positives * pays.false_negative + (n - positives) * pays.true_negative;
  const highest = rows.score[order[n - 1] ?? 0] ?? 0;
  const candidates: { threshold: number; total: number; flagged: number }[] = [{ threshold: above(highest), total, flagged: 0 }];
  for (let i = n - 1; i >= 0; i--) {
    const row = order[i] ?? 0;
    total += rows.positive[row] === 1 ? gain : -cost;
    const score = rows.score[row] ?? 0;
    if (i === 0 || rows.score[order[i - 1] ?? 0] !== score) candidates.push({ threshold: score, total, flagged: n - i });
  }
  const best = candidates.reduce((a, b) => (b.total > a.total ? b : a));
  const point = (one: { threshold: number; total: number; flagged: number }) => ({
    threshold: one.threshold,
    total: one.total,
    perWeek: one.total / weeks,
    flaggedShare: one.flagged / Math.max(1, n),
  });
  const at = (one: { threshold: number; total: number; flagged: number }) => ({
    ...point(one),
    interval: intervalOf(rows, pays, one.threshold, weeks, from, options.seed ?? 1),
  });
  const asked =
    options.threshold === undefined
      ? undefined
      : {
          ...(candidates.filter((one) => one.threshold >= (options.threshold ?? 0)).at(-1) ?? candidates[0] ?? best),
          threshold: options.threshold,
        };
  const step = Math.max(1, Math.ceil(candidates.length / curvePoints));
  const curve = candidates
    .filter((one, i) => i % step === 0 || i === candidates.length - 1 || one === best)
    .map(({ threshold, total: value, flagged }) => ({ threshold, perWeek: value / weeks, flaggedShare: flagged / Math.max(1, n) }));
  return { unit: pays.unit, rows: n, weeks, best: at(best), at: asked ? at(asked) : null, curve };
}

/** A threshold that flags nothing. */
const above = (highest: number): number => highest + Math.max(1e-9, Math.abs(highest) * 1e-9);

function range(values: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function intervalOf(
  rows: CurveRows,
  pays: Pays,
  threshold: number,
  weeks: number,
  from: number | null,
  seed: number,
): [number, number] | null {
  const n = rows.score.length;
  const byWeek = from !== null && weeks >= weeksForWeeks;
  const groups = byWeek ? Math.max(1, Math.ceil(weeks)) : Math.min(n, blocks);
  if (groups < 2) return null;
  const sums = new Float64Array(groups);
  for (let i = 0; i < n; i++) {
    const flagged = (rows.score[i] ?? 0) >= threshold;
    const positive = rows.positive[i] === 1;
    const value = flagged ? (positive ? pays.true_positive : pays.false_positive) : positive ? pays.false_negative : pays.true_negative;
    const group = byWeek ? Math.min(groups - 1, Math.floor(((rows.seconds[i] ?? 0) - from) / weekSeconds)) : i % groups;
    sums[group] = (sums[group] ?? 0) + value;
  }
  const { lower, upper } = bootstrapInterval(
    groups,
    (drawn) => {
      let sum = 0;
      for (const group of drawn) sum += sums[group] ?? 0;
      return sum / weeks;
    },
    { seed },
  );
  return [lower, upper];
}
