import type { Output } from "../../../data/api.ts";
import { firstColumns } from "../../../data/newest-runs.ts";
import { statisticOf, withoutStatistic } from "./statistic.ts";

export type Named = Output<"runs.names">["names"][number];
export type TableColumn = { key: string; name: string; note: string; numeric: boolean; width: number };

const attributeColumns: Readonly<Record<string, { name: string; numeric: boolean; width: number }>> = {
  started: { name: "Started", numeric: true, width: 84 },
  seconds: { name: "Took", numeric: true, width: 86 },
  status: { name: "Status", numeric: false, width: 96 },
  kind: { name: "Kind", numeric: false, width: 90 },
  step: { name: "Step", numeric: false, width: 110 },
  user: { name: "By", numeric: false, width: 110 },
  verdict: { name: "Verdict", numeric: false, width: 90 },
  ended: { name: "Ended", numeric: true, width: 84 },
  id: { name: "Id", numeric: false, width: 96 },
};
export const attributeKeys = Object.keys(attributeColumns);
const most = { metrics: 3, params: 6 };

/** The main metric, two more, the params that vary (the same value under two names once), when and how long. */
export function defaultColumns(names: readonly Named[]): readonly string[] {
  const metrics = names
    .filter((one) => one.key.startsWith("metrics.") && !one.key.startsWith("metrics.system/"))
    .toSorted((a, b) => Number(a.key.includes("/")) - Number(b.key.includes("/")))
    .slice(0, most.metrics);
  const params = names.filter((one) => one.key.startsWith("params.") && one.varies);
  const bare = new Set(params.map((one) => one.key.split(".").at(-1)));
  const shown = params.filter((one) => {
    const parts = one.key.split(".");
    return parts.length === 2 ? bare.has(parts[1]) : !params.some((other) => other.key === `params.${parts.at(-1)}`);
  });
  return [...metrics.map((one) => one.key), ...shown.slice(0, most.params).map((one) => one.key), ...firstColumns];
}

export const widthLimits = { least: 48, most: 600 };
/** Columns in the widths that a view chose. */
export function widened(columns: readonly TableColumn[], chosen: readonly string[] | undefined): readonly TableColumn[] {
  if (!chosen) return columns;
  const widths = new Map(chosen.map((one) => [one.slice(0, one.lastIndexOf(":")), Number(one.slice(one.lastIndexOf(":") + 1))]));
  return columns.map((column) => {
    const width = widths.get(column.key);
    return width ? { ...column, width: Math.round(Math.min(widthLimits.most, Math.max(widthLimits.least, width))) } : column;
  });
}
/** The widths of a view with another one of a column; without a number, with its usual one. */
export const withWidth = (
  chosen: readonly string[] | undefined,
  key: string,
  pixels: number | undefined,
): readonly string[] | undefined => {
  const others = (chosen ?? []).filter((one) => one.slice(0, one.lastIndexOf(":")) !== key);
  const next = pixels === undefined ? others : [...others, `${key}:${Math.round(pixels)}`];
  return next.length === 0 ? undefined : next;
};

/** A column among others, some places further or before. */
export function moved(keys: readonly string[], key: string, by: number): readonly string[] {
  const from = keys.indexOf(key);
  const to = from + by;
  return from < 0 || to < 0 || to >= keys.length ? keys : keys.toSpliced(from, 1).toSpliced(to, 0, key);
}
/** The other direction of an order; of another column, first the greatest. */
export const turnedSort = (sort: string, key: string): string => (sort === `-${key}` ? key : `-${key}`);

/** What a person does to the columns is a function of those that stand by then: what is pressed twice counts twice. */
export type ColumnActs = {
  sort: (key: string) => void;
  /** Undefined: the page's own choice. */ choose: (change: (keys: readonly string[]) => readonly string[] | undefined) => void;
  /** Undefined: as wide as usual. */ widen: (key: string, change: (pixels: number) => number | undefined) => void;
};

/** The columns of a table, by which of them it is in order, and what can be done to them. */
export type Columns = { shown: readonly TableColumn[]; sort: string; acts: ColumnActs };

/** How a column is headed and how wide it is. `numeric` of a param is what the names say. */
export function columnOf(key: string, names: ReadonlyMap<string, Named>): TableColumn {
  const known = attributeColumns[key];
  if (known) return { key, note: "", ...known };
  const entity = key.slice(0, key.indexOf("."));
  const note = statisticOf(key);
  const name = withoutStatistic(key).slice(entity.length + 1) || key;
  const numeric = entity === "metrics" || (names.get(key)?.numeric ?? false);
  return {
    key,
    name,
    note,
    numeric,
    width: Math.round(Math.min(190, Math.max(numeric ? 84 : 92, 26 + name.length * 7 + note.length * 7))),
  };
}

/** Colour of a run that is drawn, by its place among the drawn; the ninth and later share grey. */
export const colorOf = (id: string, drawn: readonly string[]): string | null => {
  const at = drawn.indexOf(id);
  return at < 0 ? null : at < 8 ? `var(--series-${at + 1})` : "var(--reference)";
};
