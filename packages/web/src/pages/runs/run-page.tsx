import { Link, useParams } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { bytes, count, number, seconds, who } from "../../parts/format.tsx";
import { Answer, Facts, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { Artifacts } from "./artifacts.tsx";
import { RunCurves } from "./run-curves.tsx";
import { RunLog } from "./run-log.tsx";
import { RunMetrics } from "./run-metrics.tsx";
import { RunSide } from "./run-side.tsx";
import { kindWord, markOf, statusWord } from "./status.ts";
import "./runs.css";

export type RunDetail = Output<"runs.get">;
const factsAtMost = 5;

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
  const base = `/p/${project}`;
  const started = new Date(run.started).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
  });
  const rest = [
    run.resources.cpuSeconds !== null && {
      label: "CPU time",
      value: seconds(run.resources.cpuSeconds),
      small: `${seconds(run.resources.wallSeconds)} on the wall`,
    },
    run.resources.peakBytes !== null && {
      label: "Peak memory",
      value: bytes(run.resources.peakBytes),
      small: run.environment.platform ?? "",
    },
  ].filter((one) => one !== false);
  const facts = [
    ...Object.entries(run.metrics)
      .slice(0, factsAtMost - Math.min(rest.length, 2) + 1)
      .map(([key, value]) => ({
        label: key,
        value: number(value),
        small: run.metricFacts.find((fact) => fact.key === key && fact.points > 1)
          ? `${count(run.metricFacts.find((fact) => fact.key === key)?.points ?? 0)} points`
          : "last value",
      })),
    ...rest,
  ];
  return (
    <>
      <PageHead
        title={run.name}
        tags={
          <>
            <VerdictBadge
              mark={markOf(run)}
              text={
                run.status === "RUNNING" && run.progress?.total
                  ? `Running, ${count(run.progress.done)} of ${count(run.progress.total)} ${run.progress.unit}`
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
        Started by <strong>{who(run.by)}</strong> on {started} UTC
        {run.seconds !== null && (
          <>
            , {run.ended === null ? "so far" : "took"} {seconds(run.seconds)}
          </>
        )}
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
      {facts.length > 0 && <Facts facts={facts} />}
      <div className="run-grid">
        <div className="grid">
          <RunCurves project={project} run={run} />
          <RunMetrics run={run} />
          <Children project={project} run={run} />
          <Artifacts project={project} run={run} />
          {(run.kind === "step" || run.kind === "pipeline") && run.step !== null && <RunLog project={project} run={run} />}
        </div>
        <RunSide project={project} run={run} />
      </div>
    </>
  );
}

function Children({ project, run }: { project: string; run: RunDetail }) {
  if (run.children.length === 0) return null;
  return (
    <section className="card" aria-labelledby="children">
      <header>
        <h2 id="children">Runs within</h2>
        <span className="note">{run.children.length}</span>
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Kind</th>
            <th scope="col" className="num">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
    </section>
  );
}
