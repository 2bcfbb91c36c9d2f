import { type CategoricalProfile, type ColumnProfile, nextBelow, type NumericProfile } from "@capstan/statistics";
import type { Analytics } from "../../build/data/analytics.ts";
import type { TableRow } from "../../build/data/analytics-message.ts";
import { type ColumnKind, type Counting, scoreColumn, type Span, type Tile } from "./model.ts";
import { anchorOf, tileLengthOf } from "./windows.ts";

/** SQL of rows with `at_ms`, `score`, `label` and one column `f0…` per counted column, in the order of `columns`; texts for categories, DOUBLE for the rest. */
export type RowsSql = { readonly sql: string; readonly columns: readonly string[] };
export type CountedWindow = Span & { readonly tiles: Map<number, Tile>; firstMs: number; lastMs: number };

const quantileBins = 50;
const mostCategories = 1000;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const doubles = (values: readonly number[]): string => `[${values.map((value) => text(String(value))).join(", ")}]::DOUBLE[]`;
const finite = (column: string): string => `case when isfinite(${column}) then ${column} end`;

/** Edges from the reference's quantiles, with one bin on either side for what it never held; its most frequent categories. */
export async function countingOf(analytics: Analytics, rows: RowsSql, kinds: Readonly<Record<string, ColumnKind>>): Promise<Counting> {
  const numbers = rows.columns.flatMap((column, i) => (kinds[column] === "number" ? [{ column, sql: finite(`f${i}`) }] : []));
  const shares = Array.from({ length: quantileBins - 1 }, (_, i) => (i + 1) / quantileBins);
  const picked = numbers.flatMap(({ sql }, i) => [
    `quantile_cont(${sql}, ${doubles(shares)}) as q${i}`,
    `min(${sql}) as min${i}`,
    `max(${sql}) as max${i}`,
  ]);
  const score = finite("score");
  const [row] = await analytics.all(
    `select ${[...picked, `quantile_cont(${score}, ${doubles(shares)}) as qs`, `min(${score}) as mins`, `max(${score}) as maxs`].join(", ")} from (${rows.sql})`,
  );
  const edges: Record<string, number[]> = {};
  const edgesAt = (suffix: string | number): number[] => {
    const [low, high, inner] = [row?.[`min${suffix}`], row?.[`max${suffix}`], row?.[`q${suffix}`]];
    if (typeof low !== "number" || typeof high !== "number" || !Array.isArray(inner)) return [];
    const distinct = [...new Set((inner as number[]).map(Number))].filter((edge) => edge < high && edge >= low);
    return [nextBelow(low), ...distinct, high];
  };
  numbers.forEach(({ column }, i) => (edges[column] = edgesAt(i)));
  edges[scoreColumn] = edgesAt("s");
  const categories: Record<string, string[]> = {};
  for (const [i, column] of rows.columns.entries()) {
    if (kinds[column] !== "category") continue;
    const found = await analytics.all<{ value: string }>(
      `select f${i} as value from (${rows.sql}) where f${i} is not null group by 1 order by count(*) desc, 1 limit ${mostCategories}`,
    );
    categories[column] = found.map((one) => one.value);
  }
  return { kinds, edges, categories };
}

