import { Link } from "@tanstack/react-router";
import { count, seconds, who } from "../../parts/format.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import type { RunDetail } from "./run-detail.ts";
import { kindWord, markOf, statusWord } from "./status.ts";

const when = (time: string): string =>
  new Date(time).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
  });

/** What the run is, and how it came about, in one sentence. */
export function RunHead({ project, run }: { project: string; run: RunDetail }) {
  const base = `/p/${project}`;
  const { progress } = run;
  return (
    <PageHead
      title={run.name}
      tags={
        <>
          <VerdictBadge
            mark={markOf(run)}
            text={
              run.status === "RUNNING" && progress?.total
                ? `Running, ${count(progress.done)} of ${count(progress.total)} ${progress.unit}`
                : statusWord(run)
            }
          />
          <span className="tag">{kindWord[run.kind]}</span>
          <Link to={`${base}/experiments/${run.experiment.id}` as never} className="tag accent">
            {run.experiment.name}
          </Link>
        </>
      }
      acts={
        <>
          {run.parentRun && (
            <Link to={`${base}/compare` as never} search={{ runs: `${run.id},${run.parentRun.id}` } as never} className="button">
              Compare with parent
            </Link>
          )}
          {run.kind === "pipeline" && (
            <Link to={`${base}/pipelines/${run.id}` as never} className="button">
              Open the graph
            </Link>
          )}
        </>
      }
    >
      Started by <strong>{who(run.by)}</strong> on {when(run.started)} UTC
      {run.seconds !== null && `, ${run.ended === null ? "so far" : "took"} ${seconds(run.seconds)}`}
      {run.environment.platform !== null && (
        <>
          {" "}
          on <strong>{run.environment.platform}</strong>
        </>
      )}
      .
      {run.step !== null && (
        <>
          {" "}
          Step <strong>{run.step}</strong>
          {run.parentRun && (
            <>
              {" "}
              of pipeline run <Link to={`${base}/runs/${run.parentRun.id}` as never}>{run.parentRun.name}</Link>
            </>
          )}
          .
        </>
      )}
      {run.step === null && run.parentRun && (
        <>
          {" "}
          Within <Link to={`${base}/runs/${run.parentRun.id}` as never}>{run.parentRun.name}</Link>.
        </>
      )}
      {run.because !== null && (
        <>
          {" "}
          Because of <Link to={`${base}/record/${run.because}` as never}>this entry</Link>.
        </>
      )}
    </PageHead>
  );
}
