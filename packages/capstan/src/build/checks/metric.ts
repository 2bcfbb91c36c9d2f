import {
  auc,
  aucDifference,
  aucInterval,
  brier,
  ece,
  logLoss,
  normalQuantile,
  RandomStream,
  reliabilityTable,
  wilsonInterval,
} from "@capstan/statistics";

export type Measured = { value: number; lower: number; upper: number };
/** Rows with truth (0/1) and a score that is a probability. */
export type Scored = { truth: Float64Array; score: Float64Array };

type Metric = { better: "higher" | "lower"; value(rows: Scored): number; interval(rows: Scored, level: number): Measured };

const loss = (truth: number, score: number): number => {
  const p = Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, score));
  return truth === 1 ? -Math.log(p) : -Math.log1p(-p);
};
const gap = (truth: number, score: number): number => (score - truth) ** 2;

/** Mean of a loss per row with a normal interval. */
function meanOf(rows: Scored, per: (truth: number, score: number) => number, level: number): Measured {
  return normal(
    rows.truth.map((truth, i) => per(truth, rows.score[i] ?? Number.NaN)),
    level,
  );
}
function normal(values: Float64Array, level: number): Measured {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const half = normalQuantile((1 + level) / 2) * Math.sqrt(squares / (values.length - 1) / values.length);
  return { value: mean, lower: mean - half, upper: mean + half };
}

const eceDraws = 500;
/** Redraws the rate of every bin from its own sampling distribution: the noise of the rates is what makes the error of calibration uncertain. */
function eceInterval(rows: Scored, level: number): Measured {
  const table = reliabilityTable(rows.truth, rows.score);
  const n = rows.truth.length;
  const random = new RandomStream(1);
  const draws = Float64Array.from({ length: eceDraws }, () => {
    let total = 0;
    for (const bin of table)
      total +=
        (bin.n / n) *
        Math.abs(bin.positiveRate + random.normal() * Math.sqrt((bin.positiveRate * (1 - bin.positiveRate)) / bin.n) - bin.meanScore);
    return total;
  }).sort();
  const at = (share: number): number => draws[Math.round(share * (eceDraws - 1))] ?? Number.NaN;
  const value = ece(rows.truth, rows.score);
  return { value, lower: Math.min(value, at((1 - level) / 2)), upper: Math.max(value, at((1 + level) / 2)) };
}

const rightOf = (rows: Scored): number => {
  let right = 0;
  for (let i = 0; i < rows.truth.length; i++) if ((rows.score[i] ?? 0) >= 0.5 === (rows.truth[i] === 1)) right++;
  return right;
};

const metrics: Record<string, Metric> = {
  auc: {
    better: "higher",
    value: (rows) => auc(rows.truth, rows.score),
    interval: (rows, level) => {
      const { auc: value, lower, upper } = aucInterval(rows.truth, rows.score, level);
      return { value, lower, upper };
    },
  },
  log_loss: { better: "lower", value: (rows) => logLoss(rows.truth, rows.score), interval: (rows, level) => meanOf(rows, loss, level) },
  brier: { better: "lower", value: (rows) => brier(rows.truth, rows.score), interval: (rows, level) => meanOf(rows, gap, level) },
  ece: { better: "lower", value: (rows) => ece(rows.truth, rows.score), interval: eceInterval },
  accuracy: {
    better: "higher",
    value: (rows) => rightOf(rows) / rows.truth.length,
    interval: (rows, level) => {
      const right = rightOf(rows);
      const { lower, upper } = wilsonInterval(right, rows.truth.length, level);
      return { value: right / rows.truth.length, lower, upper };
    },
  },
};

export const metricNames: readonly string[] = Object.keys(metrics);
export const isMetric = (name: string): boolean => metrics[name] !== undefined;
export const betterIs = (name: string): "higher" | "lower" => metrics[name]?.better ?? "higher";

export const classesOf = (truth: Float64Array): { positives: number; negatives: number } => {
  let positives = 0;
  for (const one of truth) positives += one;
  return { positives, negatives: truth.length - positives };
};
/** AUC needs two rows of each class, the others two rows. */
export function enough(name: string, rows: Scored): boolean {
  const { positives, negatives } = classesOf(rows.truth);
  return name === "auc" ? positives >= 2 && negatives >= 2 : rows.truth.length >= 2;
}

export const measure = (name: string, rows: Scored, level = 0.95): Measured =>
  metrics[name]?.interval(rows, level) ?? { value: Number.NaN, lower: Number.NaN, upper: Number.NaN };

/** How much better `second` is than `first` on the same rows, in the metric's unit; positive is better whatever the metric. */
export function improvement(
  name: string,
  truth: Float64Array,
  first: Float64Array,
  second: Float64Array,
  level = 0.95,
): Measured & { first: number; second: number } {
  const a = metrics[name]?.value({ truth, score: first }) ?? Number.NaN;
  const b = metrics[name]?.value({ truth, score: second }) ?? Number.NaN;
  if (name === "auc") {
    const { difference, lower, upper } = aucDifference(truth, first, second, level);
    return { first: a, second: b, value: difference, lower, upper };
  }
  if (name === "ece") {
    // The two errors share rows, so this interval is wider than need be, never narrower.
    const [one, two] = [eceInterval({ truth, score: first }, level), eceInterval({ truth, score: second }, level)];
    const value = a - b;
    return {
      first: a,
      second: b,
      value,
      lower: value - Math.hypot(a - one.lower, two.upper - b),
      upper: value + Math.hypot(one.upper - a, b - two.lower),
    };
  }
  const per = name === "log_loss" ? loss : name === "brier" ? gap : (t: number, s: number): number => (s >= 0.5 === (t === 1) ? 0 : 1);
  const gains = truth.map((t, i) => per(t, first[i] ?? Number.NaN) - per(t, second[i] ?? Number.NaN));
  return { first: a, second: b, ...normal(gains, level) };
}
