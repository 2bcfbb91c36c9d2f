import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { client, useOperation } from "../../data/api.ts";
import { Ago, seconds, To, who } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import { Outline } from "./outline.tsx";
import { graphOf, type Pipeline, type PipelineRun, runMark, runWord } from "./states.ts";
import { StepHistory, Timeline } from "./timeline.tsx";
import { WhyPanel } from "./why-panel.tsx";

const layouts = [
  ["graph", "Graph"],
  ["time", "Timeline"],
  ["table", "Table"],
] as const;
type Layout = (typeof layouts)[number][0];
const Graph = lazy(() => import("./graph.tsx"));

export function PipelinePage() {
  const { project = "", run } = useParams({ strict: false }) as { project?: string; run?: string };
  const pipeline = useOperation("pipeline.get", { project });
  const shown = run ?? pipeline.data?.running?.run ?? pipeline.data?.last?.run;
  const query = useOperation(
    "pipeline.show",
    { project, run: shown ?? "latest" },
    {
      enabled: shown !== undefined,
      // The newest run takes the place of the one before once it can be shown: what is pressed meanwhile is there.
      keep: (before) => run === undefined && before.project === project,
    },
  );
  return (
    <Answer query={pipeline} head={project}>
      {(data) =>
        shown === undefined ? (
          <>
            <PageHead title={project} tags={<span className="tag">pipeline</span>} />
            <Problems pipeline={data} />
            <Card>
              <Empty title="The pipeline has not run yet" command="capstan run">
                {data.steps.length > 0
                  ? `capstan.yaml declares ${data.steps.length} steps.`
                  : "A capstan.yaml beside the code says what the steps are."}
              </Empty>
            </Card>
          </>
        ) : (
          <Answer query={query} head={project}>
            {(one) => <Page project={project} pipeline={data} run={one} />}
          </Answer>
        )
      }
    </Answer>
  );
}

function Page({ project, pipeline, run }: { project: string; pipeline: Pipeline; run: PipelineRun }) {
  const navigate = useNavigate();
  const asked = (useLocation().search as { layout?: unknown }).layout;
  const layout = layouts.find(([id]) => id === asked)?.[0] ?? "graph";
  const show = (id: Layout): void =>
    void navigate({ to: ".", search: (id === "graph" ? {} : { layout: id }) as never, replace: true, resetScroll: false });
  const problem = pipeline.problems.find((one) => one.severity === "error");
  return (
    <>
      <PageHead
        title={project}
        tags={
          <>
            <span className="tag">pipeline</span>
            <VerdictBadge mark={runMark(run)} text={`Run ${run.number} ${runWord[run.state].toLowerCase()}`} />
          </>
        }
        acts={
          <>
            {run.state === "running" && (
              <Guarded capability="run" act={() => client.call("pipeline.cancel", { project, run: run.run })}>
                Cancel run
              </Guarded>
            )}
            <To href={`/p/${project}/runs/${run.run}`} className="button">
              Open run
            </To>
            <Guarded
              capability="run"
              className="button filled"
              closed={problem?.message ?? (pipeline.running ? `run ${pipeline.running.number} is under way` : null)}
              act={() => client.call("pipeline.run", { project })}
            >
              Run pipeline
            </Guarded>
          </>
        }
      >
        {run.name}, started <Ago time={run.started} told /> by {who(run.by)}, {seconds(run.seconds)}
        {run.message && `: ${run.message}`}.
        {run.because && (
          <>
            {" "}
            Because of <To href={`/p/${project}/record/${run.because}`}>entry {run.because.slice(-6)}</To>.
          </>
        )}
        {run.set.length > 0 && (
          <>
            {" "}
            With{" "}
            {run.set.map((one) => (
              <code key={one} className="digest" style={{ marginRight: 4 }}>
                {one}
              </code>
            ))}
          </>
        )}
      </PageHead>
      <Problems pipeline={pipeline} />
      <div style={{ display: "flex", gap: 16, flexWrap: "wrap", alignItems: "center" }} className="second">
        <span className="verdict">
          <VerdictGlyph mark="pass" label={false} />
          ran {run.ran}
        </span>
        <span className="verdict">
          <VerdictGlyph mark="reused" label={false} />
          reused {run.reused}
        </span>
        {run.failed > 0 && (
          <span className="verdict">
            <VerdictGlyph mark="fail" label={false} />
            failed {run.failed}
          </span>
        )}
        <span>
          of {run.stepsTotal} {run.stepsTotal === 1 ? "step" : "steps"}
        </span>
        {run.savedSeconds > 0 && <span>saved {seconds(run.savedSeconds)} of compute</span>}
        <span className="segments" role="group" aria-label="Shown as" style={{ marginLeft: "auto", order: 1 }}>
          {layouts.map(([id, word]) => (
            <button key={id} type="button" aria-pressed={layout === id} onClick={() => show(id)}>
              {word}
            </button>
          ))}
        </span>
        {run.offered.map((one) => (
          <To key={one.digest} href={`/p/${project}/models/${one.model}${one.version === null ? "" : `/v${one.version}`}`}>
            {one.text}
          </To>
        ))}
      </div>
      <Steps key={run.run} project={project} pipeline={pipeline} run={run} layout={layout} />
    </>
  );
}

