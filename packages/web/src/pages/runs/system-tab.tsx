import { useMemo } from "react";
import { bytes, seconds } from "../../parts/format.tsx";
import { Card, Empty, Facts } from "../../parts/layout.tsx";
import { type Drawing, plain } from "./charts/drawing.ts";
import { MetricCard } from "./metric-card.tsx";
import { Near } from "./near.tsx";
import type { RunDetail } from "./run-detail.ts";
import { isSystem, systemName, systemOrder } from "./system-metrics.ts";

const overTime: Drawing = { ...plain, axis: "elapsed" };

/** What the run took of its machine: totals, and what was measured over time, whoever logged it. */
export function SystemTab({ project, run }: { project: string; run: RunDetail }) {
  const { resources } = run;
  const keys = run.metricFacts
    .map((one) => one.key)
    .filter(isSystem)
    .toSorted((a, b) => systemOrder(a) - systemOrder(b) || a.localeCompare(b));
  const sources = useMemo(() => [{ run: run.id, name: run.name }], [run.id, run.name]);
  const facts = [
    {
      label: "Wall time",
      value: resources.wallSeconds ?? run.seconds,
      text: seconds,
      small: run.ended === null ? "so far" : "start to end",
    },
    { label: "CPU time", value: resources.cpuSeconds, text: seconds, small: "of all its processes" },
    { label: "GPU time", value: resources.gpuSeconds, text: seconds, small: "of all its devices" },
    { label: "Waited", value: resources.waitSeconds, text: seconds, small: "before it ran" },
    { label: "Peak memory", value: resources.peakBytes, text: bytes, small: "of all its processes" },
    { label: "Read", value: resources.readBytes, text: bytes, small: "from disk" },
    { label: "Written", value: resources.writtenBytes, text: bytes, small: "to disk" },
  ];
  const known = facts.filter((one) => one.value !== null);
  const missing = facts.filter((one) => one.value === null).map((one) => one.label.toLowerCase());
  return (
    <>
      <Facts facts={known.map(({ label, value, text, small }) => ({ label, value: text(value), small }))} />
      {missing.length > 0 && <p className="second">Not measured: {missing.join(", ")}.</p>}
      {keys.length === 0 ? (
        <Card>
          <Empty title="Nothing was measured over time" command="mlflow.enable_system_metrics_logging()">
            A client that logs its machine beside its own metrics is shown here.
          </Empty>
        </Card>
      ) : (
        <div className="grid halves">
          {keys.map((key) => {
            const { name, unit } = systemName(key);
            return (
              <Near key={key} height={240}>
                <MetricCard
                  project={project}
                  title={unit === "" ? name : `${name}, ${unit}`}
                  keys={[key]}
                  sources={sources}
                  startMs={Date.parse(run.started)}
                  drawing={overTime}
                  live={run.status === "RUNNING"}
                  height={150}
                />
              </Near>
            );
          })}
        </div>
      )}
    </>
  );
}
