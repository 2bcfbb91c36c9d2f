import { useState } from "react";
import { type ColumnActs, type Columns, moved, type TableColumn, widthLimits } from "./columns.ts";
import type { Selection } from "./selection.ts";

const widthStep = 16;

type Props = {
  columns: Columns;
  shown: readonly { index: number; start: number }[];
  selection: Selection;
  total: number;
};

/** Sorts on click; Alt and an arrow moves the column, dragging it too; with Shift they make it wider or narrower, and so does its edge. */
export function Heads({ columns: { shown: columns, sort, acts }, shown, selection, total }: Props) {
  const sortOf = (key: string) => (sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none");
  const arrow = (key: string): string => (sort === key ? " ↑" : sort === `-${key}` ? " ↓" : "");
  const move = (key: string, by: number): void => acts.choose((keys) => moved(keys, key, by));
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
            <button type="button" onClick={() => acts.sort("name")}>
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
                const key = event.dataTransfer.getData("text/column");
                acts.choose((keys) => moved(keys, key, keys.indexOf(column.key) - keys.indexOf(key)));
              }}
            >
              <button
                type="button"
                title={`${column.key}: sort; Alt with an arrow moves the column, with Shift, too, widens it`}
                onClick={() => acts.sort(column.key)}
                onKeyDown={(event) => {
                  if (!event.altKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
                  event.preventDefault();
                  event.stopPropagation();
                  const by = event.key === "ArrowLeft" ? -1 : 1;
                  if (event.shiftKey) acts.widen(column.key, (pixels) => pixels + by * widthStep);
                  else move(column.key, by);
                }}
              >
                {column.name}
                {column.note !== "" && <small> {column.note}</small>}
                <span aria-hidden>{arrow(column.key)}</span>
              </button>
              <Edge column={column} widen={acts.widen} />
            </span>
          );
        })}
      </div>
    </div>
  );
}

/** The right edge of a head: dragged it sets the width, a double click takes the usual one. */
function Edge({ column, widen }: { column: TableColumn; widen: ColumnActs["widen"] }) {
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
        if (by !== 0) widen(column.key, (pixels) => pixels + by);
        setFrom(undefined);
        setBy(0);
      }}
      onDoubleClick={() => widen(column.key, () => undefined)}
    />
  );
}
