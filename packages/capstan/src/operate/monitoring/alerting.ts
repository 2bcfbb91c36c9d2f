import { type Baseline, labelsOf, tilesOf } from "./baseline.ts";
import { boundOf } from "./bounds.ts";
import {
  type Alert,
  type AlertDraft,
  type Cause,
  type JudgedWindow,
  type Monitor,
  qualityMetrics,
  type SeriesSpec,
  type WindowFacts,
} from "./model.ts";
import { dayOf, number } from "./words.ts";

type AlertFacts = {
  monitor: Monitor;
  baseline: Baseline;
  specs: readonly SeriesSpec[];
  judged: JudgedWindow;
  window: WindowFacts;
  causes: readonly Cause[];
  evidence: string;
  alpha: number;
  known: readonly Alert[];
  firstNumber: number;
  nowMs: number;
  newEntryId: () => string;
};
const leastSeverity = 4;
const declaredSeverity = 3;

/** One alert for each cause that explains failing series nothing better explains; none for a window and cause that has its alert. */
export function alertsOf(facts: AlertFacts): AlertDraft[] {
  const { monitor, judged, causes, known } = facts;
  const taken = new Set<string>();
  const own: { cause: Cause; series: string[] }[] = [];
  for (const cause of causes) {
    const series = cause.explains.filter((one) => !taken.has(one));
    if (series.length === 0) continue;
    for (const one of series) taken.add(one);
    own.push({ cause, series });
  }
  const harmless = harmOf(facts);
  const severity = Math.min(leastSeverity, (monitor.config.alert?.severity ?? declaredSeverity) + (harmless === true ? 1 : 0));
  let next = facts.firstNumber;
  return own.flatMap(({ cause, series }) => {
    const cluster = `${cause.kind}:${cause.about}`;
    if (known.some((alert) => alert.startMs === judged.startMs && alert.cluster === cluster)) return [];
    return [
      {
        project: monitor.project,
        number: next++,
        monitor: monitor.name,
        route: monitor.route,
        model: monitor.model,
        cluster,
        kind: cause.kind,
        title: cause.title,
        detail: detailOf(facts, series, cause),
        series,
        causes: [cause, ...causes.filter((other) => other !== cause)],
        startMs: judged.startMs,
        endMs: judged.endMs,
        harmless,
        severity,
        evidence: facts.evidence,
        entryId: facts.newEntryId(),
        openedMs: facts.nowMs,
      },
    ];
  });
}

function detailOf({ judged, specs }: AlertFacts, series: readonly string[], cause: Cause): string {
  const said = series.slice(0, 3).flatMap((id) => {
    const cell = judged.cells.find((one) => one.series === id);
    if (!cell || cell.value === null) return [];
    const low = cell.lower !== null && cell.value < cell.lower;
    return [
      `${specs.find((one) => one.id === id)?.name ?? id} ${number(cell.value)} ${low || (cell.bound !== null && cell.value < cell.bound) ? "<" : ">"} ${number((low ? cell.lower : cell.bound) ?? 0)}`,
    ];
  });
  const more = series.length > 3 ? ` and ${series.length - 3} more` : "";
  return `${dayOf(judged.startMs)} to ${dayOf(judged.endMs)}: ${said.join(", ")}${more}. ${cause.evidence}`;
}

/** True when all that is known of the realised quality of the window lies inside its own bounds: nobody was served worse. Null while the truth is still to come. */
function harmOf({ baseline, window, judged, alpha }: AlertFacts): boolean | null {
  if (!judged.mature || labelsOf(window) === 0) return null;
  const inside = qualityMetrics.flatMap((metric) => {
    if (metric !== "auc" && metric !== "ece") return [];
    const spec: SeriesSpec = {
      id: "",
      name: metric,
      group: "realised",
      unit: metric,
      measure: metric === "auc" ? "lower" : "upper",
      of: { kind: "quality", metric },
      labels: true,
      method: "psi",
      alpha: null,
      effect: null,
      minRows: null,
    };
    const measured = baseline.measure(spec, window);
    const bound = measured && boundOf(spec.measure, measured.value, baseline.values(spec, tilesOf(window)), alpha);
    return bound ? [bound.p > alpha] : [];
  });
  return inside.length === 0 ? null : inside.every(Boolean);
}
