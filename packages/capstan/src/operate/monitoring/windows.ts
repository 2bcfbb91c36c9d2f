import type { Span } from "./model.ts";

const day = 86_400_000;
const week = 7 * day;
/** 1970-01-05, a Monday: windows of whole weeks begin on Mondays, those of whole days at midnight UTC. */
const monday = 4 * day;

/** Where windows of this length begin: the same for reference and live rows, and independent of both. */
export const anchorOf = (windowMs: number): number => (windowMs % week === 0 ? monday : 0);

export function spanAt(ms: number, windowMs: number): Span {
  const anchor = anchorOf(windowMs);
  const startMs = Math.floor((ms - anchor) / windowMs) * windowMs + anchor;
  return { startMs, endMs: startMs + windowMs };
}

/** Windows that hold rows between two moments and have ended at `untilMs`. */
export function closedSpans(firstMs: number, untilMs: number, windowMs: number): Span[] {
  const spans: Span[] = [];
  for (let span = spanAt(firstMs, windowMs); span.endMs <= untilMs; span = { startMs: span.endMs, endMs: span.endMs + windowMs })
    spans.push(span);
  return spans;
}

/** Length of the parts by which incomplete windows are matched: days of weeks, hours of days, otherwise the whole. */
export function tileLengthOf(windowMs: number): number {
  if (windowMs > day && windowMs % day === 0) return day;
  if (windowMs === day) return 3_600_000;
  return windowMs;
}
