import { auc, aucInterval, brier, ece, logLoss } from "@capstan/statistics";
import type { Analytics } from "../../build/data/analytics.ts";
import type { RowsSql } from "./counting.ts";
import type { Quality } from "./model.ts";
import { anchorOf } from "./windows.ts";

/** Below this many rows with both kinds of truth no quality is computed. */
const fewest = 50;

/** Realised quality by start of window, from rows whose truth is known. */
export async function qualityByWindow(analytics: Analytics, rows: RowsSql, windowMs: number): Promise<Map<number, Quality>> {
  const anchor = anchorOf(windowMs);
  const { columns, rows: count } = await analytics.columns(
    `select cast(floor((at_ms - ${anchor}) / ${windowMs}) as BIGINT) as w, cast(score as DOUBLE) as score, cast(label as DOUBLE) as label from (${rows.sql}) where label in (0, 1) and isfinite(score) order by w`,
  );
  const [w, score, label] = [columns["w"], columns["score"], columns["label"]] as (Float64Array | undefined)[];
  const found = new Map<number, Quality>();
  if (!w || !score || !label) return found;
  for (let start = 0; start < count;) {
    let end = start;
    while (end < count && w[end] === w[start]) end++;
    found.set(Number(w[start]) * windowMs + anchor, qualityOf(label.subarray(start, end), score.subarray(start, end)));
    start = end;
  }
  return found;
}

export function qualityOf(labels: Float64Array, scores: Float64Array): Quality {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (positives < fewest || labels.length - positives < fewest)
    return { rows: labels.length, auc: null, ece: null, brier: null, log_loss: null, aucInterval: null };
  const share = scores.every((score) => score >= 0 && score <= 1);
  const interval = aucInterval(labels, scores);
  return {
    rows: labels.length,
    auc: auc(labels, scores),
    ece: share ? ece(labels, scores) : null,
    brier: share ? brier(labels, scores) : null,
    log_loss: share ? logLoss(labels, scores) : null,
    aucInterval: [interval.lower, interval.upper],
  };
}
