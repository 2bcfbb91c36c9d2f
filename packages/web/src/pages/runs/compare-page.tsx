import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { type Kind, Section } from "./compare-section.tsx";
import "./runs.css";
import { CompareArtifacts } from "./compare-artifacts.tsx";
import { hue, kindWord, markOf } from "./status.ts";

// What draws curves is fetched behind the differences.
const CompareCurves = lazy(() => import("./compare-curves.tsx"));

const sections = [
  ["metrics", "Metrics"],
  ["params", "Parameters"],
  ["inputs", "Inputs"],
  ["environment", "Code and environment"],
  ["resources", "Resources"],
] as const satisfies readonly (readonly [Kind, string])[];

export function ComparePage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  const { runs: run } = useSearch({ strict: false }) as { runs?: string | string[] };
  const ids = (Array.isArray(run) ? run : String(run ?? "").split(",")).filter(Boolean);
  const query = useOperation(
    "runs.compare",
    { project, run: ids },
    {
      enabled: ids.length > 1,
      // Another baseline takes the place of the one before once it can be shown.
      keep: (before) => before.project === project,
    },
  );
  if (ids.length < 2)
    return (
      <>
        <PageHead title="Compare" />
        <Card>
          <Empty title="Choose at least two runs">
            <To href={`/p/${project}/runs`} className="button">
              Open the runs
            </To>
          </Empty>
        </Card>
      </>
    );
  return (
    <Answer query={query} head="Compare">
      {(data) => <Compared project={project} data={data} />}
    </Answer>
  );
}

function Compared({ project, data }: { project: string; data: Output<"runs.compare"> }) {
  const all = (useSearch({ strict: false }) as { diff?: unknown }).diff === 0;
  const navigate = useNavigate();
  const setAll = (next: boolean): void =>
    void navigate({
      to: ".",
      search: ((old: Record<string, unknown>) => ({ ...old, diff: next ? 0 : undefined })) as never,
      replace: true,
      resetScroll: false,
    });
  const asBaseline = (id: string): string =>
    `/p/${project}/compare?runs=${[id, ...data.runs.map((run) => run.id).filter((one) => one !== id)].join(",")}`;
  const without = (id: string): string =>
    `/p/${project}/compare?runs=${data.runs
      .filter((run) => run.id !== id)
      .map((run) => run.id)
      .join(",")}`;
  return (
    <>
      <PageHead
        title={`Compare ${data.runs.length} runs`}
        tags={<span className="muted">against {data.runs[0]?.name}, the first</span>}
        acts={
          data.equal > 0 && (
            <button type="button" className="button" aria-pressed={!all} onClick={() => setAll(!all)}>
              {all ? "Differences only" : `Show ${data.equal} equal ${data.equal === 1 ? "row" : "rows"}`}
            </button>
          )
        }
      />
      <section className="card" aria-label="Comparison">
        <div className="scroll" tabIndex={0} role="group" aria-label="Table of differences">
          <table>
            <thead>
              <tr>
                <th scope="col">What</th>
                {data.runs.map((run, i) => (
                  <th key={run.id} scope="col" style={{ height: 52, borderLeft: "1px solid var(--line)", minWidth: 170 }}>
                    <span style={{ display: "flex", gap: 10, alignItems: "center" }}>
                      <i aria-hidden style={{ width: 4, height: 30, borderRadius: 2, background: hue(i) }} />
                      <VerdictGlyph mark={markOf(run)} />
                      <span>
                        <To href={`/p/${project}/runs/${run.id}`}>{run.name}</To> <code className="muted">{run.id.slice(0, 6)}</code>
                        <br />
                        <span className="muted">
                          {i === 0 ? (
                            "baseline, "
                          ) : (
                            <>
                              <To href={asBaseline(run.id)}>
                                as baseline<span className="visually-hidden"> {run.name}</span>
                              </To>
                              ,{" "}
                            </>
                          )}
                          {kindWord[run.kind]}, <Ago time={run.started} />
                        </span>
                      </span>
                      {data.runs.length > 2 && (
                        <span style={{ marginLeft: "auto" }}>
                          <To href={without(run.id)}>
                            <span aria-hidden>×</span>
                            <span className="visually-hidden">Take {run.name} out</span>
                          </To>
                        </span>
                      )}
                    </span>
                  </th>
                ))}
              </tr>
            </thead>
            {sections.map(([kind, title]) => (
              <Section key={kind} kind={kind} title={title} rows={data[kind]} runs={data.runs.length} all={all} />
            ))}
          </table>
        </div>
      </section>
      <Suspense fallback={null}>
        <CompareCurves project={project} runs={data.runs} />
      </Suspense>
      <CompareArtifacts project={project} runs={data.runs} />
    </>
  );
}
