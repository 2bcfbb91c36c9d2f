import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Database } from "../../../base/storage/database.ts";
import { usageKeys } from "./model.ts";
import { whereOf } from "./search.ts";

export type Aggregation = { type: "COUNT" | "SUM" | "AVG" | "MIN" | "MAX" | "PERCENTILE"; percentile?: number };
export type MetricsQuery = {
  experimentIds: readonly string[];
  view: "TRACES" | "SPANS" | "ASSESSMENTS";
  metric: string;
  aggregations: readonly Aggregation[];
  dimensions: readonly string[];
  filters: readonly string[];
  everySeconds?: number;
  fromMs?: number;
  toMs?: number;
};
export type DataPoint = { dimensions: Record<string, string>; values: Record<string, number> };

const wrong = (what: string, value: string, valid: Iterable<string>): CapstanError =>
  new CapstanError("CAP-TRACK-002", { what, problem: `${JSON.stringify(value.slice(0, 100))} is none of ${[...valid].join(", ")}` });

/** Of each view: the rows that are counted, and the columns that metrics and dimensions mean. */
const views = {
  TRACES: {
    from: "trace t left join trace_text n on n.trace_id = t.id and n.kind = 'tag' and n.key = 'mlflow.traceName'",
    metrics: {
      trace_count: "1",
      latency: "t.duration_ms",
      ...Object.fromEntries(usageKeys.map((key) => [key, `(select sum(s.${key}) from trace_span s where s.trace_id = t.id)`])),
    } as Record<string, string>,
    dimensions: { trace_name: "n.value", trace_status: "t.state" } as Record<string, string>,
  },
  SPANS: {
    from: "trace t join trace_span s on s.trace_id = t.id",
    metrics: { span_count: "1", latency: "(s.end_us - s.start_us) / 1000.0" } as Record<string, string>,
    dimensions: { span_name: "s.name", span_type: "s.type", span_status: "s.status" } as Record<string, string>,
  },
  ASSESSMENTS: {
    from: "trace t join assessment a on a.trace_id = t.id and a.valid = 1",
    metrics: { assessment_count: "1", assessment_value: "a.value" } as Record<string, string>,
    dimensions: { assessment_name: "a.name", assessment_value: "a.value" } as Record<string, string>,
  },
} as const;

const numberOf = (value: unknown): number | undefined => {
  if (typeof value === "number") return value;
  if (value === "true" || value === '"yes"') return 1;
  if (value === "false" || value === '"no"') return 0;
  const number = typeof value === "string" ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
};

function aggregated(values: readonly number[], count: number, one: Aggregation): number | undefined {
  if (one.type === "COUNT") return count;
  if (values.length === 0) return undefined;
  const sum = values.reduce((all, value) => all + value, 0);
  if (one.type === "SUM") return sum;
  if (one.type === "AVG") return sum / values.length;
  const sorted = [...values].sort((a, b) => a - b);
  if (one.type === "MIN") return sorted[0];
  if (one.type === "MAX") return sorted[sorted.length - 1];
  const at = ((one.percentile ?? 50) / 100) * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}
const nameOf = (one: Aggregation): string => (one.type === "PERCENTILE" ? `P${one.percentile ?? 50}` : one.type);

/** Figures over traces, their spans or assessments, by the values of dimensions and by time. */
export async function traceMetrics(database: Database, query: MetricsQuery): Promise<DataPoint[]> {
  const view = views[query.view];
  const metric = view.metrics[query.metric];
  if (metric === undefined) throw wrong("metric_name", query.metric, Object.keys(view.metrics));
  const columns = query.dimensions.map((one) => {
    const column = view.dimensions[one];
    if (column === undefined) throw wrong("dimensions", one, Object.keys(view.dimensions));
    return column;
  });
  const where = [
    whereOf(database.dialect, query.experimentIds, ""),
    ...query.filters.map((one) => whereOf(database.dialect, query.experimentIds, one)),
  ];
  if (query.fromMs !== undefined) where.push({ sql: "t.request_ms >= ?", params: [query.fromMs] });
  if (query.toMs !== undefined) where.push({ sql: "t.request_ms <= ?", params: [query.toMs] });
  const rows = await database.all<Record<string, string | number | null>>(
    `select t.request_ms as at, ${metric} as value${columns.map((column, i) => `, ${column} as d${i}`).join("")} from ${view.from} where ${where.map((one) => one.sql).join(" and ")}`,
    where.flatMap((one) => one.params),
  );
  const groups = new Map<string, { dimensions: Record<string, string>; values: number[]; count: number }>();
  for (const row of rows) {
    const dimensions: Record<string, string> = {};
    if (query.everySeconds !== undefined) {
      const stepMs = query.everySeconds * 1000;
      dimensions["time_bucket"] = new Date(Math.floor(Number(row["at"]) / stepMs) * stepMs).toISOString();
    }
    let whole = true;
    query.dimensions.forEach((name, i) => {
      const value = row[`d${i}`];
      if (value === null || value === undefined) whole = false;
      else dimensions[name] = String(value);
    });
    if (!whole) continue;
    const key = JSON.stringify(dimensions);
    const group = groups.get(key) ?? { dimensions, values: [], count: 0 };
    groups.set(key, group);
    group.count++;
    const number = numberOf(row["value"]);
    if (number !== undefined) group.values.push(number);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({
      dimensions: group.dimensions,
      values: Object.fromEntries(
        query.aggregations.flatMap((one) => {
          const value = aggregated(group.values, group.count, one);
          return value === undefined ? [] : [[nameOf(one), value]];
        }),
      ),
    }));
}

type Counts = { both: number; first: number; second: number; all: number };
/** Normalised pointwise mutual information of two filters, -1 to 1; NaN when it is not defined. `smoothing` is added to each cell. */
export function correlation({ both, first, second, all }: Counts, smoothing: number): number {
  const cells = [both, first - both, second - both, all - first - second + both];
  if (all <= 0 || first === 0 || second === 0 || cells.some((one) => one < 0)) return NaN;
  if (both === 0 && smoothing === 0) return -1;
  if (both === all) return 1;
  const [n11 = 0, n10 = 0, n01 = 0, n00 = 0] = cells.map((one) => one + smoothing);
  const total = n11 + n10 + n01 + n00;
  const mutual = Math.log(n11) + Math.log(total) - Math.log(n11 + n10) - Math.log(n11 + n01);
  return Math.max(-1, Math.min(1, mutual / -(Math.log(n11) - Math.log(total))));
}
