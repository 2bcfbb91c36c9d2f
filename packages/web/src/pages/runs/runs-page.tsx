import { useParams } from "@tanstack/react-router";
import { IconChartLine, IconColumns2, IconDownload, IconTable } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Empty, Failure, PageHead } from "../../parts/layout.tsx";
import { ColumnPicker } from "./table/column-picker.tsx";
import { columnOf, defaultColumns, type Named } from "./table/columns.ts";
import { downloadPath } from "./table/download.ts";
import { FilterBox } from "./table/filter-box.tsx";
import { unfinished } from "./table/filter-text.ts";
import { GroupList } from "./table/group-list.tsx";
import { Popover } from "./table/popover.tsx";
import { type Row, useChildren, useRows } from "./table/rows.ts";
import { RunsGrid } from "./table/runs-grid.tsx";
import { useSelection } from "./table/selection.ts";
import { Tray } from "./table/tray.tsx";
import { useUndo } from "./table/undo.tsx";
import { kinds, questionOf, useView } from "./table/view.ts";
import { ViewTabs } from "./table/view-tabs.tsx";
import "./runs.css";
import "./table/table.css";

// The table paints first: what draws curves is fetched behind it.
const ChartsPanel = lazy(() => import("./charts/charts-panel.tsx"));

/** As many runs as are drawn in their own colour before anyone chooses. */
const drawnAtFirst = 6;
const groupsOffered = 60;
const attributeGroups = ["status", "kind", "step", "user", "experiment", "dataset"];
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
  const { view, set } = useView();
  const { say, toast } = useUndo();
  const selection = useSelection();
  const [eyes, setEyes] = useState<readonly string[]>();
  const [opened, setOpened] = useState<ReadonlyMap<string, number>>(new Map());
  const names = useOperation("runs.names", { project, ...(experiment !== undefined && { experiment }), limit: 500 });
  const sort = view.sort ?? "-started";
  const named = useMemo(() => mainFirst(names.data?.names ?? nothing, sort), [names.data, sort]);
  const byKey = useMemo(() => new Map((names.data?.names ?? nothing).map((one) => [one.key, one])), [names.data]);
  const keys = useMemo(() => view.cols ?? defaultColumns(names.data?.names ?? nothing), [view.cols, names.data]);
  const columns = useMemo(() => keys.map((key) => columnOf(key, byKey)), [keys, byKey]);
  const filter = view.q ?? "";
  // What is not finished yet is not asked: the answer to what was last complete stays.
  const complete = useRef("");
  if (unfinished(filter) === undefined) complete.current = filter;
  const asking = complete.current;
  const question = useMemo(() => questionOf(project, experiment, { ...view, q: asking }), [project, experiment, view, asking]);
  const order = useMemo(() => [sort], [sort]);
  const asked = { question, order, columns: keys };
  const rows = useRows(asked, names.isSuccess || names.isError);
  const parents = useMemo(() => (view.nest === 1 ? [...opened.keys()] : []), [opened, view.nest]);
  const below = useChildren(asked, parents);
  const drawn = useMemo(() => eyes ?? firstDrawn(rows.top ?? nothing), [eyes, rows.top]);
  const known = useKnown(rows.top, below);
  const open = useCallback(
    (id: string, at: number): void =>
      setOpened((old) => {
        const next = new Map(old);
        if (!next.delete(id)) next.set(id, at);
        return next;
      }),
    [],
  );
  const onColumns = (next: readonly string[] | undefined): void => set({ cols: next });
  const narrowed = filter !== "" || view.kind !== undefined || view.state !== undefined;
  const layout = view.layout ?? "split";
  const total = rows.total ?? 0;
  const page = experiment === undefined ? "runs" : `experiments/${experiment}`;

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
            <Popover
              title="Download"
              label={
                <>
                  <IconDownload size={15} stroke={1.75} aria-hidden /> Download
                </>
              }
            >
              {(close) => (
                <ul className="menu">
                  {(["csv", "parquet"] as const).flatMap((format) =>
                    (["shown", "all"] as const).map((which) => (
                      <li key={format + which}>
                        <a href={downloadPath(question, order, which === "all" ? undefined : keys, format)} download onClick={close}>
                          {format === "csv" ? "CSV" : "Parquet"},{" "}
                          {which === "all" ? "all columns" : `the ${count(keys.length)} shown columns`}
                        </a>
                      </li>
                    )),
                  )}
                  <li className="muted">{count(total)} runs that the filter finds, not only those in view</li>
                </ul>
              )}
            </Popover>
            <ColumnPicker project={project} experiment={experiment} columns={columns} onColumns={onColumns} />
          </>
        }
      />
      <ViewTabs project={project} page={page} say={say} />
      <div className="runs-bar">
        <FilterBox
          project={project}
          experiment={experiment}
          filter={filter}
          onFilter={(q) => set({ q })}
          error={rows.error}
          said={
            rows.total === undefined
              ? ""
              : `${count(total)} ${total === 1 ? "run" : "runs"}${rows.milliseconds === undefined ? "" : `, ${count(rows.milliseconds)} ms`}`
          }
        />
        <label className="inline-field">
          <span>Group</span>
          <select className="field" value={view.group ?? ""} onChange={(event) => set({ group: event.target.value }, false)}>
            <option value="">none</option>
            <optgroup label="Attributes">
              {attributeGroups.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </optgroup>
            {(["params", "tags"] as const).map((entity) => (
              <optgroup key={entity} label={entity === "params" ? "Params" : "Tags"}>
                {[
                  ...new Set([
                    ...(view.group?.startsWith(`${entity}.`) ? [view.group] : []),
                    ...[...byKey.keys()].filter((one) => one.startsWith(`${entity}.`)).slice(0, groupsOffered),
                  ]),
                ].map((one) => (
                  <option key={one} value={one}>
                    {one.slice(entity.length + 1)}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label className="inline-field">
          <span>Kind</span>
          <select className="field" value={view.kind ?? ""} onChange={(event) => set({ kind: event.target.value }, false)}>
            {kinds.map(([kind, name]) => (
              <option key={kind} value={kind}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="inline-field">
          <input type="checkbox" checked={view.nest === 1} onChange={(event) => set({ nest: event.target.checked ? 1 : undefined })} />
          <span>Nest</span>
        </label>
        <div className="segments" role="group" aria-label="Layout">
          {layouts.map(([key, name, Icon]) => (
            <button key={key} type="button" aria-pressed={layout === key} onClick={() => set({ layout: key })}>
              <Icon size={15} stroke={1.75} aria-hidden />
              {name}
            </button>
          ))}
        </div>
      </div>
      {rows.stale && (
        <p className="muted">{rows.error ? "Below is the last answer that was good." : "Asking; below is the answer before."}</p>
      )}
      {rows.fresh > 0 && (
        <button type="button" className="button fresh" onClick={rows.renew}>
          {count(rows.fresh)} new {rows.fresh === 1 ? "run" : "runs"}
        </button>
      )}
      {rows.total === undefined ? (
        rows.error ? (
          rows.error.message.includes("at character") ? null : (
            <Failure error={rows.error} retry={rows.renew} />
          )
        ) : (
          <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />
        )
      ) : total === 0 ? (
        narrowed ? (
          <Empty title={view.state === "deleted" && filter === "" ? "No run is deleted." : "No run matches."}>
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
                total={total}
                row={rows.row}
                look={rows.look}
                columns={columns}
                onColumns={onColumns}
                sort={sort}
                onSort={(next) => set({ sort: next })}
                selection={selection}
                drawn={drawn}
                onDraw={setEyes}
                nested={view.nest === 1 ? { opened, open, below } : null}
                stale={rows.stale}
              />
            ))}
          {layout !== "table" && (
            <Suspense fallback={<div className="skeleton" role="status" aria-busy="true" aria-label="loading" />}>
              <ChartsPanel
                project={project}
                question={question}
                order={order}
                top={rows.top ?? nothing}
                known={known}
                total={total}
                drawn={drawn}
                names={named}
                wide={layout === "charts"}
                onFilter={(q) => set({ q })}
              />
            </Suspense>
          )}
        </div>
      )}
      {(selection.all || selection.count > 0) && (
        <Tray project={project} question={question} total={total} selection={selection} known={known} drawn={drawn} say={say} />
      )}
      {toast}
    </>
  );
}

const layouts = [
  ["table", "Table", IconTable],
  ["split", "Split", IconColumns2],
  ["charts", "Charts", IconChartLine],
] as const;

/** The top of the sort; where steps log through runs of their own, those. */
function firstDrawn(rows: readonly Row[]): readonly string[] {
  const logged = rows.filter((run) => run.kind === "user");
  return (logged.length > 0 ? logged : rows).slice(0, drawnAtFirst).map((run) => run.id);
}

/** The metric that the runs are sorted by is the one that charts speak of first. */
function mainFirst(names: readonly Named[], sort: string): readonly Named[] {
  const key = sort.replace(/^-/, "").replace(/@(last|min|max)$/, "");
  const main = names.find((one) => one.key === key);
  return main ? [main, ...names.filter((one) => one !== main)] : names;
}

/** Runs whose names are known, for what is chosen. */
function useKnown(top: readonly Row[] | undefined, below: ReadonlyMap<string, readonly Row[]>): ReadonlyMap<string, Row> {
  const [seen] = useState(() => new Map<string, Row>());
  for (const row of [...(top ?? []), ...[...below.values()].flat()]) seen.set(row.id, row);
  return seen;
}
