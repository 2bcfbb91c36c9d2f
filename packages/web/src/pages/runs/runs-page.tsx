import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Empty, Failure, PageHead } from "../../parts/layout.tsx";
import { ColumnPicker } from "./table/column-picker.tsx";
import { columnOf, defaultColumns, type Named, widened, withWidth } from "./table/columns.ts";
import { unfinished } from "./table/filter-text.ts";
import { GroupList } from "./table/group-list.tsx";
import { usePinned } from "./table/pinned.ts";
import { type Row, useChildren, useRows } from "./table/rows.ts";
import { RunsBar } from "./table/runs-bar.tsx";
import { RunsDownload } from "./table/runs-download.tsx";
import { RunsGrid } from "./table/runs-grid.tsx";
import { useSame } from "./table/same.ts";
import { useSelection } from "./table/selection.ts";
import { withoutStatistic } from "./table/statistic.ts";
import { Tray } from "./table/tray.tsx";
import { useUndo } from "./table/undo.tsx";
import { useQuestion, useView } from "./table/view.ts";
import { ViewTabs } from "./table/view-tabs.tsx";
import "./runs.css";
import "./table/table.css";

// The table paints first: what draws curves is fetched behind it.
const ChartsPanel = lazy(() => import("./charts/charts-panel.tsx"));

/** As many runs as are drawn in their own colour before anyone chooses. */
const drawnAtFirst = 6;
const nothing: readonly never[] = [];

/** Which run is best, under which conditions, and can the order be trusted. */
export function RunsPage() {
  const { project = "", experiment } = useParams({ strict: false }) as { project?: string; experiment?: string };
  const found = useOperation("experiments.get", { project, experiment: experiment ?? "" }, { enabled: experiment !== undefined });
  if (experiment === undefined) return <Runs key={project} project={project} title="All runs" />;
  return (
    <Answer query={found} head={`Experiment ${experiment}`}>
      {(one) => <Runs key={one.id} project={project} experiment={one.id} title={one.name} running={one.running} />}
    </Answer>
  );
}