/** The steps of one run, and why the one that is chosen ran. */
function Steps({ project, pipeline, run, layout }: { project: string; pipeline: Pipeline; run: PipelineRun; layout: Layout }) {
  const runs = useOperation("pipeline.runs", { project, limit: 50 });
  // The step whose cause is nothing but itself tells most about the run.
  const telling =
    run.steps.find((step) => step.state === "failed") ??
    run.steps.findLast((step) => step.reasons.some((reason) => reason.because.length > 0)) ??
    run.steps.find((step) => step.reasons.some((reason) => reason.root)) ??
    run.steps[0];
  const [chosen, setChosen] = useState<string | null>(telling?.step ?? null);
  const step = run.steps.find((one) => one.step === chosen);
  const { nodes, edges } = graphOf(pipeline, run);
  const needs = new Map(
    [...Map.groupBy(edges, (edge) => edge.to)].map(([to, all]) => [
      to.replace(/^step:/, ""),
      [...new Set(all.map((edge) => edge.from.replace(/^step:/, "")))],
    ]),
  );
  const before = runs.data?.runs.find((one) => one.number < run.number && one.stepsTotal >= run.stepsTotal)?.run ?? null;
  return (
    <div className="grid pipeline-split">
      <div className="grid">
        {layout === "time" ? (
          <>
            <Timeline run={run} chosen={chosen} choose={setChosen} needs={needs} />
            {chosen !== null && <StepHistory project={project} step={chosen} />}
          </>
        ) : (
          <>
            {layout === "graph" && (
              <section className="card pipeline-graph" aria-label="Graph of steps; the table below holds the same" style={{ height: 400 }}>
                <Suspense fallback={<div className="skeleton" style={{ height: "100%" }} />}>
                  <Graph nodes={nodes} edges={edges} chosen={chosen} choose={setChosen} />
                </Suspense>
              </section>
            )}
            <Outline project={project} run={run} chosen={chosen} choose={setChosen} needs={needs} />
          </>
        )}
        <RunList project={project} shown={run.run} query={runs} />
      </div>
      {step ? (
        <WhyPanel key={step.step} project={project} run={run} step={step} before={before} />
      ) : (
        <Card title="Why">
          <p className="second">{chosen === null ? "Choose a step to see why it ran." : `${chosen} was not part of this run.`}</p>
        </Card>
      )}
    </div>
  );
}

const Problems = ({ pipeline }: { pipeline: Pipeline }) =>
  pipeline.problems.length === 0 ? null : (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }} aria-label="Problems of capstan.yaml">
      {pipeline.problems.map((one) => (
        <li
          key={`${one.code} ${one.message}`}
          className="failure"
          style={one.severity === "warn" ? { borderColor: "var(--warn-glyph)", background: "var(--warn-soft)" } : {}}
        >
          <span className="verdict">
            <VerdictGlyph mark={one.severity === "warn" ? "warn" : "error"} />
            <strong>{one.message}</strong>
          </span>
          <span className="second">{one.do}</span>
          <span className="muted mono">
            {one.code}
            {one.where ? ` ${one.where.file}${one.where.line === undefined ? "" : `:${one.where.line}`}` : ""}
          </span>
        </li>
      ))}
    </ul>
  );

function RunList({ project, shown, query }: { project: string; shown: string; query: ReturnType<typeof useOperation<"pipeline.runs">> }) {
  return (
    <Card title="Runs" note="newest first" flush>
      <Answer query={query}>
        {({ runs }) => (
          <div className="scroll" tabIndex={0} role="group" aria-label="Table of pipeline runs">
            <table>
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">Why it began</th>
                  <th scope="col" className="num">
                    Ran
                  </th>
                  <th scope="col" className="num">
                    Reused
                  </th>
                  <th scope="col" className="num">
                    Failed
                  </th>
                  <th scope="col" className="num">
                    Took
                  </th>
                  <th scope="col" className="num">
                    Saved
                  </th>
                  <th scope="col">Started</th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <tr key={run.run} className={run.run === shown ? "selected" : ""}>
                    <th scope="row">
                      <span className="verdict">
                        <VerdictGlyph mark={runMark(run)} />
                        <To href={`/p/${project}/pipelines/${run.run}`}>
                          {run.number} {run.name}
                        </To>
                      </span>
                    </th>
                    <td className="second">{run.message ?? who(run.by)}</td>
                    <td className="num">{run.ran}</td>
                    <td className="num">{run.reused}</td>
                    <td className="num">{run.failed}</td>
                    <td className="num">{seconds(run.seconds)}</td>
                    <td className="num">{run.savedSeconds > 0 ? seconds(run.savedSeconds) : "–"}</td>
                    <td>
                      <Ago time={run.started} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answer>
    </Card>
  );
}
