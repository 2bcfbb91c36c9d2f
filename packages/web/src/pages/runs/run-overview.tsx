import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { bytes, count, number, seconds } from "../../parts/format.tsx";
import { Facts } from "../../parts/layout.tsx";
import { TableCard } from "../../parts/table-card.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { type Baseline, useBaseline } from "./baseline.ts";
import { differenceOf } from "./differences.ts";
import { FirstError } from "./first-error.tsx";
import { NoteCard } from "./note-card.tsx";
import { RunCurves } from "./run-curves.tsx";
import { LogCard } from "./run-log.tsx";
import { hasLog, type RunDetail } from "./run-detail.ts";
import { RunSide } from "./run-side.tsx";
import { markOf } from "./status.ts";
import { isSystem } from "./system-metrics.ts";

const factsAtMost = 6;
const chartsAtMost = 4;

type Fact = { label: string; value: ReactNode; small: ReactNode };

function factsOf(run: RunDetail, baseline: Baseline | undefined): Fact[] {
  const { resources } = run;
  const rest: (Fact | false)[] = [
    resources.cpuSeconds !== null && {
      label: "CPU time",
      value: seconds(resources.cpuSeconds),
      small: `${seconds(resources.wallSeconds)} on the wall`,
    },
    resources.peakBytes !== null && { label: "Peak memory", value: bytes(resources.peakBytes), small: run.environment.platform ?? "" },
    resources.waitSeconds !== null && { label: "Waited", value: seconds(resources.waitSeconds), small: "before it ran" },
  ];
  const resourceFacts = rest.filter((one) => one !== false).slice(0, 2);
  const metrics = run.metricFacts
    .filter((one) => !isSystem(one.key))
    .slice(0, factsAtMost - resourceFacts.length)
    .map((one) => ({
      label: one.key,
      value: number(one.last),
      small: against(one, baseline),
    }));
  return [...metrics, ...resourceFacts];
}

/** What changed against the baseline; without one, how much was logged. */
function against(one: RunDetail["metricFacts"][number], baseline: Baseline | undefined): ReactNode {
  const difference = differenceOf(one.last, baseline?.metrics[one.key]);
  if (baseline && difference !== undefined) return `${difference > 0 ? "+" : ""}${number(difference)} vs the run before`;
  if (baseline && baseline.metrics[one.key] === one.last) return "as the run before";
  return one.points > 1 ? `${count(one.points)} points, least ${number(one.min)}` : "last value";
}

/** The figures, the first curves, what went wrong, and beside them what decided the result. */
export function RunOverview({ project, run }: { project: string; run: RunDetail }) {
  const baseline = useBaseline(project, run);
  const facts = factsOf(run, baseline);
  return (
    <div className="run-grid">
      <div className="grid">
        {facts.length > 0 && <Facts facts={facts} />}
        {run.status === "FAILED" && hasLog(run) && <FirstError project={project} run={run} />}
        <RunCurves project={project} run={run} atMost={chartsAtMost} {...(baseline && { reference: baseline.id })} />
        <Children project={project} run={run} />
        {hasLog(run) && <LogCard project={project} run={run} />}
        <NoteCard project={project} run={run} />
      </div>
      <RunSide project={project} run={run} baseline={baseline} />
    </div>
  );
}

function Children({ project, run }: { project: string; run: RunDetail }) {
  if (run.children.length === 0) return null;
  return (
    <TableCard title="Runs within" note={run.children.length} head={["Run", "Kind", { text: "Took", num: true }]}>
      {run.children.map((one) => (
        <tr key={one.id}>
          <td>
            <span className="verdict">
              <VerdictBadge mark={markOf(one)} />
              <Link to={`/p/${project}/runs/${one.id}` as never}>{one.name}</Link>
            </span>
          </td>
          <td>
            {one.kind}
            {one.step !== null && ` ${one.step}`}
          </td>
          <td className="num muted">{seconds(one.seconds)}</td>
        </tr>
      ))}
    </TableCard>
  );
}
