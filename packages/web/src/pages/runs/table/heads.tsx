import { useState } from "react";
import { type TableColumn, widthLimits } from "./columns.ts";
import type { Selection } from "./selection.ts";

const widthStep = 16;

type Props = {
  columns: readonly TableColumn[];
  shown: readonly { index: number; start: number }[];
  sort: string;
  onSort: (sort: string) => void;
  onColumns: (keys: readonly string[]) => void;
  selection: Selection;
  total: number;
  /** Without a number: as wide as usual. */ onWidth: (key: string, pixels: number | undefined) => void;
};

/** Sorts on click; Alt and an arrow moves the column, dragging it too; with Shift they make it wider or narrower, and so does its edge. */
export function Heads({ columns, shown, sort, onSort, onColumns, selection, total, onWidth }: Props) {
  const sortOf = (key: string) => (sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none");
  const arrow = (key: string): string => (sort === key ? " ↑" : sort === `-${key}` ? " ↓" : "");
  const turn = (key: string): void => onSort(sort === `-${key}` ? key : `-${key}`);
  const keys = columns.map((one) => one.key);
  const move = (from: number, to: number): void => {
    if (from < 0 || to < 0 || to >= keys.length || from === to) return;
    const next = keys.toSpliced(from, 1);
    onColumns(next.toSpliced(to, 0, keys[from] ?? ""));
  };
  return (
    <div role="rowgroup" className="runs-heads">
      <div role="row" aria-rowindex={1} className="runs-row">
        <div className="lead" role="presentation">
          <span role="columnheader" aria-colindex={1} className="pick">
            <input
              type="checkbox"
              aria-label={`Select all ${total} that match`}
              checked={selection.all}
              ref={(box) => {
                if (box) box.indeterminate = !selection.all && selection.count > 0;
              }}
              onChange={(event) => selection.setAll(event.target.checked)}
            />
          </span>
          <span role="columnheader" aria-colindex={2} className="eye-head">
            <span className="visually-hidden">In charts</span>
          </span>
          <span role="columnheader" aria-colindex={3} aria-sort={sortOf("name")}>
            <button type="button" onClick={() => turn("name")}>
              Run<span aria-hidden>{arrow("name")}</span>
            </button>
          </span>
        </div>
        {shown.map(({ index, start }) => {
          const column = columns[index];
          if (!column) return null;
          return (
            <span
              key={column.key}
              role="columnheader"
              aria-colindex={index + 4}
              aria-sort={sortOf(column.key)}
              className={column.numeric ? "at num" : "at"}
              style={{ left: start, width: column.width }}
              draggable
              onDragStart={(event) => event.dataTransfer.setData("text/column", column.key)}
              onDragOver={(event) => event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault();
                move(keys.indexOf(event.dataTransfer.getData("text/column")), index);
              }}
            >
              <button
                type="button"
                title={`${column.key}: sort; Alt with an arrow moves the column, with Shift, too, widens it`}
                onClick={() => turn(column.key)}
                onKeyDown={(event) => {
                  if (!event.altKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
                  event.preventDefault();
                  event.stopPropagation();
                  if (event.shiftKey) return onWidth(column.key, column.width + (event.key === "ArrowLeft" ? -widthStep : widthStep));
                  move(index, index + (event.key === "ArrowLeft" ? -1 : 1));
                }}
              >
                {column.name}
                {column.note !== "" && <small> {column.note}</small>}
                <span aria-hidden>{arrow(column.key)}</span>
              </button>
              <Edge column={column} onWidth={onWidth} />
            </span>
          );
        })}
      </div>
    </div>
  );
}

/** The right edge of a head: dragged it sets the width, a double click takes the usual one. */
function Edge({ column, onWidth }: { column: TableColumn; onWidth: Props["onWidth"] }) {
  const [from, setFrom] = useState<number>();
  const [by, setBy] = useState(0);
  return (
    <i
      className={from === undefined ? "edge" : "edge dragged"}
      aria-hidden
      // The head is moved by dragging, its edge is not.
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      style={{ transform: `translateX(${by}px)` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setFrom(event.clientX);
      }}
      onPointerMove={(event) => from !== undefined && setBy(Math.max(widthLimits.least - column.width, event.clientX - from))}
      onPointerUp={() => {
        if (by !== 0) onWidth(column.key, column.width + by);
        setFrom(undefined);
        setBy(0);
      }}
      onDoubleClick={() => onWidth(column.key, undefined)}
    />
  );
}
