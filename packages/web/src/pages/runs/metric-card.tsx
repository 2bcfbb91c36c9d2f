import { useMemo } from "react";
import { CurveCard } from "./charts/curve-card.tsx";
import type { Drawing } from "./charts/drawing.ts";
import type { Drawn } from "./charts/use-curves.ts";

/** A run's part in a chart. */
export type Source = { run: string; name: string };

/** One chart of metrics that belong together, of one run or of the runs within it; each curve has a colour of its own. */
export function MetricCard({
  project,
  title,
  keys,
  sources,
  startMs,
  drawing,
  live,
  height = 190,
  reference,
}: {
  project: string;
  title: string;
  keys: readonly string[];
  sources: readonly Source[];
  startMs: number;
  drawing: Drawing;
  live: boolean;
  height?: number;
  /** A run that they are held against. */ reference?: string;
}) {
  const runs = useMemo(
    () => [
      ...sources.map(({ run, name }): Drawn => ({ id: run, name, color: "var(--series-1)", startMs, running: live })),
      ...(reference === undefined
        ? []
        : [{ id: reference, name: "the run before", color: "var(--reference)", startMs, running: false, reference: true }]),
    ],
    [sources, startMs, live, reference],
  );
  return (
    <CurveCard
      project={project}
      family={title}
      keys={keys}
      runs={runs}
      drawing={drawing}
      height={height}
      together={`${project} run`}
      coloured="curves"
      again
      onlyCurves
    />
  );
}
