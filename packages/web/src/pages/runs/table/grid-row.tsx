import { IconChevronDown, IconChevronRight, IconPin } from "@tabler/icons-react";
import { memo } from "react";
import { VerdictGlyph } from "../../../parts/verdict.tsx";
import { number } from "../../../parts/format.tsx";
import { differenceOf } from "../differences.ts";
import { hue, kindWord, markOf } from "../status.ts";
import { Cell } from "./cell.tsx";
import type { TableColumn } from "./columns.ts";
import type { Row } from "./rows.ts";

type Props = {
  project: string;
  index: number;
  top: number;
  run: Row | undefined;
  depth: number;
  columns: readonly TableColumn[];
  shown: readonly { index: number; start: number }[];
  active: boolean;
  selected: boolean;
  onSelect: (id: string) => void;
  drawnAt: number;
  onDraw: (id: string) => void;
  opened: boolean;
  onOpen: ((id: string) => void) | undefined;
  main: number;
  range: readonly [number, number] | null;
  pinned: boolean;
  onPin: (id: string) => void;
  /** Values of the baseline; undefined on itself, and where there is none. */ base: Row["values"] | undefined;
  isBase: boolean;
  /** Differences in the place of values. */ delta: boolean;
};

function GridRowView(props: Props) {
  const { project, index, top, run, depth, columns, shown, active, selected, drawnAt, opened, onOpen, main, range, base, delta } = props;
  const state = `runs-row${selected ? " selected" : ""}${active ? " active" : ""}`;
  if (!run)
    return (
      <div role="row" id={`row-${index}`} aria-rowindex={index + 2} className={state} style={{ transform: `translateY(${top}px)` }}>
        <div className="lead" role="presentation">
          <span role="gridcell" aria-colindex={3} className="waiting">
            <span className="visually-hidden">loading</span>
          </span>
        </div>
      </div>
    );
  const short = run.id.slice(0, 6);
  const color = drawnAt < 0 ? null : hue(drawnAt);
  return (
    <div
      role="row"
      // One that stays on top stands among the others, too.
      {...(index >= 0 && { id: `row-${index}`, "aria-rowindex": index + 2 })}
      aria-selected={selected}
      {...(onOpen && run.children > 0 && { "aria-expanded": opened })}
      className={state}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div className="lead" role="presentation">
        <span role="gridcell" aria-colindex={1} className="pick">
          <input type="checkbox" aria-label={`Select ${run.name} ${short}`} checked={selected} onChange={() => props.onSelect(run.id)} />
        </span>
        <span role="gridcell" aria-colindex={2}>
          <button
            type="button"
            className="eye"
            aria-pressed={color !== null}
            aria-label={`${run.name} ${short} in charts`}
            onClick={() => props.onDraw(run.id)}
          >
            <i style={color === null ? {} : { background: color, borderColor: color }} />
          </button>
        </span>
        <span role="gridcell" aria-colindex={3} className="verdict name-cell" style={{ paddingLeft: depth * 16 }}>
          {onOpen &&
            (run.children > 0 ? (
              <button
                type="button"
                className="open-below"
                aria-label={`${opened ? "Hide" : "Show"} ${run.children} runs below ${run.name}`}
                onClick={() => onOpen(run.id)}
              >
                {opened ? (
                  <IconChevronDown size={14} stroke={1.75} aria-hidden />
                ) : (
                  <IconChevronRight size={14} stroke={1.75} aria-hidden />
                )}
              </button>
            ) : (
              <span className="open-below" />
            ))}
          <VerdictGlyph mark={markOf(run)} />
          {/* The table follows its clicks: a router's link in every row would cost more than the row. */}
          <a href={`/p/${project}/runs/${run.id}`} className="name" title={run.name}>
            {run.name}
          </a>
          {onOpen && run.children > 0 && <span className="muted">{run.children}</span>}
          {run.kind !== "user" && <span className="tag">{kindWord[run.kind]}</span>}
          {props.isBase && <span className="tag">baseline</span>}
          <button
            type="button"
            className={props.pinned ? "pin pinned" : "pin"}
            aria-pressed={props.pinned}
            aria-label={`Keep ${run.name} ${short} on top`}
            title={props.pinned ? "Let it go from the top" : "Keep it on top"}
            tabIndex={-1}
            onClick={() => props.onPin(run.id)}
          >
            <IconPin size={14} stroke={1.75} aria-hidden />
          </button>
        </span>
      </div>
      {shown.map(({ index: i, start }) => {
        const column = columns[i];
        if (!column) return null;
        const value = run.values[i];
        const difference = base && comparable(column) ? differenceOf(numberOf(value), numberOf(base[i])) : undefined;
        const signed = difference === undefined ? undefined : `${difference > 0 ? "+" : ""}${number(difference)}`;
        return (
          <span
            key={column.key}
            role="gridcell"
            aria-colindex={i + 4}
            className={column.numeric ? "at num" : "at"}
            style={{ left: start, width: column.width }}
            {...(signed !== undefined && { title: `${signed} against the baseline` })}
          >
            {i === main && range && typeof value !== "object" && Number.isFinite(Number(value)) && (
              <i
                className="cell-bar"
                aria-hidden
                style={{ width: `${range[1] === range[0] ? 100 : 6 + (94 * (Number(value) - range[0])) / (range[1] - range[0])}%` }}
              />
            )}
            {column.key === "seconds" && run.status === "RUNNING" && run.progress?.total ? (
              `${Math.round((100 * run.progress.done) / run.progress.total)} %`
            ) : delta && base && comparable(column) ? (
              (signed ?? <span className="muted">{value === null || value === undefined ? "·" : "="}</span>)
            ) : (
              <Cell column={column} value={column.key === "seconds" ? run.seconds : value} />
            )}
          </span>
        );
      })}
    </div>
  );
}
const numberOf = (value: Row["values"][number] | undefined): number | undefined =>
  value === null || value === undefined || value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value);
/** When a run began is no size. */
const comparable = (column: TableColumn): boolean => column.numeric && column.key !== "started" && column.key !== "ended";

export const GridRow = memo(GridRowView);
