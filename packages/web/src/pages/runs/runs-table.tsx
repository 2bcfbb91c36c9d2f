import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { Ago, number, seconds } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { colorOf, type RunColumn } from "./columns.ts";
import { type Run, valueOf } from "./filter.ts";
import { kindWord, markOf } from "./status.ts";

type Props = {
  project: string;
  rows: readonly Run[];
  columns: readonly RunColumn[];
  sort: string;
  onSort: (sort: string) => void;
  selected: readonly string[];
  onSelect: (ids: readonly string[]) => void;
  drawn: readonly string[];
  onDraw: (ids: readonly string[]) => void;
  more: (() => void) | null;
  total: number;
};

const rowPixels = 33;
const toggled = (ids: readonly string[], id: string): readonly string[] =>
  ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];

/** One continuous table: only the rows in view are mounted, the scroll bar is true. */
export function RunsTable({ project, rows, columns, sort, onSort, selected, onSelect, drawn, onDraw, more, total }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => rowPixels, overscan: 12 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 40) more();
  }, [last, more, rows.length]);
  const main = columns[0]?.numeric ? columns[0] : undefined;
  const values = main ? rows.map((run) => Number(valueOf(run, main.key))).filter(Number.isFinite) : [];
  const range: [number, number] = [Math.min(...values), Math.max(...values)];
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const rest = columns.slice(main ? 1 : 0);
  const head = (key: string, name: string, numeric: boolean) => (
    <th
      key={key}
      scope="col"
      className={numeric ? "num" : ""}
      aria-sort={sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none"}
    >
      <button type="button" title={name} onClick={() => onSort(sort === `-${key}` ? key : `-${key}`)}>
        {name}
        <span aria-hidden>{sort === key ? " ↑" : sort === `-${key}` ? " ↓" : ""}</span>
      </button>
    </th>
  );
  const spacer = (height: number) =>
    height > 0 && (
      <tr aria-hidden>
        <td colSpan={columns.length + 6} style={{ height, padding: 0 }} />
      </tr>
    );
  return (
    <section className="card runs-card" aria-label="Runs">
      <div
        className="scroll runs-scroll"
        ref={box}
        tabIndex={0}
        role="group"
        aria-label="Table of runs"
        style={{ maxHeight: Math.min(Math.max(rows.length + 1, 4) * rowPixels + 12, 720) }}
      >
        <table className="runs" aria-rowcount={total + 1}>
          <thead>
            <tr>
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Select all that match"
                  checked={rows.length > 0 && selected.length === rows.length}
                  onChange={(event) => onSelect(event.target.checked ? rows.map((run) => run.id) : [])}
                />
              </th>
              <th scope="col">
                <span className="visually-hidden">In charts</span>
              </th>
              {head("name", "Run", false)}
              {main && head(main.key, main.name, true)}
              {main && (
                <th scope="col">
                  <span className="visually-hidden">{main.name} within the range of all</span>
                </th>
              )}
              {rest.map((column) => head(column.key, column.name, column.numeric))}
              {head("started", "Started", true)}
              {head("seconds", "Took", true)}
            </tr>
          </thead>
          <tbody>
            {spacer(before)}
            {items.map((item) => {
              const run = rows[item.index];
              if (!run) return null;
              const color = colorOf(run.id, drawn);
              return (
                <tr key={run.id} aria-rowindex={item.index + 2} className={selected.includes(run.id) ? "selected" : ""}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Select ${run.name} ${run.id.slice(0, 6)}`}
                      checked={selected.includes(run.id)}
                      onChange={() => onSelect(toggled(selected, run.id))}
                    />
                  </td>
                  <td>
                    <button
                      type="button"
                      className="eye"
                      aria-pressed={color !== null}
                      aria-label={`${run.name} ${run.id.slice(0, 6)} in charts`}
                      onClick={() => onDraw(toggled(drawn, run.id))}
                    >
                      <i style={color === null ? {} : { background: color, borderColor: color }} />
                    </button>
                  </td>
                  <td>
                    <span className="verdict">
                      <VerdictGlyph mark={markOf(run)} />
                      <Link to={`/p/${project}/runs/${run.id}` as never} className="name">
                        {run.name}
                      </Link>
                      {run.kind !== "user" && <span className="tag">{kindWord[run.kind]}</span>}
                    </span>
                  </td>
                  {main && <MainCells run={run} column={main} range={range} />}
                  {rest.map((column) => (
                    <td key={column.key} className={column.numeric ? "num" : ""}>
                      {shown(valueOf(run, column.key), column.numeric)}
                    </td>
                  ))}
                  <td className="num muted">
                    <Ago time={run.started} />
                  </td>
                  <td className="num muted">{seconds(run.seconds)}</td>
                </tr>
              );
            })}
            {spacer(after)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The main metric and where it lies among all; how far a run is while it has none. */
function MainCells({ run, column, range: [least, most] }: { run: Run; column: RunColumn; range: readonly [number, number] }) {
  const value = Number(valueOf(run, column.key));
  const part = run.status === "RUNNING" && run.progress?.total ? run.progress.done / run.progress.total : null;
  const width = part !== null ? part * 100 : most === least ? 100 : 8 + (92 * (value - least)) / (most - least);
  return (
    <>
      <td className="num strong">{part !== null ? `${Math.round(part * 100)} %` : number(valueOf(run, column.key) ?? null)}</td>
      <td>
        {Number.isFinite(width) && (
          <span className="bar" aria-hidden>
            <i style={{ width: `${width}%` }} />
          </span>
        )}
      </td>
    </>
  );
}

function shown(value: string | number | undefined, numeric: boolean): React.ReactNode {
  if (value === undefined) return <span className="muted">·</span>;
  return numeric ? number(Number(value)) : /^\d{4}-\d\d-\d\dT/.test(String(value)) ? String(value).slice(0, 10) : String(value);
}
