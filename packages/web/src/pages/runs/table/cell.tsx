import { Ago, number, seconds } from "../../../parts/format.tsx";
import type { TableColumn } from "./columns.ts";

export type Value = number | string | null;

/** One value as its column says it. */
export function Cell({ column, value }: { column: TableColumn; value: Value | undefined }) {
  if (value === null || value === undefined) return <span className="muted">·</span>;
  if (column.key === "started" || column.key === "ended") return <Ago time={new Date(Number(value)).toISOString()} />;
  if (column.key === "seconds") return <>{seconds(Number(value))}</>;
  if (column.key === "id") return <code>{String(value).slice(0, 8)}</code>;
  if (column.numeric && typeof value === "string" && value !== "" && Number.isFinite(Number(value))) return <>{number(Number(value))}</>;
  return <>{typeof value === "number" ? number(value) : value}</>;
}
