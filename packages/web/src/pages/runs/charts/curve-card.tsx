import { startTransition, useEffect, useMemo, useRef, useState } from "react";
import { count, day, number, seconds } from "../../../parts/format.tsx";
import { Card, Failure } from "../../../parts/layout.tsx";
import { axisWord, smoothed } from "../curve-x.ts";
import { hue } from "../status.ts";
import { CurveValues } from "./curve-values.tsx";
import type { Drawing } from "./drawing.ts";
import { gridded, withoutOutliers } from "./grid.ts";
import { Plot, type PlotLine } from "./plot.tsx";
import { type Drawn, useCurves } from "./use-curves.ts";
import { ZoomBar } from "./zoom-bar.tsx";
import "./charts.css";

const legendAtMost = 8;
const dashes: readonly (readonly number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];
const referenceDash = [5, 4];

type Props = {
  project: string;
  family: string;
  keys: readonly string[];
  runs: readonly Drawn[];
  drawing: Drawing;
  height?: number;
  /** Charts of one key move their cursors together. */ together: string;
  /** What has a colour of its own: a run on all charts, or each curve of this one. */ coloured?: "runs" | "curves";
  /** Curves of runs that go on are read again by themselves. */ again?: boolean;
  /** Nothing stands where no run has logged it twice. */ onlyCurves?: boolean;
};

/**
 * One family of metrics of one run or several. It asks for no more points than it has pixels, and again for the part that is zoomed to;
 * until that comes the old line is stretched.
 */
export function CurveCard({
  project,
  family,
  keys,
  runs,
  drawing,
  height = 210,
  together,
  coloured = "runs",
  again = false,
  onlyCurves = false,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [table, setTable] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Many charts change their width at once: what was pressed is painted first.
    const watch = new ResizeObserver(() => startTransition(() => setWidth(Math.max(240, Math.round(element.clientWidth / 40) * 40))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const { axis, logX, logY, smooth, clip } = drawing;
  const pixels = width === 0 ? 0 : Math.max(60, width - 64);
  const { answer, all, starts, part, zoom } = useCurves({ project, keys, runs, again }, axis, pixels);
  const { x, lines, spread } = useMemo(() => {
    const { x, lines } = gridded(all, axis, (run) => starts.get(run) ?? 0, pixels, part);
    const order = new Map(runs.map((run, i) => [run.id, i]));
    const several = runs.filter((run) => !run.reference).length > 1;
    let curve = 0;
    const drawn = lines
      .map((line) => {
        const run = runs[order.get(line.series.run) ?? -1];
        const key = keys.indexOf(line.series.key);
        const name = run?.name ?? line.series.run.slice(0, 8);
        const label =
          run?.reference || coloured === "runs"
            ? `${name}${keys.length > 1 ? ` ${line.series.key}` : ""}`
            : `${several ? `${name} ` : ""}${line.series.key}`;
        const own = coloured === "curves" && run?.color !== null && !run?.reference;
        return {
          line,
          run,
          label,
          dash: run?.reference ? referenceDash : coloured === "runs" ? dashes[key % dashes.length] : undefined,
          color: own ? hue(curve++ % 8) : (run?.color ?? null),
        };
      })
      .toSorted(
        (a, b) =>
          Number(a.color !== null) - Number(b.color !== null) ||
          Number(b.run?.reference ?? false) - Number(a.run?.reference ?? false) ||
          (order.get(b.run?.id ?? "") ?? 0) - (order.get(a.run?.id ?? "") ?? 0),
      );
    const plotted = drawn.flatMap(({ line, run, label, dash, color }): PlotLine[] => {
      const base = { label, color, ...(dash && { dash }) };
      if (smooth > 0 && color !== null)
        return [
          { ...base, values: line.values, shadow: true },
          { ...base, values: smoothed(line.values, smooth) },
        ];
      const banded = color !== null && !run?.reference && !line.series.exact && smooth === 0;
      return [{ ...base, values: line.values, ...(banded && { band: line }) }];
    });
    return { x, lines: plotted, spread: clip ? withoutOutliers(plotted) : null };
  }, [all, axis, starts, pixels, part, runs, keys, coloured, smooth, clip]);
  const points = Math.max(0, ...all.map((one) => one.points));
  if (onlyCurves && answer.isSuccess && !answer.isPlaceholderData && points < 2 && part === null) return null;
  const told = lines.filter((line) => line.color !== null && !line.shadow);
  const xText = (at: number): string =>
    axis === "step"
      ? number(at)
      : axis === "elapsed"
        ? seconds(Math.max(0, at))
        : `${day(new Date(at * 1000).toISOString())} ${new Date(at * 1000).toISOString().slice(11, 19)}`;
  const summary = `${family} by ${axisWord[axis]} of ${runs.length} runs: ${told.map((line) => `${line.label} ends at ${number(line.values.findLast((one) => one !== null))}`).join(", ")}`;
  const dropped = all.reduce((sum, one) => sum + one.nonFinite, 0);

  return (
    <Card
      title={family}
      note={`by ${axisWord[axis]}${logY ? ", log" : ""}${smooth > 0 ? `, smoothed ${smooth}` : ""}`}
      right={
        <span className="chart-right">
          {all.length > 0 && (
            <span>
              {shown(x.length, points, all.length, part !== null)}
              {dropped > 0 && `, ${count(dropped)} not finite`}
            </span>
          )}
          {x.length > 1 && <ZoomBar of={family} whole={{ from: x[0] ?? 0, to: x.at(-1) ?? 1 }} part={part} zoom={zoom} />}
          <button type="button" className="text-button" onClick={() => setTable(!table)}>
            {table ? "Chart" : "Table"}
          </button>
        </span>
      }
    >
      <div
        ref={box}
        style={{ minHeight: height }}
        aria-busy={answer.isFetching && all.length === 0}
        data-asking={answer.isPlaceholderData || undefined}
      >
        {answer.isError ? (
          <Failure error={answer.error} retry={() => void answer.refetch()} />
        ) : table ? (
          <CurveValues x={x} lines={told} xText={xText} summary={summary} height={height} />
        ) : answer.isSuccess && x.length === 0 ? (
          <p className="second">{part ? "No point lies in this part." : "None of the drawn runs has logged it."}</p>
        ) : (
          <>
            <ul className="legend">
              {told
                .toReversed()
                .slice(0, legendAtMost)
                .map((line) => (
                  <li key={line.label}>
                    <i aria-hidden style={{ borderTop: `2px ${line.dash ? "dashed" : "solid"} ${line.color}` }} />
                    {line.label}
                  </li>
                ))}
              {told.length > legendAtMost && <li className="muted">and {told.length - legendAtMost} more</li>}
            </ul>
            <Plot
              x={x}
              lines={lines}
              height={height}
              time={axis === "clock"}
              xText={xText}
              logX={logX && axis === "step" && (part?.from ?? x[0] ?? 0) > 0}
              logY={logY}
              yRange={spread}
              part={part}
              onPart={zoom}
              together={`${together} ${axis}`}
              summary={summary}
            />
          </>
        )}
      </div>
    </Card>
  );
}

/** How much is drawn of how much there is. */
const shown = (places: number, points: number, curves: number, isPart: boolean): string => {
  const each = curves > 1 ? " each" : "";
  if (isPart) return `${count(places)} points${each} of this part`;
  return `${places >= points ? count(points) : `${count(places)} of ${count(points)}`} points${each}`;
};
