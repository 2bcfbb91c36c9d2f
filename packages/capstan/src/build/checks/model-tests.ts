import type { Verdict } from "@capstan/contract";
import type { TestConfig } from "@capstan/contract/config";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import { nearNames } from "../data/rules.ts";
import { sqlName } from "../data/table.ts";
import { betterIs, enough, improvement, isMetric, type Measured, measure, metricNames, type Scored } from "./metric.ts";
import type { Finding, ScoreColumns, Table } from "./model.ts";
import { count, figure } from "./rules.ts";
import { fromSql, queryTimeoutMs, requireColumns, sampleLimit } from "./table-sql.ts";

type Of<K extends TestConfig["kind"]> = Extract<TestConfig, { kind: K }>;
export type ModelTest = Of<"metric"> | Of<"metric_vs_baseline"> | Of<"metric_vs_champion"> | Of<"slice"> | Of<"calibration">;
export const isModelTest = (test: TestConfig): test is ModelTest =>
  ["metric", "metric_vs_baseline", "metric_vs_champion", "slice", "calibration"].includes(test.kind);

/** Rows with truth, read once for all tests of a suite. `texts` are slice columns. */
export type Scores = {
  truth: Float64Array;
  numbers: Readonly<Record<string, Float64Array>>;
  texts: Readonly<Record<string, readonly (string | null)[]>>;
  withoutTruth: number;
};

export const defaultColumns: ScoreColumns = { truth: "label", score: "score", baseline: "baseline_score", champion: "champion_score" };
/** A slice needs so many rows unless the test says otherwise. */
const defaultMinRows = 200;

/** Every wrong metric or column is said before anything is computed; a champion's column may be absent, as long as nothing is live. */
export function requireModelColumns(test: ModelTest, id: string, table: Table, columns: ScoreColumns): void {
  if (!isMetric(test.metric))
    throw new CapstanError("CAP-CHECK-003", {
      test: id,
      problem: `there is no metric ${test.metric}; near are ${nearNames(test.metric, metricNames).join(", ") || metricNames.join(", ")}`,
    });
  const baseline = test.kind === "metric_vs_baseline" ? [test.score ?? columns.baseline] : [];
  requireColumns(id, table, [columns.truth, columns.score, ...baseline, ...(test.kind === "slice" ? test.by : [])]);
}

export async function readScores(analytics: Analytics, table: Table, tests: readonly ModelTest[], columns: ScoreColumns): Promise<Scores> {
  const has = (name: string): boolean => table.columns.some((column) => column.name === name);
  const numbers = [
    ...new Set([
      columns.score,
      columns.champion,
      columns.baseline,
      ...tests.flatMap((test) => (test.kind === "metric_vs_baseline" && test.score !== undefined ? [test.score] : [])),
    ]),
  ].filter(has);
  const texts = [...new Set(tests.flatMap((test) => (test.kind === "slice" ? test.by : [])))];
  const truth = sqlName(columns.truth);
  const wanted = [
    `cast(${truth} as double) as t`,
    ...numbers.map((name, i) => `cast(${sqlName(name)} as double) as n${i}`),
    ...texts.map((name, i) => `cast(${sqlName(name)} as varchar) as s${i}`),
  ];
  const options = { only: table.source.paths, timeoutMs: queryTimeoutMs };
  const [read, [missing]] = await Promise.all([
    analytics.columns(`select ${wanted.join(", ")} from ${fromSql(table)} where ${truth} is not null`, [], options),
    analytics.all<{ n: number }>(`select count(*) as n from ${fromSql(table)} where ${truth} is null`, [], options),
  ]);
  return {
    truth: read.columns["t"] as Float64Array,
    numbers: Object.fromEntries(numbers.map((name, i) => [name, read.columns[`n${i}`] as Float64Array])),
    texts: Object.fromEntries(texts.map((name, i) => [name, read.columns[`s${i}`] as readonly (string | null)[]])),
    withoutTruth: missing?.n ?? 0,
  };
}

export function modelTest(test: ModelTest, scores: Scores, columns: ScoreColumns): Finding[] {
  const rows: Scored = { truth: scores.truth, score: scores.numbers[columns.score] ?? new Float64Array() };
  const wrong = rows.truth.findIndex((truth) => truth !== 0 && truth !== 1);
  if (wrong >= 0)
    return [
      {
        verdict: "error",
        observed: null,
        bound: null,
        rows: rows.truth.length,
        detail: `${columns.truth} of row ${wrong} is ${rows.truth[wrong]}, not 0 or 1`,
      },
    ];
  const nan = rows.score.findIndex((score) => !Number.isFinite(score));
  if (nan >= 0)
    return [
      { verdict: "error", observed: null, bound: null, rows: rows.truth.length, detail: `${columns.score} of row ${nan} is not a number` },
    ];
  const tooSmall = !enough(test.metric, rows);
  if (tooSmall && test.kind !== "slice")
    return [
      {
        verdict: "inconclusive",
        observed: null,
        bound: null,
        rows: rows.truth.length,
        detail: `${count(rows.truth.length)} rows with truth are too few for ${test.metric}`,
      },
    ];
  switch (test.kind) {
    case "metric":
      return [bounded(test.metric, rows, test.min, test.max, scores.withoutTruth)];
    case "calibration":
      return [bounded(test.metric, rows, undefined, test.max, scores.withoutTruth)];
    case "metric_vs_baseline":
      return [compared(test.metric, rows, scores.numbers[test.score ?? columns.baseline], test.margin, "the baseline")];
    case "metric_vs_champion":
      return [compared(test.metric, rows, scores.numbers[columns.champion], test.margin, "the live version")];
    case "slice":
      return test.by.map((by) => sliced(test, by, rows, scores.texts[by] ?? []));
  }
}