/** Everything of the rows by window and tile, in one scan for numbers and one for each column of categories. */
export async function countWindows(analytics: Analytics, rows: RowsSql, counting: Counting, windowMs: number): Promise<CountedWindow[]> {
  const anchor = anchorOf(windowMs);
  const tileMs = tileLengthOf(windowMs);
  const place = `cast(floor((at_ms - ${anchor}) / ${windowMs}) as BIGINT) as w, cast(floor((at_ms - ${anchor}) / ${tileMs}) as BIGINT) as t`;
  const placed = `(select *, ${place} from (${rows.sql}))`;
  const numbers = [
    ...rows.columns.flatMap((column, i) => (counting.kinds[column] === "number" ? [{ column, sql: `f${i}` }] : [])),
    { column: scoreColumn, sql: "score" },
  ];
  const found = await analytics.all(
    `select w, t, count(*) as n, min(at_ms) as first_ms, max(at_ms) as last_ms, sum(score) as score_sum, count(label) as labels, coalesce(sum(label), 0) as label_sum,
      ${numbers.map(({ column, sql }, i) => numberSql(sql, i, counting.edges[column] ?? [])).join(", ")} from ${placed} group by w, t order by w, t`,
  );
  const perWindow = Math.max(1, Math.round(windowMs / tileMs));
  const windows = new Map<number, CountedWindow>();
  const profiles = new Map<string, Record<string, ColumnProfile>>();
  for (const row of found) {
    const w = Number(row["w"]);
    const startMs = w * windowMs + anchor;
    const window = windows.get(w) ?? {
      startMs,
      endMs: startMs + windowMs,
      tiles: new Map(),
      firstMs: Number(row["first_ms"]),
      lastMs: Number(row["last_ms"]),
    };
    windows.set(w, window);
    window.firstMs = Math.min(window.firstMs, Number(row["first_ms"]));
    window.lastMs = Math.max(window.lastMs, Number(row["last_ms"]));
    const of: Record<string, ColumnProfile> = {};
    numbers.forEach(({ column }, i) => (of[column] = numberProfile(row, i, counting.edges[column] ?? [])));
    profiles.set(`${w}/${String(row["t"])}`, of);
    window.tiles.set(tileAt(Number(row["t"]), perWindow), {
      rows: Number(row["n"]),
      profiles: of,
      scoreSum: Number(row["score_sum"] ?? 0),
      labels: Number(row["labels"]),
      labelSum: Number(row["label_sum"]),
    });
  }
  for (const [i, column] of rows.columns.entries()) {
    if (counting.kinds[column] === "category")
      await countCategories(analytics, placed, `f${i}`, column, counting.categories[column] ?? [], profiles);
  }
  return [...windows.values()].sort((a, b) => a.startMs - b.startMs);
}

const tileAt = (t: number, perWindow: number): number => ((t % perWindow) + perWindow) % perWindow;

const numberSql = (column: string, i: number, edges: readonly number[]): string => {
  const x = finite(column);
  const counts = edges.length > 0 ? `map_values(histogram(${x}, ${doubles(edges)}))` : "null";
  return `${counts} as h${i}, count(*) filter (${column} is null or isnan(${column})) as nulls${i}, count(*) filter (isinf(${column})) as inf${i}, avg(${x}) as mean${i}, var_pop(${x}) as var${i}, min(${x}) as min${i}, max(${x}) as max${i}`;
};

function numberProfile(row: TableRow, i: number, edges: readonly number[]): NumericProfile {
  const [n, nulls, infinite] = [Number(row["n"]), Number(row[`nulls${i}`]), Number(row[`inf${i}`])];
  const counted = Array.isArray(row[`h${i}`]) ? (row[`h${i}`] as number[]).map(Number) : [];
  const counts = Array.from({ length: edges.length + 1 }, (_, at) => counted[at] ?? 0);
  if (edges.length === 0) counts[0] = n - nulls - infinite;
  const nullable = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  return {
    kind: "numeric",
    n,
    nulls,
    infinite,
    edges: [...edges],
    counts,
    mean: Number(row[`mean${i}`] ?? 0),
    m2: Number(row[`var${i}`] ?? 0) * (n - nulls - infinite),
    min: nullable(row[`min${i}`]),
    max: nullable(row[`max${i}`]),
  };
}

/** Categories that the reference did not hold are counted together, whatever their number. */
async function countCategories(
  analytics: Analytics,
  placed: string,
  f: string,
  column: string,
  known: readonly string[],
  into: Map<string, Record<string, ColumnProfile>>,
): Promise<void> {
  const list = known.length > 0 ? `case when ${f} in (${known.map(text).join(", ")}) then ${f} end` : "cast(null as VARCHAR)";
  const found = await analytics.all<{ w: number; t: number; value: string | null; n: number; nulls: number }>(
    `select w, t, ${list} as value, count(*) as n, count(*) filter (${f} is null) as nulls from ${placed} group by 1, 2, 3 order by 1, 2, n desc, 3`,
  );
  for (const row of found) {
    const of = into.get(`${row.w}/${row.t}`);
    if (!of) continue;
    const profile = (of[column] ??= { kind: "categorical", n: 0, nulls: 0, counts: [], other: 0 }) as CategoricalProfile;
    profile.n += row.n;
    if (row.value !== null) profile.counts.push([row.value, row.n]);
    else {
      profile.nulls += row.nulls;
      profile.other += row.n - row.nulls;
    }
  }
}
