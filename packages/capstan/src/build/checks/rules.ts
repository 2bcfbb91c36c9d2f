import { type CheckResult, type Verdict, verdicts } from "@capstan/contract";
import type { TestConfig } from "@capstan/contract/config";
import type { Finding } from "./model.ts";

const list = (value: string | readonly string[]): string => (typeof value === "string" ? value : value.join(", "));

/** What a test is about, for its title and its id. */
export function aboutOf(test: TestConfig): string {
  switch (test.kind) {
    case "missing":
      return test.column === "*" ? "every column" : list(test.column);
    case "unique":
      return list(test.column);
    case "duplicates":
      return test.columns === undefined ? "whole rows" : list(test.columns);
    case "overlap_train_test":
      return test.columns === undefined ? "whole rows" : list(test.columns);
    case "row_join_skew":
    case "distribution_skew":
      return list(test.columns);
    case "slice":
      return `${test.metric} per slice`;
    case "metric":
    case "metric_vs_baseline":
    case "metric_vs_champion":
    case "calibration":
      return test.metric;
    case "expression":
      return test.sql;
    case "schema":
    case "row_count":
      return "";
    default:
      return test.column;
  }
}

const names: Partial<Record<TestConfig["kind"], string>> = {
  missing: "nulls",
  set: "values",
  regex: "pattern",
  row_count: "row count",
  unit_scale: "unit",
  expression: "rule",
  time_leakage: "no test row earlier than the last training row",
  overlap_train_test: "rows of the test that were trained on",
  row_join_skew: "same features in training and serving",
  distribution_skew: "same distribution in training and serving",
  metric_vs_baseline: "better than the baseline",
  metric_vs_champion: "not worse than the live version",
};
const joins: Partial<Record<TestConfig["kind"], string>> = {
  metric: "",
  slice: "",
  time_leakage: ", ",
  metric_vs_baseline: ", ",
  metric_vs_champion: ", ",
  row_join_skew: ", ",
  distribution_skew: ", ",
};

export function titleOf(test: TestConfig): string {
  const about = aboutOf(test);
  if (test.kind === "metric" || test.kind === "slice") return about;
  const name = names[test.kind] ?? test.kind;
  return about === "" ? name : `${name}${joins[test.kind] ?? " of "}${about}`;
}

/** Unique in the suite, made of kind and subject unless the test names itself. */
export function idsOf(tests: readonly TestConfig[]): string[] {
  const used = new Map<string, number>();
  return tests.map((test) => {
    const about = test.kind === "expression" ? "" : test.kind === "slice" ? test.metric : aboutOf(test);
    const slug =
      test.id ??
      [test.kind, about === "every column" || about === "whole rows" ? "all" : about]
        .join("-")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/-$/, "");
    const count = (used.get(slug) ?? 0) + 1;
    used.set(slug, count);
    return count === 1 ? slug : `${slug}-${count}`;
  });
}

/** A test of severity warn advises: what it cannot pass becomes a warning. That it could not be asked stays an error. */
export function settle(test: TestConfig, id: string, where: string | null, finding: Finding): CheckResult {
  const severity = test.severity ?? "fail";
  const tooFew =
    test.min_rows !== undefined &&
    test.kind !== "slice" &&
    finding.rows !== null &&
    finding.rows < test.min_rows &&
    finding.verdict !== "error";
  const verdict: Verdict = tooFew ? "inconclusive" : finding.verdict;
  return {
    id: finding.part === undefined ? id : `${id}-${finding.part.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`,
    kind: test.kind,
    title: finding.part === undefined ? titleOf(test) : `${titleOf(test)}, by ${finding.part}`,
    verdict: severity === "warn" && (verdict === "fail" || verdict === "inconclusive") ? "warn" : verdict,
    severity,
    observed: typeof finding.observed === "number" && !Number.isFinite(finding.observed) ? null : finding.observed,
    bound: finding.bound,
    interval: finding.interval && finding.interval.every(Number.isFinite) ? finding.interval : null,
    rows: finding.rows,
    detail: tooFew ? `${finding.detail}; fewer rows than ${test.min_rows}` : finding.detail,
    samples: finding.samples ?? [],
    where,
  };
}

export function countsOf(results: readonly CheckResult[]): Record<Verdict, number> {
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  for (const result of results) counts[result.verdict]++;
  return counts;
}

/** `37 of 12 000`; digits in groups. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, " ");
/** A share in percent with as many digits as it needs. */
export const percent = (share: number): string => {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const small = Number((Math.min(share, 1 - share) * 100).toPrecision(2));
  return `${share <= 0.5 ? small : Number((100 - small).toPrecision(12))} %`;
};
/** A measured figure with four digits. */
export const figure = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : String(Number(value.toPrecision(4)));