const boundText = (min: number | undefined, max: number | undefined): string =>
  [min === undefined ? "" : `≥ ${min}`, max === undefined ? "" : `≤ ${max}`].filter(Boolean).join(", ") || "none";

/** The whole interval must lie inside; wholly outside is a fail, anything else is not known. */
export function judge(measured: Measured, min: number | undefined, max: number | undefined): Verdict {
  if (!Number.isFinite(measured.value)) return "inconclusive";
  if ((min !== undefined && measured.upper < min) || (max !== undefined && measured.lower > max)) return "fail";
  return (min === undefined || measured.lower >= min) && (max === undefined || measured.upper <= max) ? "pass" : "inconclusive";
}

function bounded(metric: string, rows: Scored, min: number | undefined, max: number | undefined, withoutTruth: number): Finding {
  const measured = measure(metric, rows);
  return {
    verdict: judge(measured, min, max),
    observed: measured.value,
    bound: boundText(min, max),
    interval: [measured.lower, measured.upper],
    rows: rows.truth.length,
    detail: `${metric} ${figure(measured.value)} [${figure(measured.lower)}, ${figure(measured.upper)}] on ${count(rows.truth.length)} rows${withoutTruth > 0 ? `, ${count(withoutTruth)} without truth left out` : ""}`,
  };
}

function compared(metric: string, rows: Scored, other: Float64Array | undefined, margin: number, whom: string): Finding {
  const bound = `≥ ${margin} better`;
  if (!other || other.every(Number.isNaN))
    return { verdict: "skipped", observed: null, bound, rows: rows.truth.length, detail: `there are no scores of ${whom}` };
  const missing = other.findIndex((score) => !Number.isFinite(score));
  if (missing >= 0)
    return {
      verdict: "error",
      observed: null,
      bound,
      rows: rows.truth.length,
      detail: `the score of ${whom} is not a number in row ${missing}`,
    };
  const gain = improvement(metric, rows.truth, other, rows.score);
  return {
    verdict: judge(gain, margin, undefined),
    observed: gain.value,
    bound,
    interval: [gain.lower, gain.upper],
    rows: rows.truth.length,
    detail: `${metric} ${figure(gain.second)} against ${figure(gain.first)} of ${whom}, ${betterIs(metric) === "higher" ? "difference" : "gain"} ${figure(gain.value)} [${figure(gain.lower)}, ${figure(gain.upper)}], paired`,
  };
}

type Slice = { slice: string; rows: number; measured: Measured; verdict: Verdict };

/**
 * A slice passes when its own 95 % interval lies inside the bound, and fails when an interval wide enough for all slices together lies outside:
 * among many slices the worst is always partly bad luck.
 */
function sliced(test: Of<"slice">, by: string, rows: Scored, texts: readonly (string | null)[]): Finding {
  const members = new Map<string, number[]>();
  texts.forEach((text, i) => {
    const key = text ?? "null";
    const list = members.get(key);
    if (list) list.push(i);
    else members.set(key, [i]);
  });
  const minRows = test.min_rows ?? defaultMinRows;
  const picked = [...members]
    .filter(([, list]) => list.length >= minRows)
    .map(([slice, list]) => ({
      slice,
      rows: { truth: Float64Array.from(list, (i) => rows.truth[i] ?? 0), score: Float64Array.from(list, (i) => rows.score[i] ?? 0) },
    }))
    .filter((one) => enough(test.metric, one.rows));
  const left = members.size - picked.length;
  const bound = boundText(test.min, test.max);
  if (picked.length === 0)
    return {
      part: by,
      verdict: "inconclusive",
      observed: null,
      bound,
      rows: rows.truth.length,
      detail: `none of ${members.size} slices has ${count(minRows)} rows`,
    };
  const strict = 1 - 0.05 / picked.length;
  const slices = picked.map((one): Slice => {
    const measured = measure(test.metric, one.rows);
    const verdict = judge(measured, test.min, test.max);
    return {
      slice: one.slice,
      rows: one.rows.truth.length,
      measured,
      verdict:
        verdict === "fail" && judge(measure(test.metric, one.rows, strict), test.min, test.max) !== "fail" ? "inconclusive" : verdict,
    };
  });
  const sign = betterIs(test.metric) === "higher" ? 1 : -1;
  slices.sort((a, b) => sign * (a.measured.value - b.measured.value));
  const failed = slices.filter((one) => one.verdict === "fail");
  const open = slices.filter((one) => one.verdict === "inconclusive");
  const worst = failed[0] ?? slices[0];
  if (!worst) throw new CapstanError("CAP-INTERNAL-001", { what: "a slice test without slices" });
  const parts = [
    `${slices.length} slices`,
    failed.length > 0 ? `${failed.length} fail` : "",
    open.length > 0 ? `${open.length} inconclusive` : "",
    left > 0 ? `${left} with fewer than ${count(minRows)} rows or one class left out` : "",
  ].filter(Boolean);
  return {
    part: by,
    verdict: failed.length > 0 ? "fail" : open.length > 0 ? "inconclusive" : "pass",
    observed: worst.measured.value,
    bound,
    interval: [worst.measured.lower, worst.measured.upper],
    rows: worst.rows,
    detail: `worst ${by} = ${worst.slice}: ${test.metric} ${figure(worst.measured.value)} [${figure(worst.measured.lower)}, ${figure(worst.measured.upper)}], n ${count(worst.rows)}; ${parts.join(", ")}`,
    samples: slices.slice(0, test.samples ?? sampleLimit).map((one) => ({
      slice: one.slice,
      rows: one.rows,
      [test.metric]: one.measured.value,
      lower: one.measured.lower,
      upper: one.measured.upper,
      verdict: one.verdict,
    })),
  };
}
