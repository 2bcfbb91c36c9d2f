import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Empty, Failure, PageHead } from "../../parts/layout.tsx";
import { ColumnPicker } from "./table/column-picker.tsx";
import {
  type ColumnActs,
  columnOf,
  defaultColumns,
  type Named,
  type TableColumn,
  turnedSort,
  widened,
  withWidth,
} from "./table/columns.ts";
import { unfinished } from "./table/filter-text.ts";
import { GroupList } from "./table/group-list.tsx";
import { useOpened } from "./table/opened.ts";
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
import { type RunsView, useQuestion, useView } from "./table/view.ts";
import { ViewTabs } from "./table/view-tabs.tsx";
import "./runs.css";
import "./table/table.css";

// The table paints first: what draws curves is fetched behind it.
const ChartsPanel = lazy(() => import("./charts/charts-panel.tsx"));

/** As many runs as are drawn in their own colour before anyone chooses. */
const drawnAtFirst = 6;
const nothing: readonly never[] = [];
const newestFirst = "-started";

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
  const [eyes, setEyes] = useState<readonly string[]>();
  const names = useOperation("runs.names", { project, ...(experiment !== undefined && { experiment }), limit: 500 });
  const sort = view.sort ?? newestFirst;
  const known = names.data?.names ?? nothing;
  const named = useMemo(() => mainFirst(known, sort), [known, sort]);
  const namedKeys = useMemo(() => known.map((one) => one.key), [known]);
  const { keys, columns } = useColumns(view, known);
  const picked = useColumns(chosen, known).columns;
  const acts = useMemo(
    (): ColumnActs => ({
      sort: (key) => set((now) => ({ sort: turnedSort(now.sort ?? newestFirst, key) })),
      choose: (change) => set((now) => ({ cols: change(now.cols ?? defaultColumns(known)) })),
      widen: (key, change) =>
        set((now) => {
          const pixels = widened([columnOf(key, byKey(known))], now.w)[0]?.width ?? 0;
          return { w: withWidth(now.w, key, change(pixels)) };
        }),
    }),
    [set, known],
  );
  const shown = useMemo(() => ({ shown: columns, sort, acts }), [columns, sort, acts]);
  // What is not finished yet is not asked: the answer to what was last complete stays.
  const complete = useRef("");
  if (unfinished(view.q ?? "") === undefined) complete.current = view.q ?? "";
  const question = useQuestion(project, experiment, view, complete.current);
  const selection = useSelection(question);
  const order = useMemo(() => [sort], [sort]);
  const asked = { question, order, columns: keys };
  const rows = useRows(asked);
  const pinned = usePinned(question, keys, view, set);
  const nest = view.nest === 1;
  const opened = useOpened(rows);
  const below = useChildren(asked, nest ? opened.ids : nothing);
  const drawn = useMemo(() => eyes ?? firstDrawn(rows.top), [eyes, rows.top]);
  const seen = useSeen(rows.top, below);
  const nested = useMemo(() => (nest ? { opened, below } : null), [nest, opened, below]);
  const onFilter = useCallback((q: string): void => set({ q }), [set]);
  const narrowed = (view.q ?? "") !== "" || view.kind !== undefined || view.state !== undefined;
  const layout = view.layout ?? "split";
  const total = rows.total ?? 0;
  const page = experiment === undefined ? "runs" : `experiments/${experiment}`;
  const said =
    view !== chosen
      ? "asking"
      : rows.lines.stale
        ? rows.error
          ? "shown is the last answer that was good"
          : "asking; shown is the answer before"
        : rows.total === undefined
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
            {/* Here it moves no row from under the pointer. */}
            {rows.fresh > 0 && (
              <button type="button" className="text-button" onClick={rows.renew}>
                {count(rows.fresh)} new {rows.fresh === 1 ? "run" : "runs"}
              </button>
            )}
          </>
        }
        acts={
          <>
            <RunsDownload question={question} order={order} keys={keys} total={total} />
            <ColumnPicker project={project} experiment={experiment} columns={picked} acts={acts} />
          </>
        }
      />
      <ViewTabs project={project} page={page} say={say} />
      <RunsBar project={project} experiment={experiment} view={chosen} set={set} names={namedKeys} error={rows.error} said={said} />
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
                rows={rows.lines}
                columns={shown}
                selection={selection}
                drawn={drawn}
                onDraw={setEyes}
                pinned={pinned}
                nested={nested}
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

const byKey = (names: readonly Named[]): ReadonlyMap<string, Named> => new Map(names.map((one) => [one.key, one]));

/** The columns of a view; the same lists while they hold the same. */
function useColumns(view: RunsView, known: readonly Named[]): { keys: readonly string[]; columns: readonly TableColumn[] } {
  const keys = useSame(useMemo(() => view.cols ?? defaultColumns(known), [view.cols, known]));
  const widths = useSame(view.w ?? nothing);
  const columns = useMemo(() => {
    const names = byKey(known);
    return widened(
      keys.map((key) => columnOf(key, names)),
      widths,
    );
  }, [keys, known, widths]);
  return { keys, columns };
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
