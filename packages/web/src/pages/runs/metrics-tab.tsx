import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Card, Empty } from "../../parts/layout.tsx";
import { axes, type Axis, axisWord } from "./curve-x.ts";
import { RunCurves } from "./run-curves.tsx";
import { RunMetrics } from "./run-metrics.tsx";
import type { RunDetail } from "./run-detail.ts";
import { isSystem } from "./system-metrics.ts";

type Search = { x?: unknown; smooth?: unknown; log?: unknown };

/** Every curve over the axis that is chosen, and every metric in one table. */
export function MetricsTab({ project, run }: { project: string; run: RunDetail }) {
  const asked = useLocation().search as Search;
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const axis: Axis = axes.find((one) => one === asked.x) ?? "step";
  const smooth = Math.min(0.99, Math.max(0, Number(asked.smooth) || 0));
  const log = asked.log === 1;
  const choose = (more: Search): void =>
    void navigate({ to: ".", search: ((old: Search) => ({ ...old, ...more })) as never, replace: true, resetScroll: false });
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
      <div className="chart-bar">
        <input
          className="field"
          aria-label="Metrics whose name holds"
          placeholder="metrics whose name holds …"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <span className="segments" role="group" aria-label="Over">
          {axes.map((one) => (
            <button key={one} type="button" aria-pressed={axis === one} onClick={() => choose({ x: one === "step" ? undefined : one })}>
              {axisWord[one]}
            </button>
          ))}
        </span>
        <label className="check">
          <input type="checkbox" checked={log} onChange={(event) => choose({ log: event.target.checked ? 1 : undefined })} />
          <span>log y</span>
        </label>
        <label className="smooth">
          <span className="second">smoothing {smooth === 0 ? "off" : smooth}</span>
          <input
            type="range"
            min={0}
            max={0.99}
            step={0.01}
            value={smooth}
            onChange={(event) => choose({ smooth: Number(event.target.value) === 0 ? undefined : Number(event.target.value) })}
          />
        </label>
      </div>
      <RunCurves project={project} run={run} drawing={{ axis, log, smooth }} only={fits} />
      <RunMetrics facts={facts.filter((one) => fits(one.key))} total={facts.length} />
    </>
  );
}
