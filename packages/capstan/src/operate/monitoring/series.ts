import type { MonitorTestConfig } from "@capstan/contract/config";
import { type ColumnKind, type Monitor, type QualityMetric, qualityMetrics, type SeriesSpec } from "./model.ts";

const columnsOf = (wanted: string | readonly string[], known: readonly string[]): string[] =>
  known.filter((column) => wanted === "*" || (Array.isArray(wanted) ? wanted.includes(column) : wanted === column));
const methodOf = (method: string | undefined): "psi" | "js" => (method === "js" ? "js" : "psi");
const isQuality = (metric: string): metric is QualityMetric => (qualityMetrics as readonly string[]).includes(metric);

/** What a monitor's tests measure in every window, each series once. Tests of kinds that windows cannot answer yet give none. */
export function seriesOf(monitor: Monitor, kinds: Readonly<Record<string, ColumnKind>>): SeriesSpec[] {
  const columns = Object.keys(kinds);
  const all = monitor.config.tests.flatMap((test) => seriesOfTest(test, columns));
  return [...new Map(all.map((series) => [series.id, series])).values()];
}

function seriesOfTest(test: MonitorTestConfig, columns: readonly string[]): SeriesSpec[] {
  const common = {
    alpha: "alpha" in test ? (test.alpha ?? null) : null,
    effect: "effect" in test ? (test.effect ?? null) : null,
    minRows: test.min_rows ?? null,
  };
  switch (test.kind) {
    case "drift":
      return columnsOf(test.columns, columns).map((column): SeriesSpec => ({
        id: `column:${column}`,
        name: column,
        group: "column",
        unit: methodOf(test.method),
        measure: "distance",
        of: { kind: "column", column },
        labels: false,
        method: methodOf(test.method),
        ...common,
      }));
    case "prediction_drift":
      return [
        {
          id: "prediction:distribution",
          name: "prediction",
          group: "prediction",
          unit: methodOf(test.method),
          measure: "distance",
          of: { kind: "score" },
          labels: false,
          method: methodOf(test.method),
          ...common,
        },
        {
          id: "prediction:mean",
          name: "mean-prediction",
          group: "prediction",
          unit: "share",
          measure: "level",
          of: { kind: "score_mean" },
          labels: false,
          method: "psi",
          ...common,
          effect: null,
        },
      ];
    case "prior_shift":
      return [
        {
          id: "realised:label-share",
          name: "label-share",
          group: "realised",
          unit: "share",
          measure: "level",
          of: { kind: "label_share" },
          labels: true,
          method: "psi",
          ...common,
        },
      ];
    case "realized_performance": {
      if (!isQuality(test.metric)) return [];
      const measure = test.metric === "auc" ? "lower" : "upper";
      return [
        {
          id: `realised:${test.metric}`,
          name: test.metric,
          group: "realised",
          unit: test.metric,
          measure,
          of: { kind: "quality", metric: test.metric },
          labels: true,
          method: "psi",
          ...common,
        },
      ];
    }
    default:
      return [];
  }
}
