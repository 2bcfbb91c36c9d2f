import { requireSameLength, type Numbers } from "./numbers.ts";
import { argsort } from "./order.ts";

/** One bin of a reliability diagram; scores and rates are shares in [0, 1]. */
export interface ReliabilityBin {
  /** Smallest and largest score that falls in the bin by rule (equal width) or by data (equal count). */
  lower: number;
  upper: number;
  n: number;
  meanScore: number;
  positiveRate: number;
}

export type ReliabilityBinning = "equal_width" | "equal_count";

const CLIP = Number.EPSILON;

/** Mean negative log-likelihood in nats of 0/1 labels under probabilities, which are clipped to [ε, 1 − ε] with ε = 2⁻⁵². */
export function logLoss(labels: Numbers, scores: Numbers): number {
  const n = requireSameLength(labels, scores, "labels and scores");
  let total = 0;
  for (let i = 0; i < n; i++) {
    const score = Math.min(1 - CLIP, Math.max(CLIP, scores[i]!));
    total -= labels[i] === 1 ? Math.log(score) : Math.log1p(-score);
  }
  return total / n;
}

/** Mean squared difference between probability and 0/1 label. */
export function brier(labels: Numbers, scores: Numbers): number {
  const n = requireSameLength(labels, scores, "labels and scores");
  let total = 0;
  for (let i = 0; i < n; i++) {
    const gap = scores[i]! - labels[i]!;
    total += gap * gap;
  }
  return total / n;
}

/**
 * Bins of scores with mean score and observed rate; empty bins are left out. Equal width: [j/k, (j+1)/k), the last one closed.
 * Equal count: rows in stable score order, the first n mod k bins one row larger; ties at a border are split by row order.
 */
export function reliabilityTable(
  labels: Numbers,
  scores: Numbers,
  bins = 10,
  binning: ReliabilityBinning = "equal_count",
): ReliabilityBin[] {
  const n = requireSameLength(labels, scores, "labels and scores");
  if (!(Number.isInteger(bins) && bins > 0)) throw new RangeError(`bins must be a positive integer, got ${bins}`);
  for (let i = 0; i < n; i++) {
    const score = scores[i]!;
    if (!(score >= 0 && score <= 1)) throw new RangeError(`score of row ${i} is ${score}, not a probability`);
  }
  return binning === "equal_width" ? equalWidth(labels, scores, bins) : equalCount(labels, scores, bins);
}

function equalWidth(labels: Numbers, scores: Numbers, bins: number): ReliabilityBin[] {
  const table = Array.from({ length: bins }, (_, j) => ({ lower: j / bins, upper: (j + 1) / bins, n: 0, meanScore: 0, positiveRate: 0 }));
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    let j = Math.min(bins - 1, Math.floor(score * bins));
    if (j + 1 < bins && score >= (j + 1) / bins) j++;
    else if (score < j / bins) j--;
    const bin = table[j]!;
    bin.n++;
    bin.meanScore += score;
    bin.positiveRate += labels[i]!;
  }
  return table
    .filter((bin) => bin.n > 0)
    .map((bin) => ({ ...bin, meanScore: bin.meanScore / bin.n, positiveRate: bin.positiveRate / bin.n }));
}

function equalCount(labels: Numbers, scores: Numbers, bins: number): ReliabilityBin[] {
  const order = argsort(scores);
  const n = order.length;
  const size = Math.floor(n / bins);
  const larger = n % bins;
  const table: ReliabilityBin[] = [];
  let start = 0;
  for (let j = 0; j < bins && start < n; j++) {
    const end = start + size + (j < larger ? 1 : 0);
    if (end === start) continue;
    let meanScore = 0;
    let positiveRate = 0;
    for (let i = start; i < end; i++) {
      meanScore += scores[order[i]!]!;
      positiveRate += labels[order[i]!]!;
    }
    const count = end - start;
    const lower = scores[order[start]!]!;
    table.push({ lower, upper: scores[order[end - 1]!]!, n: count, meanScore: meanScore / count, positiveRate: positiveRate / count });
    start = end;
  }
  return table;
}

/** Expected calibration error of a reliability table: Σ n_j/n · |observed rate − mean score|. */
export function calibrationError(table: readonly ReliabilityBin[]): number {
  let rows = 0;
  let total = 0;
  for (const bin of table) {
    rows += bin.n;
    total += bin.n * Math.abs(bin.positiveRate - bin.meanScore);
  }
  return rows === 0 ? Number.NaN : total / rows;
}

/** Expected calibration error straight from labels and scores. */
export function ece(labels: Numbers, scores: Numbers, bins = 10, binning: ReliabilityBinning = "equal_count"): number {
  return calibrationError(reliabilityTable(labels, scores, bins, binning));
}