function Runs({ project, experiment, title, running = 0 }: { project: string; experiment?: string; title: string; running?: number }) {
  const { view: chosen, set } = useView();
  // What is pressed shows at once; the table and the charts follow, and give way to the next press.
  const view = useDeferredValue(chosen);
  const { say, toast } = useUndo();
  const selection = useSelection();
  const [eyes, setEyes] = useState<readonly string[]>();
  const [opened, setOpened] = useState<ReadonlyMap<string, number>>(new Map());
  const names = useOperation("runs.names", { project, ...(experiment !== undefined && { experiment }), limit: 500 });
  const sort = view.sort ?? "-started";
  const known = names.data?.names ?? nothing;
  const named = useMemo(() => mainFirst(known, sort), [known, sort]);
  const byKey = useMemo(() => new Map(known.map((one) => [one.key, one])), [known]);
  const namedKeys = useMemo(() => known.map((one) => one.key), [known]);
  const keys = useSame(useMemo(() => view.cols ?? defaultColumns(known), [view.cols, known]));
  const widths = useSame(view.w ?? nothing);
  const columns = useMemo(
    () =>
      widened(
        keys.map((key) => columnOf(key, byKey)),
        widths,
      ),
    [keys, byKey, widths],
  );
  // What is not finished yet is not asked: the answer to what was last complete stays.
  const complete = useRef("");
  if (unfinished(view.q ?? "") === undefined) complete.current = view.q ?? "";
  const question = useQuestion(project, experiment, view, complete.current);
  const order = useMemo(() => [sort], [sort]);
  const asked = { question, order, columns: keys };
  const rows = useRows(asked);
  const pinned = usePinned(question, keys, view, set);
  const nest = view.nest === 1;
  const parents = useMemo(() => (nest ? [...opened.keys()] : []), [opened, nest]);
  const below = useChildren(asked, parents);
  const drawn = useMemo(() => eyes ?? firstDrawn(rows.top), [eyes, rows.top]);
  const seen = useSeen(rows.top, below);
  const open = useCallback(
    (id: string, at: number): void =>
      setOpened((old) => {
        const next = new Map(old);
        if (!next.delete(id)) next.set(id, at);
        return next;
      }),
    [],
  );
  const nested = useMemo(() => (nest ? { opened, open, below } : null), [nest, opened, open, below]);
  const onColumns = useCallback((next: readonly string[] | undefined): void => set({ cols: next }), [set]);
  const onWidth = useCallback((key: string, pixels: number | undefined): void => set({ w: withWidth(widths, key, pixels) }), [set, widths]);
  const onSort = useCallback((next: string): void => set({ sort: next }), [set]);
  const onFilter = useCallback((q: string): void => set({ q }), [set]);
  const narrowed = (view.q ?? "") !== "" || view.kind !== undefined || view.state !== undefined;
  const layout = view.layout ?? "split";
  const total = rows.total ?? 0;
  const page = experiment === undefined ? "runs" : `experiments/${experiment}`;
  const said =
    rows.total === undefined
      ? ""
      : `${count(total)} ${total === 1 ? "run" : "runs"}${rows.milliseconds === undefined ? "" : `, ${count(rows.milliseconds)} ms`}`;

  return (
    <>
      <PageHead
        title={title}
        tags={
          <>
            {experiment !== undefined && <span className="tag mono">experiment {experiment}</span>}
            {running > 0 && <span className="muted">{count(running)} running</span>}
          </>
        }
        acts={
          <>
            <RunsDownload question={question} order={order} keys={keys} total={total} />
            <ColumnPicker project={project} experiment={experiment} columns={columns} onColumns={onColumns} onWidth={onWidth} />
          </>
        }
      />
      <ViewTabs project={project} page={page} say={say} />
      <RunsBar project={project} experiment={experiment} view={chosen} set={set} names={namedKeys} error={rows.error} said={said} />
      {rows.stale && (
        <p className="muted">{rows.error ? "Below is the last answer that was good." : "Asking; below is the answer before."}</p>
      )}
      {rows.fresh > 0 && (
        <button type="button" className="button fresh" onClick={rows.renew}>
          {count(rows.fresh)} new {rows.fresh === 1 ? "run" : "runs"}
        </button>
      )}
      {!rows.atLeast && rows.total === undefined ? (
        rows.error ? (
          rows.error.message.includes("at character") ? null : (
            <Failure error={rows.error} retry={rows.renew} />
          )
        ) : (
          <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />
        )
      ) : rows.total === 0 ? (
        narrowed ? (
          <Empty title={view.state === "deleted" && (view.q ?? "") === "" ? "No run is deleted." : "No run matches."}>
            <button type="button" className="button" onClick={() => set({ q: "", kind: "", state: undefined })}>
              Show all runs
            </button>
          </Empty>
        ) : (
          <Empty title="No run has been logged here." command="capstan run">
            Any MLflow client that is pointed at {location.origin} logs here, too.
          </Empty>
        )
      ) : (
        <div className={layout === "split" ? "runs-split" : ""}>
          {layout !== "charts" &&
            (view.group !== undefined ? (
              <GroupList
                project={project}
                question={question}
                by={view.group}
                columns={columns}
                order={order}
                wide={layout === "table"}
                onOpen={(q) => set({ q, group: undefined }, false)}
              />
            ) : (
              <RunsGrid
                project={project}
                total={rows.atLeast ?? 0}
                counted={rows.total !== undefined}
                row={rows.row}
                look={rows.look}
                columns={columns}
                onColumns={onColumns}
                sort={sort}
                onSort={onSort}
                selection={selection}
                drawn={drawn}
                onDraw={setEyes}
                nested={nested}
                stale={rows.stale}
                pinned={pinned}
                onWidth={onWidth}
              />
            ))}
          {layout !== "table" && (
            <Suspense fallback={<div className="skeleton" role="status" aria-busy="true" aria-label="loading" />}>
              <ChartsPanel
                project={project}
                question={question}
                order={order}
                top={rows.top}
                known={seen}
                total={total}
                drawn={drawn}
                names={named}
                wide={layout === "charts"}
                onFilter={onFilter}
              />
            </Suspense>
          )}
        </div>
      )}
      {(selection.all || selection.count > 0) && (
        <Tray project={project} question={question} total={total} selection={selection} known={seen} drawn={drawn} say={say} />
      )}
      {toast}
    </>
  );
}

/** The top of the sort; where steps log through runs of their own, those. */
function firstDrawn(rows: readonly Row[]): readonly string[] {
  const logged = rows.filter((run) => run.kind === "user");
  return (logged.length > 0 ? logged : rows).slice(0, drawnAtFirst).map((run) => run.id);
}

/** The metric that the runs are sorted by is the one that charts speak of first. */
function mainFirst(names: readonly Named[], sort: string): readonly Named[] {
  const key = withoutStatistic(sort.replace(/^-/, ""));
  const main = names.find((one) => one.key === key);
  return main ? [main, ...names.filter((one) => one !== main)] : names;
}

/** Runs whose names are known, for what is chosen. */
function useSeen(top: readonly Row[], below: ReadonlyMap<string, readonly Row[]>): ReadonlyMap<string, Row> {
  const [seen] = useState(() => new Map<string, Row>());
  for (const row of [...top, ...[...below.values()].flat()]) seen.set(row.id, row);
  return seen;
}
