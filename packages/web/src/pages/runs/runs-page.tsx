import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { IconColumns, IconFilter, IconTable } from "@tabler/icons-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Empty, Failure, PageHead } from "../../parts/layout.tsx";
import { columnsOf } from "./columns.ts";
import { matches, parseFilter, type Run, sorted } from "./filter.ts";
import { MetricBars } from "./metric-bars.tsx";
import { RunCharts } from "./run-charts.tsx";
import { type RunColumns, useRuns } from "./runs-data.ts";
import { RunsTable } from "./runs-table.tsx";
import { Tray } from "./tray.tsx";
import "./runs.css";

type RunsView = { q?: string; sort?: string; kind?: string; layout?: "table" | "split" };
const kinds = [
  ["", "All"],
  ["user", "Logged"],
  ["step", "Steps"],
  ["pipeline", "Pipelines"],
  ["check,evaluation,monitor,fault,release", "Other work"],
] as const;
const noColumns: RunColumns = { metrics: [], params: [], varying: [] };
/** As many runs as are drawn in their own colour before anyone chooses. */
const drawnAtFirst = 6;

/** Which run is best, under which conditions, and can the order be trusted. */
export function RunsPage() {
  const { project = "", experiment } = useParams({ strict: false }) as { project?: string; experiment?: string };
  const found = useOperation("experiments.get", { project, experiment: experiment ?? "" }, { enabled: experiment !== undefined });
  if (experiment === undefined) return <Runs project={project} title="All runs" />;
  return (
    <Answer query={found} head={`Experiment ${experiment}`}>
      {(one) => <Runs project={project} experiment={one.id} title={one.name} running={one.running} />}
    </Answer>
  );
}

/** The top of the sort; where steps log through runs of their own, those. */
function firstDrawn(rows: readonly Run[]): readonly string[] {
  const logged = rows.filter((run) => run.kind === "user");
  return (logged.length > 0 ? logged : rows).slice(0, drawnAtFirst).map((run) => run.id);
}

function Runs({ project, experiment, title, running = 0 }: { project: string; experiment?: string; title: string; running?: number }) {
  const view = useSearch({ strict: false }) as RunsView;
  const navigate = useNavigate();
  const set = (change: RunsView, replace = true): void =>
    void navigate({
      to: ".",
      search: ((old: RunsView) =>
        Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== "" && value !== undefined))) as never,
      replace,
    });
  const written = String(view.q ?? "");
  const [text, setText] = useState(written);
  const filter = useMemo(() => parseFilter(written), [written]);
  const q = useDeferredValue(filter.words);
  const query = useRuns(
    { project, ...(experiment !== undefined && { experiment }), q, ...(view.kind && { kind: view.kind }) },
    filter.terms.length > 0 || view.sort !== undefined,
  );
  const pages = query.data?.pages;
  const known = pages?.[0]?.columns ?? noColumns;
  const all = useMemo(() => pages?.flatMap((page) => page.runs) ?? [], [pages]);
  const columns = useMemo(() => columnsOf(known, all), [known, all]);
  const sort = view.sort ?? "-started";
  const rows = useMemo(
    () =>
      sorted(
        all.filter((run) => matches(run, filter.terms)),
        sort,
      ),
    [all, filter, sort],
  );
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [eyes, setEyes] = useState<readonly string[]>();
  const drawn = useMemo(() => eyes ?? firstDrawn(rows), [eyes, rows]);
  const split = view.layout !== "table";
  const total = pages?.[0]?.total ?? 0;

  return (
    <>
      <PageHead
        title={title}
        tags={
          <>
            {experiment !== undefined && <span className="tag mono">experiment {experiment}</span>}
            <span className="muted">
              {count(total)} runs{running > 0 ? `, ${running} running` : ""}
            </span>
          </>
        }
        acts={
          <div className="segments" role="group" aria-label="Layout">
            <button type="button" aria-pressed={!split} onClick={() => set({ layout: "table" })}>
              <IconTable size={15} stroke={1.75} aria-hidden />
              Table
            </button>
            <button type="button" aria-pressed={split} onClick={() => set({ layout: "split" })}>
              <IconColumns size={15} stroke={1.75} aria-hidden />
              Split
            </button>
          </div>
        }
      />
      <div className="runs-bar">
        <label className="filter-box">
          <span className="visually-hidden">Filter</span>
          <IconFilter size={15} stroke={1.75} aria-hidden />
          <input
            data-filter
            className="mono"
            placeholder='metrics.auc > 0.7 AND params.kind = "boosted"'
            value={text}
            spellCheck={false}
            onChange={(event) => {
              setText(event.target.value);
              set({ q: event.target.value });
            }}
            aria-describedby="filter-count"
            {...(filter.problem !== null && { "aria-invalid": true, "aria-errormessage": "filter-problem" })}
          />
          <span id="filter-count" className="muted" role="status">
            {rows.length === total ? `${count(total)} runs` : `${count(rows.length)} of ${count(total)}`}
          </span>
          <kbd aria-hidden>/</kbd>
        </label>
        <div className="segments" role="group" aria-label="Kind of run">
          {kinds.map(([kind, name]) => (
            <button key={name} type="button" aria-pressed={(view.kind ?? "") === kind} onClick={() => set({ kind }, false)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      {filter.problem !== null && (
        <p id="filter-problem" className="filter-problem" role="alert">
          {filter.problem}
        </p>
      )}
      {query.isError ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : pages === undefined ? (
        <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />
      ) : rows.length === 0 ? (
        text.trim() !== "" || view.kind ? (
          <Empty title="No run matches.">
            <button
              type="button"
              className="button"
              onClick={() => {
                setText("");
                set({ q: "", kind: "" });
              }}
            >
              Show all runs
            </button>
          </Empty>
        ) : (
          <Empty title="No run has been logged here." command="capstan run">
            Any MLflow client that is pointed at {location.origin} logs here, too.
          </Empty>
        )
      ) : (
        <div className={split ? "runs-split" : ""}>
          <RunsTable
            project={project}
            rows={rows}
            columns={split ? columns.slice(0, 4) : columns}
            sort={sort}
            onSort={(next) => set({ sort: next })}
            selected={selected}
            onSelect={setSelected}
            drawn={drawn}
            onDraw={setEyes}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : null}
            total={total}
          />
          {split && (
            <div className="run-charts">
              <RunCharts project={project} rows={rows} drawn={drawn} columns={known} main={columns[0]?.key.replace("metrics.", "")} />
              {known.metrics[0] !== undefined && <MetricBars project={project} runs={rows} keys={known.metrics} />}
            </div>
          )}
        </div>
      )}
      {selected.length > 0 && (
        <Tray
          project={project}
          runs={rows.filter((run) => selected.includes(run.id))}
          drawn={drawn}
          clear={() => setSelected([])}
          remove={(id) => setSelected(selected.filter((one) => one !== id))}
        />
      )}
    </>
  );
}
