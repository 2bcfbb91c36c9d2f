import { decisionQuality, type Confusion } from "./confusion.ts";
import { normalQuantile } from "./distributions.ts";
import type { Interval, Numbers } from "./numbers.ts";

/** What happened to one group; rates are shares, NaN where the group has no such rows. */
export interface GroupRates extends Confusion {
  group: string;
  n: number;
  selectionRate: number;
  /** Recall in the group. */
  truePositiveRate: number;
  falsePositiveRate: number;
  accuracy: number;
  precision: number;
}

/** Gaps between groups: difference = largest − smallest rate, ratio = smallest / largest. */
export interface Fairness {
  groups: GroupRates[];
  overall: GroupRates;
  demographicParityDifference: number;
  demographicParityRatio: number;
  /** Largest |group − overall| selection rate. */
  demographicParityToOverall: number;
  equalOpportunityDifference: number;
  equalOpportunityRatio: number;
  /** The worse of true and false positive rate. */
  equalizedOddsDifference: number;
  equalizedOddsRatio: number;
  /** The mean of the two differences. */
  equalizedOddsDifferenceMean: number;
}

/** Rates per group of 0/1 decisions against 0/1 labels; groups in order of their name. */
export function groupRates(labels: Numbers, decisions: Numbers, groups: ArrayLike<string>): { groups: GroupRates[]; overall: GroupRates } {
  const n = labels.length;
  if (decisions.length !== n || groups.length !== n) throw new RangeError("labels, decisions and groups must describe the same rows");
  const counts = new Map<string, Confusion>();
  const all: Confusion = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (let i = 0; i < n; i++) {
    let own = counts.get(groups[i]!);
    if (!own) counts.set(groups[i]!, (own = { tp: 0, fp: 0, fn: 0, tn: 0 }));
    const cell = decisions[i] === 1 ? (labels[i] === 1 ? "tp" : "fp") : labels[i] === 1 ? "fn" : "tn";
    own[cell]++;
    all[cell]++;
  }
  const ordered = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return { groups: ordered.map(([group, own]) => rates(group, own)), overall: rates("", all) };
}

function rates(group: string, counts: Confusion): GroupRates {
  const quality = decisionQuality(counts);
  return {
    group,
    ...counts,
    n: counts.tp + counts.fp + counts.fn + counts.tn,
    selectionRate: quality.selectionRate,
    truePositiveRate: quality.recall,
    falsePositiveRate: quality.falsePositiveRate,
    accuracy: quality.accuracy,
    precision: quality.precision,
  };
}

/** Gaps between groups; groups with fewer than `minimumN` rows are left out of the gaps (they stay out of `groups` too). */
export function fairness(labels: Numbers, decisions: Numbers, groups: ArrayLike<string>, minimumN = 1): Fairness {
  const all = groupRates(labels, decisions, groups);
  const kept = all.groups.filter(({ n }) => n >= minimumN);
  const gap = (rate: (group: GroupRates) => number): { difference: number; ratio: number } => {
    const values = kept.map(rate).filter((value) => !Number.isNaN(value));
    const most = Math.max(...values);
    const least = Math.min(...values);
    return values.length === 0
      ? { difference: Number.NaN, ratio: Number.NaN }
      : { difference: most - least, ratio: most === 0 ? Number.NaN : least / most };
  };
  const selection = gap(({ selectionRate }) => selectionRate);
  const hit = gap(({ truePositiveRate }) => truePositiveRate);
  const miss = gap(({ falsePositiveRate }) => falsePositiveRate);
  return {
    groups: kept,
    overall: all.overall,
    demographicParityDifference: selection.difference,
    demographicParityRatio: selection.ratio,
    demographicParityToOverall: kept.reduce(
      (most, { selectionRate }) => Math.max(most, Math.abs(selectionRate - all.overall.selectionRate)),
      0,
    ),
    equalOpportunityDifference: hit.difference,
    equalOpportunityRatio: hit.ratio,
    equalizedOddsDifference: Math.max(hit.difference, miss.difference),
    equalizedOddsRatio: Math.min(hit.ratio, miss.ratio),
    equalizedOddsDifferenceMean: (hit.difference + miss.difference) / 2,
  };
}

/**
 * Interval of the demographic parity ratio: every group against the group with the highest selection rate by the log method (Katz et al., 1978),
 * at a level shared among the comparisons (Bonferroni), and the least of them. `atLeast(interval, 0.8)` turns it into the four-fifths verdict.
 */
export function parityRatioInterval(groups: readonly GroupRates[], level = 0.95): Interval {
  const best = groups.reduce((top, group) => (group.selectionRate > top.selectionRate ? group : top));
  const others = groups.filter((group) => group !== best);
  if (others.length === 0) return { lower: 1, upper: 1, level };
  const z = normalQuantile(1 - (1 - level) / (2 * others.length));
  let lower = Number.POSITIVE_INFINITY;
  let upper = Number.POSITIVE_INFINITY;
  for (const group of others) {
    const selected = group.tp + group.fp;
    const selectedBest = best.tp + best.fp;
    const half = z * Math.sqrt(1 / (selected || 0.5) - 1 / group.n + 1 / (selectedBest || 0.5) - 1 / best.n);
    const ratio = ((selected || 0.5) * best.n) / ((selectedBest || 0.5) * group.n);
    lower = Math.min(lower, selected === 0 ? 0 : ratio * Math.exp(-half));
    upper = Math.min(upper, ratio * Math.exp(half));
  }
  return { lower, upper, level };
}
