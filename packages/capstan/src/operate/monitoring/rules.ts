import { benjaminiHochberg, wilsonInterval } from "@capstan/statistics";
import { type Verdict, worstVerdict } from "@capstan/contract";
import { type Baseline, labelsOf, rowsOf, tilesOf } from "./baseline.ts";
import { boundOf, excessOf } from "./bounds.ts";
import type { BacktestResult, Cell, JudgedWindow, Monitor, SeriesSpec, WindowFacts } from "./model.ts";

/** Changed whenever the same reference could give other bounds: backtests are then made again. */
export const rulesVersion = 1;
/** Levels per series that are tried on the reference, the most watchful first. */
export const levels = [0.05, 0.025, 0.01, 0.005, 0.0025] as const;
/** Chance that a window like the reference's opens any alert, over all of its series together. */
export const familyAlpha = 0.05;
/** What a reference may say of itself: share of alarming cells, and one window in so many with any. */
export const backtestTarget = { alarmShare: 0.05, windowsPerAlarm: 13 } as const;
/** With fewer reference windows bounds are so wide that they say nothing. */
const fewestWindows = 5;
/** A window with fewer rows than this share of the smallest one of the reference is too thin to be compared. */
const thin = 0.5;

export type JudgeOptions = {
  /** Level per series; what the configuration says of one series goes first. */
  readonly alpha: number;
  /** The truth of the window is complete. */
  readonly mature: boolean;
  /** Series that failed in the window before: one of them beyond its own bound goes on failing. */
  readonly failing?: ReadonlySet<string>;
};

/** One window against the reference. A cell beyond its bound warns; it fails when the window as a whole is unusual (false discovery rate over its series), or goes on with what failed before. */
export function judge(baseline: Baseline, series: readonly SeriesSpec[], window: WindowFacts, options: JudgeOptions): JudgedWindow {
  const { reference } = baseline;
  const isReference = reference.windows.includes(window);
  const rows = rowsOf(window);
  const tiles = tilesOf(window);
  const others = reference.windows.filter((one) => one !== window).map(rowsOf);
  const reason =
    others.length < fewestWindows
      ? `the reference has ${others.length} windows, needs ${fewestWindows}`
      : !isReference && rows < thin * Math.min(...others)
        ? `${rows} rows, needs ${Math.ceil(thin * Math.min(...others))}`
        : null;
  const raw = series.map((one) => cellOf(baseline, one, window, tiles, isReference, reason !== null, options));
  const asked = raw.flatMap((cell, i) => (cell.p === null || cell.verdict === "inconclusive" ? [] : [{ i, p: cell.p }]));
  const adjusted = benjaminiHochberg(asked.map((one) => one.p));
  const cells = [...raw];
  asked.forEach(({ i }, at) => {
    const cell = raw[i] as Cell;
    const q = adjusted[at] ?? 1;
    const failing = cell.verdict === "warn" && (q <= familyAlpha || (options.failing?.has(cell.series) ?? false));
    cells[i] = { ...cell, q, verdict: failing ? "fail" : cell.verdict };
  });
  return {
    startMs: window.startMs,
    endMs: window.endMs,
    rows,
    labels: labelsOf(window),
    mature: options.mature,
    verdict: cells.length === 0 ? "skipped" : worstOf(cells),
    cells,
    reason,
  };
}

/** Series that wait for their truth do not make a window inconclusive; a window of which nothing is known is. */
const worstOf = (cells: readonly Cell[]): Verdict => {
  const decided = cells.filter((cell) => cell.verdict !== "inconclusive");
  return decided.length === 0 ? "inconclusive" : worstVerdict(decided.map((cell) => cell.verdict));
};

