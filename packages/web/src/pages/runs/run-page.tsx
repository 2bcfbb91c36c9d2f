import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useOperation } from "../../data/api.ts";
import { Answer } from "../../parts/layout.tsx";
import { type Tab, tabOf, Tabs } from "../../parts/tabs.tsx";
import { Following } from "./followed.tsx";
import { hasLog, type RunDetail } from "./run-detail.ts";
import { RunHead } from "./run-head.tsx";
import { LogTab } from "./run-log.tsx";
import { RunOverview } from "./run-overview.tsx";
import { isSystem } from "./system-metrics.ts";
import "./runs.css";
import "./run.css";

const MetricsTab = lazy(async () => ({ default: (await import("./metrics-tab.tsx")).MetricsTab }));
const SystemTab = lazy(async () => ({ default: (await import("./system-tab.tsx")).SystemTab }));
const InputsTab = lazy(async () => ({ default: (await import("./inputs-tab.tsx")).InputsTab }));
const ArtifactsTab = lazy(async () => ({ default: (await import("./artifacts/artifacts-tab.tsx")).ArtifactsTab }));
const CodeTab = lazy(async () => ({ default: (await import("./code-tab.tsx")).CodeTab }));
const ChecksTab = lazy(async () => ({ default: (await import("./checks-tab.tsx")).ChecksTab }));
const TracesTab = lazy(async () => ({ default: (await import("./traces/traces-tab.tsx")).TracesTab }));
const LineageTab = lazy(async () => ({ default: (await import("../../parts/lineage.tsx")).Lineage }));
const RecordTab = lazy(async () => ({ default: (await import("./record-tab.tsx")).RecordTab }));

/** What happened, with what, is it better, can it be repeated. */
export function RunPage() {
  const { project = "", run = "" } = useParams({ strict: false }) as { project?: string; run?: string };
  const query = useOperation("runs.get", { project, run });
  return (
    <Answer query={query} head={`Run ${run.slice(0, 8)}`}>
      {(one) => <Page project={project} run={one} />}
    </Answer>
  );
}

function Page({ project, run }: { project: string; run: RunDetail }) {
  const { tab } = useParams({ strict: false }) as { tab?: string };
  // Most runs have none.
  const traces = useOperation(
    "traces.list",
    { project, run: run.id, limit: 1 },
    { enabled: run.kind === "user" || run.kind === "evaluation" },
  );
  const tabs: Tab[] = [
    { id: "overview", word: "Overview" },
    { id: "metrics", word: "Metrics", count: run.metricFacts.filter((one) => !isSystem(one.key)).length },
    { id: "system", word: "System" },
    { id: "inputs", word: "Inputs and outputs", count: run.inputs.length + run.outputs.length + run.datasets.length + run.models.length },
    { id: "artifacts", word: "Artifacts", count: run.artifacts.files },
    { id: "code", word: "Code and environment" },
    ...(hasLog(run) ? [{ id: "logs", word: "Logs" }] : []),
    { id: "checks", word: "Checks" },
    ...(tab === "traces" || (traces.data?.traces.length ?? 0) > 0 ? [{ id: "traces", word: "Traces" }] : []),
    { id: "lineage", word: "Lineage" },
    { id: "record", word: "Record" },
  ];
  const { chosen, unknown } = tabOf(tabs, tab);
  return (
    <>
      <RunHead project={project} run={run} />
      <Tabs label="Views of this run" base={`/p/${project}/runs/${run.id}`} tabs={tabs} chosen={chosen} />
      {unknown !== undefined && (
        <p role="status" className="second">
          A run has no view “{unknown}”; this is the overview.
        </p>
      )}
      <Following project={project} run={run.id} live={run.status === "RUNNING"}>
        <Suspense fallback={<div className="skeleton" aria-busy="true" />}>
          {chosen === "metrics" ? (
            <MetricsTab project={project} run={run} />
          ) : chosen === "system" ? (
            <SystemTab project={project} run={run} />
          ) : chosen === "inputs" ? (
            <InputsTab project={project} run={run} />
          ) : chosen === "artifacts" ? (
            <ArtifactsTab project={project} run={run} />
          ) : chosen === "code" ? (
            <CodeTab project={project} run={run} />
          ) : chosen === "logs" ? (
            <LogTab project={project} run={run} />
          ) : chosen === "checks" ? (
            <ChecksTab project={project} run={run} />
          ) : chosen === "traces" ? (
            <TracesTab project={project} run={run.id} />
          ) : chosen === "lineage" ? (
            <LineageTab project={project} node={`run:${run.id}`} />
          ) : chosen === "record" ? (
            <RecordTab project={project} run={run} />
          ) : (
            <RunOverview project={project} run={run} />
          )}
        </Suspense>
      </Following>
    </>
  );
}
