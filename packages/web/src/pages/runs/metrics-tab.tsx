import { useState } from "react";
import { Card, Empty } from "../../parts/layout.tsx";
import { useDrawing } from "./charts/drawing.ts";
import { DrawingBar } from "./charts/drawing-bar.tsx";
import { RunCurves } from "./run-curves.tsx";
import { RunMetrics } from "./run-metrics.tsx";
import type { RunDetail } from "./run-detail.ts";
import { isSystem } from "./system-metrics.ts";

/** Every curve over the axis that is chosen, and every metric in one table. */
export function MetricsTab({ project, run }: { project: string; run: RunDetail }) {
  const { drawing, choose } = useDrawing();
  const [words, setWords] = useState("");
  const facts = run.metricFacts.filter((one) => !isSystem(one.key));
  const fits = (key: string): boolean => key.toLowerCase().includes(words.trim().toLowerCase());
  if (facts.length === 0 && run.children.length === 0)
    return (
      <Card>
        <Empty title="No metric" command='mlflow.log_metric("loss", 0.3, step=1)'>
          Curves and last values stand here as the run logs them.
        </Empty>
      </Card>
    );
  return (
    <>
      <DrawingBar drawing={drawing} choose={choose}>
        <label className="inline-field">
          <span>Metric</span>
          <input
            className="field"
            aria-label="Metrics whose name holds"
            placeholder="part of a name"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
      </DrawingBar>
      <RunCurves project={project} run={run} drawing={drawing} only={fits} />
      <RunMetrics facts={facts.filter((one) => fits(one.key))} total={facts.length} />
    </>
  );
}