function cellOf(
  baseline: Baseline,
  series: SeriesSpec,
  window: WindowFacts,
  tiles: readonly number[],
  isReference: boolean,
  undecided: boolean,
  options: JudgeOptions,
): Cell {
  const mature = !series.labels || options.mature;
  const measured = baseline.measure(series, window);
  const nothing: Cell = {
    series: series.id,
    value: measured?.value ?? null,
    bound: null,
    lower: null,
    interval: intervalOf(series, window),
    floor: measured?.floor ?? null,
    p: null,
    q: null,
    excess: 0,
    verdict: "inconclusive",
    mature,
  };
  if (!measured) return nothing;
  const bound = boundOf(
    series.measure,
    measured.value,
    baseline.values(series, tiles, isReference ? window.startMs : undefined),
    series.alpha ?? options.alpha,
  );
  if (!bound) return nothing;
  const rows = series.labels ? labelsOf(window) : rowsOf(window);
  if (undecided || !mature || (series.minRows !== null && rows < series.minRows))
    return { ...nothing, bound: bound.bound, lower: bound.lower };
  const beyond = bound.p <= (series.alpha ?? options.alpha) && (series.effect === null || measured.value >= series.effect);
  return {
    ...nothing,
    bound: bound.bound,
    lower: bound.lower,
    p: bound.p,
    excess: beyond ? excessOf(series.measure, measured.value, bound) : 0,
    verdict: beyond ? "warn" : "pass",
  };
}

function intervalOf(series: SeriesSpec, window: WindowFacts): readonly [number, number] | null {
  if (series.of.kind === "quality") return series.of.metric === "auc" ? (window.quality?.aucInterval ?? null) : null;
  if (series.of.kind !== "label_share") return null;
  const labels = labelsOf(window);
  if (labels === 0) return null;
  const { lower, upper } = wilsonInterval(
    [...window.tiles.values()].reduce((sum, tile) => sum + tile.labelSum, 0),
    labels,
  );
  return [lower, upper];
}

/** What the bounds would have said of each reference window, learned from the others. */
export function backtestAt(baseline: Baseline, monitor: Monitor, series: readonly SeriesSpec[], alpha: number): BacktestResult {
  const judged = baseline.reference.windows.map((window) => judge(baseline, series, window, { alpha, mature: true }));
  const cells = judged.flatMap((window) => window.cells.flatMap((cell) => (cell.p === null ? [] : [{ window, cell }])));
  // Strictly: every cell beyond its own bound counts, although one alone would not open an alert.
  const alarming = cells.filter(({ cell }) => cell.verdict === "warn" || cell.verdict === "fail");
  const weeksWithAlarm = new Set(alarming.map(({ window }) => window.startMs)).size;
  return {
    monitor: monitor.name,
    alpha,
    alarms: alarming.length,
    cells: cells.length,
    weeksWithAlarm,
    weeks: judged.length,
    verdict: backtestVerdict(alarming.length, cells.length, weeksWithAlarm, judged.length),
    alarming: alarming.map(({ window, cell }) => ({
      series: cell.series,
      weekMs: window.startMs,
      value: cell.value ?? 0,
      bound: (cell.lower !== null && (cell.value ?? 0) < cell.lower ? cell.lower : cell.bound) ?? 0,
    })),
  };
}

function backtestVerdict(alarms: number, cells: number, weeksWithAlarm: number, weeks: number): Verdict {
  if (cells === 0) return "inconclusive";
  if (alarms > backtestTarget.alarmShare * cells) return "fail";
  return weeksWithAlarm <= Math.max(1, Math.floor(weeks / backtestTarget.windowsPerAlarm)) ? "pass" : "warn";
}

/** The most watchful level at which the reference itself would have been as quiet as is wanted; the quietest when none is. */
export function backtest(baseline: Baseline, monitor: Monitor, series: readonly SeriesSpec[]): BacktestResult {
  let result: BacktestResult | undefined;
  for (const alpha of levels) {
    result = backtestAt(baseline, monitor, series, alpha);
    if (result.verdict === "pass" || result.verdict === "inconclusive") break;
  }
  return result as BacktestResult;
}

/** `2 of 3`: alerts open when so many of the newest windows failed. */
export function opensAlert(after: string | undefined, newest: readonly Verdict[]): boolean {
  const [count = 1, of = 1] = (after ?? "1 of 1").split(" of ").map(Number);
  const looked = newest.slice(0, Math.max(1, of));
  return looked[0] === "fail" && looked.filter((verdict) => verdict === "fail").length >= count;
}
