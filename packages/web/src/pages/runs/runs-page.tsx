import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { Curves } from "./curves.tsx";
import { MetricBars } from "./metric-bars.tsx";
import { hue, type Run } from "./status.ts";
import { RunsTable, type Sort, sorted } from "./runs-table.tsx";

type List = Output<"runs.list">;
const kinds = [["", "All"], ["pipeline", "Pipelines"], ["step", "Steps"], ["user", "Logged"]] as const;
/** As many runs as are drawn in their own colour. */
const drawnMax = 6;

export function RunsPage() {
  const { project = "", experiment } = useParams({ strict: false }) as { project?: string; experiment?: string };
  const search = useSearch({ strict: false }) as { kind?: Run["kind"]; q?: string };
  const navigate = useNavigate();
  const home = useOperation("experiments.get", { project, experiment: experiment ?? "" }, { enabled: experiment !== undefined });
  const query = useOperation("runs.list", { project, limit: 200, ...(home.data && { experiment: home.data.id }), ...(search.kind && { kind: search.kind }), ...(search.q && { q: String(search.q) }) }, { enabled: experiment === undefined || home.data !== undefined });
  const set = (change: { kind?: string; q?: string }): void => void navigate({ to: ".", search: Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value)) as never, replace: true });
  if (home.isError) return <Answer query={home}>{() => null}</Answer>;
  return (
    <>
      <PageHead title={home.data?.name ?? "Runs"} tags={<>{home.data && <span className="tag mono">experiment {home.data.id}</span>}<span className="muted">{query.data ? `${query.data.total} runs` : ""}{home.data && home.data.running > 0 ? `, ${home.data.running} running` : ""}</span></>} acts={experiment === undefined ? <To href={`/p/${project}/experiments`} className="button">Experiments</To> : <To href={`/p/${project}/runs`} className="button">All runs</To>} />
      <div style={{ display: "flex", gap: 14, alignItems: "center", flexWrap: "wrap" }}>
        <div role="group" aria-label="Kind of run" style={{ display: "flex", gap: 4 }}>
          {kinds.map(([kind, word]) => <button key={kind} type="button" className="button" aria-pressed={(search.kind ?? "") === kind} style={(search.kind ?? "") === kind ? { background: "var(--accent-soft)", borderColor: "var(--accent)", color: "var(--accent-ink)" } : {}} onClick={() => set({ kind })}>{word}</button>)}
        </div>
        <label style={{ flex: 1, minWidth: 200 }}><span className="visually-hidden">Filter by name or id</span><input className="field mono" data-filter type="search" placeholder="Name, or the beginning of an id" defaultValue={search.q ?? ""} onChange={(event) => set({ q: event.target.value })} /></label>
      </div>
      <Answer query={query}>{(list) => list.runs.length === 0 ? <Card><Empty title={search.q || search.kind ? "No run matches" : "No run yet"} {...(!search.q && !search.kind && { command: "capstan run" })}>{search.q || search.kind ? "Another word or kind may find it." : "Run the pipeline, or log from any MLflow client to this address."}</Empty></Card> : <Split project={project} list={list} />}</Answer>
    </>
  );
}

function Split({ project, list }: { project: string; list: List }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const metrics = list.columns.metrics.slice(0, 3);
  const params = list.columns.varying.slice(0, 3);
  const [sort, setSort] = useState<Sort>({ key: "started", down: true });
  const runs = useMemo(() => sorted(list.runs, sort), [list.runs, sort]);
  const drawn = useMemo(() => {
    const wanted = chosen.size > 0 ? runs.filter((run) => chosen.has(run.id)) : runs.filter((run) => run.kind === "user" && Object.keys(run.metrics).length > 0);
    return wanted.slice(0, chosen.size > 0 ? 8 : 40).map((run) => ({ id: run.id, label: `${run.name} ${run.id.slice(0, 6)}` }));
  }, [runs, chosen]);
  const coloured = useMemo(() => drawn.map((one, i) => ({ ...one, color: i < drawnMax || chosen.size > 0 ? hue(i) : "var(--reference)" })), [drawn, chosen]);
  const toggle = (id: string): void => setChosen(new Set(chosen.has(id) ? [...chosen].filter((one) => one !== id) : [...chosen, id]));
  return (
    <div className="grid" style={{ gridTemplateColumns: "minmax(0, 3fr) minmax(300px, 2fr)", alignItems: "start" }}>
      <RunsTable project={project} runs={runs} metrics={metrics} params={params} chosen={chosen} toggle={toggle} sort={sort} setSort={setSort} colours={new Map(coloured.map((one) => [one.id, one.color]))} />
      <div className="grid">
        <Curves project={project} runs={coloured} height={230} none={chosen.size > 0 ? "The chosen runs logged single values only; a curve needs more than one point." : "No run here logged more than one point of a metric."} />
        {metrics[0] !== undefined && <MetricBars project={project} runs={list.runs} keys={list.columns.metrics} />}
      </div>
      {chosen.size > 0 && (
        <div role="region" aria-label="Chosen runs" style={{ position: "sticky", bottom: 14, gridColumn: "1 / -1", justifySelf: "center", display: "flex", gap: 10, alignItems: "center", padding: "10px 14px", background: "var(--raised)", border: "1px solid var(--line-strong)", borderRadius: 10, boxShadow: "0 8px 24px rgb(0 0 0 / 0.18)" }}>
          <strong>{chosen.size} chosen</strong>
          {chosen.size > 1 && chosen.size <= 20 ? <To href={`/p/${project}/compare?run=${[...chosen].join(",")}`} className="button filled">Compare</To> : <span className="button" aria-disabled="true">{chosen.size > 20 ? "At most 20 can be compared" : "Choose another to compare"}</span>}
          <button type="button" className="button" onClick={() => setChosen(new Set())}>Clear</button>
        </div>
      )}
    </div>
  );
}
