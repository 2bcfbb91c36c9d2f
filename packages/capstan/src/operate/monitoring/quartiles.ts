import type { Quartiles } from "@capstan/statistics";
import type { Analytics } from "../../build/data/analytics.ts";
import { referenceSql, type LiveRows, liveSql } from "./rows.ts";
import type { ColumnKind, ReferenceColumns, Span } from "./model.ts";

/** Exact quartiles of columns of numbers, of the reference and of one window: bins are too coarse to tell a unit by. */
export async function quartilesOf(
  analytics: Analytics,
  columns: readonly string[],
  reference: { paths: readonly string[]; columns: ReferenceColumns; kinds: Readonly<Record<string, ColumnKind>> },
  live: LiveRows,
  span: Span,
): Promise<Map<string, { reference: Quartiles; current: Quartiles }>> {
  const kinds = Object.fromEntries(columns.map((column) => [column, "number" as const]));
  const picked = columns.map((_, i) => `quantile_cont(case when isfinite(f${i}) then f${i} end, [0.25, 0.5, 0.75]) as q${i}`).join(", ");
  const before = referenceSql(reference.paths, reference.columns, kinds, false);
  const now = liveSql({ ...live, kinds, spans: [span], labels: null });
  const [[a], [b]] = await Promise.all([
    analytics.all(`select ${picked} from (${before.sql})`),
    analytics.all(`select ${picked} from (${now.sql})`),
  ]);
  const found = new Map<string, { reference: Quartiles; current: Quartiles }>();
  columns.forEach((column, i) => {
    const [left, right] = [toQuartiles(a?.[`q${i}`]), toQuartiles(b?.[`q${i}`])];
    if (left && right) found.set(column, { reference: left, current: right });
  });
  return found;
}

function toQuartiles(value: unknown): Quartiles | undefined {
  const [q25, median, q75] = Array.isArray(value) ? value.map(Number) : [];
  return q25 === undefined || median === undefined || q75 === undefined ? undefined : { q25, median, q75 };
}
