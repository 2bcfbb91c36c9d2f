import type { Verdict } from "@capstan/contract";
import type { Pays, Worth } from "@capstan/contract/operations/purpose";

export type Outcomes = { true_positive: number; false_positive: number; false_negative: number; true_negative: number };

export const valueOf = (outcomes: Outcomes, pays: Pays): number =>
  outcomes.true_positive * pays.true_positive +
  outcomes.false_positive * pays.false_positive +
  outcomes.false_negative * pays.false_negative +
  outcomes.true_negative * pays.true_negative;

/** Acting on a row that is positive with probability q gains q·(tp − fn) and costs (1 − q)·(tn − fp). Null when no q makes it worth while, or any does. */
export function breakEvenPrecision(pays: Pays): number | null {
  const gain = pays.true_positive - pays.false_negative;
  const cost = pays.true_negative - pays.false_positive;
  const precision = cost / (gain + cost);
  return gain > 0 && cost >= 0 && Number.isFinite(precision) ? precision : null;
}

export const weekSeconds = 604_800;
const daySeconds = 86_400;
/** A time range in weeks; rows of less than a day count as a day, rows without times as one week. */
export const weeksOf = (fromSeconds: number | null, toSeconds: number | null): number =>
  fromSeconds === null || toSeconds === null ? 1 : Math.max(daySeconds, toSeconds - fromSeconds) / weekSeconds;

export type Counted = { rows: number; positives: number; today: Outcomes | null; fromSeconds: number | null; toSeconds: number | null };

export function worthOf(counted: Counted, pays: Pays, decision: string): Worth {
  const { rows, positives } = counted;
  const negatives = rows - positives;
  const weeks = weeksOf(counted.fromSeconds, counted.toSeconds);
  const rule = (outcomes: Outcomes) => ({ ...outcomes, total: valueOf(outcomes, pays), perWeek: valueOf(outcomes, pays) / weeks });
  const nothing = rule({ true_positive: 0, false_positive: 0, false_negative: positives, true_negative: negatives });
  const always = rule({ true_positive: positives, false_positive: negatives, false_negative: 0, true_negative: 0 });
  const perfect = rule({ true_positive: positives, false_positive: 0, false_negative: 0, true_negative: negatives });
  const today = counted.today && rule(counted.today);
  const simple = Math.max(nothing.perWeek, always.perWeek, today?.perWeek ?? Number.NEGATIVE_INFINITY);
  const headroomPerWeek = perfect.perWeek - simple;
  const time = (seconds: number | null): string | null => (seconds === null ? null : new Date(seconds * 1000).toISOString());
  const verdict: Verdict = positives === 0 || negatives === 0 ? "inconclusive" : headroomPerWeek > 0 ? "pass" : "fail";
  return {
    unit: pays.unit,
    decision,
    rows,
    positives,
    weeks,
    from: time(counted.fromSeconds),
    to: time(counted.toSeconds),
    nothing,
    always,
    today,
    perfect,
    headroomPerWeek,
    breakEvenPrecision: breakEvenPrecision(pays),
    verdict,
    sentence:
      verdict === "inconclusive"
        ? `all ${rows} rows have the same outcome: nothing can be said about a model`
        : verdict === "fail"
          ? "even a perfect model earns no more than a rule that needs none: do not build this"
          : `a perfect model would earn ${round(headroomPerWeek)} more per week than the best rule without one (${pays.unit})`,
  };
}

const round = (value: number): string => String(Number(value.toPrecision(3)));
