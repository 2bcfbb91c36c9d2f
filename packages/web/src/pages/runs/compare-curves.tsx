import { useMemo } from "react";
import { useOperation, type Output } from "../../data/api.ts";
import { CurveCard } from "./charts/curve-card.tsx";
import type { Drawn } from "./charts/use-curves.ts";
import { useDrawing } from "./charts/drawing.ts";
import { DrawingBar } from "./charts/drawing-bar.tsx";
import { familyOf } from "./family.ts";
import { Near } from "./near.tsx";
import { hue } from "./status.ts";

type Run = Output<"runs.compare">["runs"][number];

/** Curves of the compared runs, drawn as on the table of runs; a metric that nobody logged more than twice is no curve. */
export default function CompareCurves({ project, runs }: { project: string; runs: readonly Run[] }) {
  const { drawing, choose } = useDrawing();
  const details = useOperation("runs.names", { project, limit: 2000 });
  const drawn = useMemo(
    () =>
      runs.map((run, i): Drawn => ({
        id: run.id,
        name: run.name,
        color: hue(i),
        startMs: Date.parse(run.started),
        running: run.status === "RUNNING",
      })),
    [runs],
  );
  const families = useMemo(() => {
    const single = new Set(
      (details.data?.names ?? []).filter((one) => one.key.startsWith("metrics.") && one.points <= 2).map((one) => one.key.slice(8)),
    );
    const keys = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].filter(
      (key) => !single.has(key) && !key.startsWith("system/"),
    );
    return [...Map.groupBy(keys, familyOf)];
  }, [runs, details.data]);
  if (families.length === 0 || details.data === undefined) return null;
  return (
    <section className="charts-panel wide" aria-label="Curves">
      <DrawingBar drawing={drawing} choose={choose} />
      <div className="chart-grid">
        {families.map(([family, keys]) => (
          <Near key={family} height={290}>
            <CurveCard project={project} family={family} keys={keys} runs={drawn} drawing={drawing} together="compare" />
          </Near>
        ))}
      </div>
    </section>
  );
}
