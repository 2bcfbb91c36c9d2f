import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef } from "react";
import type { Columns } from "./columns.ts";
import { useActive } from "./active.ts";
import { GridRow } from "./grid-row.tsx";
import { Heads } from "./heads.tsx";
import type { Opened } from "./opened.ts";
import type { Pinned } from "./pinned.ts";
import { placesOf } from "./places.ts";
import type { Lines, Row } from "./rows.ts";
import type { Selection } from "./selection.ts";

export const rowPixels = 32;
/** Choosing, eye and name stay at the left. */
export const leadPixels = 322;

type Props = {
  project: string;
  rows: Lines;
  columns: Columns;
  selection: Selection;
  drawn: readonly string[];
  onDraw: (ids: readonly string[]) => void;
  pinned: Pinned;
  /** Null: runs are not nested. */ nested: { opened: Opened; below: ReadonlyMap<string, readonly Row[]> } | null;
};

/** One continuous table: only the rows and columns in view are mounted, the scroll bars are true. */
export const RunsGrid = memo(function RunsGrid({ project, rows: lines, columns: all, selection, drawn, onDraw, pinned, nested }: Props) {
  const { count: total, counted, row, look, stale } = lines;
  const { shown: columns, sort } = all;
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const places = placesOf(total, row, nested?.opened.opened ?? none, nested?.below ?? none);
  const rows = useVirtualizer({
    count: places.count,
    getScrollElement: () => box.current,
    estimateSize: () => rowPixels,
    overscan: 10,
    scrollPaddingStart: 36 + pinned.rows.length * rowPixels,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => box.current,
    estimateSize: (i) => columns[i]?.width ?? 90,
    overscan: 3,
    paddingStart: leadPixels,
  });
  const widths = columns.map((one) => one.width).join();
  useEffect(() => across.measure(), [across, widths]);
  const items = rows.getVirtualItems();
  const [active, setActive] = useActive(
    places,
    items.map((item) => item.index),
  );
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const [from, to] = [places.line(first).at ?? first, Math.min(places.line(last).at ?? last, total - 1)];
  useEffect(() => look(Math.min(from, to), Math.max(from, to)), [look, from, to]);

  const placesAcross = across
    .getVirtualItems()
    .map((item) => `${item.index}:${item.start}`)
    .join();
  // Rows are drawn again only when other columns come into view.
  const shown = useMemo(
    () =>
      placesAcross
        .split(",")
        .filter(Boolean)
        .map((one) => ({ index: Number.parseInt(one, 10), start: Number(one.slice(one.indexOf(":") + 1)) })),
    [placesAcross],
  );
  const main = columns.findIndex((one) => one.key === sort.replace(/^-/, "") && one.numeric && !times.has(one.key));
  const range = useRange(
    main < 0 ? "" : `${columns[main]?.key} ${total}`,
    items.map((item) => places.line(item.index).row?.values[main]),
  );

  const toggleDrawn = useCallback(
    (id: string): void => onDraw(drawn.includes(id) ? drawn.filter((one) => one !== id) : [...drawn, id]),
    [drawn, onDraw],
  );
  const openRow = nested?.opened.open;
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const target = event.target as HTMLElement;
    if (event.metaKey || event.ctrlKey || event.altKey || target.closest("input:not([type=checkbox]),select,textarea")) return;
    const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(places.count - 1, active + move));
      setActive(next);
      rows.scrollToIndex(next);
      return;
    }
    const run = active >= 0 ? places.line(active).row : undefined;
    if (!run || (target !== event.currentTarget && (event.key === "Enter" || event.key === " "))) return;
    if (event.key === "x") selection.toggle(run.id);
    else if (event.key === "X") selection.extend(rangeOf(active));
    else if (event.key === " ") toggleDrawn(run.id);
    else if (event.key === "p") pinned.pin(run.id);
    else if (event.key === "b") pinned.setBase(run.id);
    else if (event.key === "d") pinned.turnDelta();
    else if (event.key === "Enter") void navigate({ to: `/p/${project}/runs/${run.id}` as never });
    else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && openRow && run.children > 0) {
      if ((event.key === "ArrowRight") !== nested.opened.ids.includes(run.id)) openRow(run.id);
    } else return;
    event.preventDefault();
  };
  /** Ids from the last chosen row to this one. */
  const rangeOf = (to: number): string[] => {
    const lines = Array.from({ length: Math.min(places.count, 5000) }, (_, i) => places.line(i).row?.id);
    const start = lines.indexOf(selection.last ?? "");
    const [low, high] = [Math.min(start < 0 ? to : start, to), Math.max(start, to)];
    return lines.slice(low, high + 1).filter((one) => one !== undefined);
  };

  const common = {
    project,
    columns,
    shown,
    onSelect: selection.toggle,
    onDraw: toggleDrawn,
    onOpen: openRow,
    main,
    range,
    onPin: pinned.pin,
  };
  const stateOf = (run: Row | undefined) => ({
    selected: run !== undefined && selection.has(run.id),
    drawnAt: run === undefined ? -1 : drawn.indexOf(run.id),
    opened: run !== undefined && (nested?.opened.ids.includes(run.id) ?? false),
    pinned: run !== undefined && pinned.ids.includes(run.id),
    isBase: run !== undefined && pinned.base?.id === run.id,
    base: run === undefined || pinned.base?.id === run.id ? undefined : pinned.base?.values,
    delta: pinned.delta,
  });

  return (
    <section className="card runs-card" aria-label="Runs">
      <div
        ref={box}
        className={`runs-scroll${stale ? " stale" : ""}`}
        role="grid"
        tabIndex={0}
        aria-label="Table of runs"
        aria-rowcount={counted ? places.count + 1 : -1}
        aria-colcount={columns.length + 3}
        aria-multiselectable
        {...(items.some((one) => one.index === active) && { "aria-activedescendant": `row-${active}` })}
        onKeyDown={onKey}
        onClick={(event) => {
          const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a.name");
          if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
          event.preventDefault();
          void navigate({ to: link.pathname as never });
        }}
        onFocus={(event) => {
          if (event.target === event.currentTarget && active < 0) setActive(first);
        }}
        style={{ height: Math.min(Math.max(places.count, 3) * rowPixels + pinned.rows.length * rowPixels + 38, 760) }}
      >
        <div
          className="runs-inner"
          role="presentation"
          style={{ width: across.getTotalSize(), height: rows.getTotalSize() + 34 + pinned.rows.length * rowPixels }}
        >
          <Heads columns={all} shown={shown} selection={selection} total={total} />
          {pinned.rows.length > 0 && (
            <div role="rowgroup" className="runs-pinned" aria-label="Runs that stay on top">
              {pinned.rows.map((run, i) => (
                <GridRow key={run.id} {...common} index={-1 - i} top={0} run={run} depth={0} active={false} {...stateOf(run)} />
              ))}
            </div>
          )}
          <div role="rowgroup" className="runs-body" style={{ height: rows.getTotalSize() }}>
            {items.map((item) => {
              const placed = places.line(item.index);
              return (
                <GridRow
                  key={placed.row?.id ?? `waiting ${item.index}`}
                  {...common}
                  index={item.index}
                  top={item.start}
                  run={placed.row}
                  depth={placed.depth}
                  active={item.index === active}
                  {...stateOf(placed.row)}
                />
              );
            })}
          </div>
        </div>
      </div>
    </section>
  );
});

/** The range of all values of a column that were in view. */
function useRange(of: string, values: readonly unknown[]): readonly [number, number] | null {
  const seen = useRef<{ of: string; range: readonly [number, number] | null }>({ of, range: null });
  if (seen.current.of !== of) seen.current = { of, range: null };
  if (of === "") return null;
  for (const one of values) {
    const value = typeof one === "number" || (typeof one === "string" && one !== "") ? Number(one) : NaN;
    if (!Number.isFinite(value)) continue;
    const { range } = seen.current;
    if (range === null) seen.current.range = [value, value];
    else if (value < range[0] || value > range[1]) seen.current.range = [Math.min(range[0], value), Math.max(range[1], value)];
  }
  return seen.current.range;
}

const none: ReadonlyMap<string, never> = new Map<string, never>();
const times = new Set(["started", "ended"]);
