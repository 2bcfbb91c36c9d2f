import type { Analytics } from "../../build/data/analytics.ts";
import { countingOf, countWindows, type RowsSql } from "./counting.ts";
import type { ColumnKind, Counting, Monitor, Reference, WindowFacts } from "./model.ts";
import { qualityByWindow } from "./quality.ts";
import { hasColumn, liveSql, type LiveRows, referenceSql, versionsByWindow } from "./rows.ts";

/** The reference, counted by the same windows as live rows are. */
export async function loadReference(
  analytics: Analytics,
  monitor: Monitor,
  rows: { paths: readonly string[]; digest: string; name: string },
  kinds: Readonly<Record<string, ColumnKind>>,
): Promise<Reference> {
  const labelled = await hasColumn(analytics, rows.paths, monitor.columns.label);
  const sql = referenceSql(rows.paths, monitor.columns, kinds, labelled);
  const counting = await countingOf(analytics, sql, kinds);
  return {
    name: rows.name,
    digest: rows.digest,
    counting,
    windows: await loadWindows(analytics, sql, counting, monitor.windowMs, labelled),
  };
}

export async function loadLive(analytics: Analytics, live: LiveRows, counting: Counting): Promise<WindowFacts[]> {
  const sql = liveSql(live);
  const [windows, versions] = await Promise.all([
    loadWindows(analytics, sql, counting, live.windowMs, live.labels !== null),
    versionsByWindow(analytics, sql, live.windowMs),
  ]);
  return windows.map((window) => ({ ...window, versions: versions.get(window.startMs) ?? {} }));
}

async function loadWindows(
  analytics: Analytics,
  rows: RowsSql,
  counting: Counting,
  windowMs: number,
  labelled: boolean,
): Promise<WindowFacts[]> {
  const [counted, quality] = await Promise.all([
    countWindows(analytics, rows, counting, windowMs),
    labelled ? qualityByWindow(analytics, rows, windowMs) : new Map(),
  ]);
  return counted.map((window) => ({ ...window, quality: quality.get(window.startMs) ?? null, versions: {} }));
}
