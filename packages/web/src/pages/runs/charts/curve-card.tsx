import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { startTransition, useEffect, useMemo, useRef, useState } from "react";
import { client } from "../../../data/api.ts";
import { count, day, number, seconds } from "../../../parts/format.tsx";
import { Card, Failure } from "../../../parts/layout.tsx";
import { axisWord, type Series, smoothed } from "../curve-x.ts";
import type { Drawing } from "./drawing.ts";
import { gridded, stepsWithin, withoutOutliers } from "./grid.ts";
import { type Part, Plot, type PlotLine } from "./plot.tsx";

export type Drawn = { id: string; name: string; /** Null: thin and grey. */ color: string | null; startMs: number; running: boolean };

const legendAtMost = 8;
const dashes: readonly (readonly number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];

type Props = {
  project: string;
  family: string;
  keys: readonly string[];
  runs: readonly Drawn[];
  drawing: Drawing;
  height?: number;
  together: string;
};

/**
 * One family of metrics of several runs. It asks for no more points than it has pixels, and again for the part that is zoomed to;
 * until that comes the old line is stretched.
 */
export function CurveCard({ project, family, keys, runs, drawing, height = 210, together }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [table, setTable] = useState(false);
  const [part, setPart] = useState<Part | null>(null);
  const [steps, setSteps] = useState<{ fromStep: number; toStep: number }>();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(240, Math.round(element.clientWidth / 40) * 40)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const { axis, logX, logY, smooth, clip } = drawing;
  useEffect(() => {
    setPart(null);
    setSteps(undefined);
  }, [axis]);
  const pixels = Math.max(60, width - 64);
  const ids = runs.map((run) => run.id).toSorted();
  const asked = { project, run: ids.join(","), key: [...keys], buckets: Math.min(2000, pixels), ...steps };
  const live = runs.some((run) => run.running);
  const answer = useQuery({
    queryKey: ["runs.series", asked],
    queryFn: ({ signal }) => client.call("runs.series", asked, { signal }),
    enabled: width > 0 && ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: live ? 2_000 : 60_000,
  });
  const all = useMemo(() => (answer.data?.series ?? []).filter((one) => one.points > 0), [answer.data]);
  /** The curves as a whole, in which a part that is not loaded is looked up. */
  const whole = useRef<readonly Series[]>([]);
  if (steps === undefined && !answer.isPlaceholderData && all.length > 0) whole.current = all;
  const starts = useMemo(() => new Map(runs.map((run) => [run.id, run.startMs])), [runs]);
  const startOf = (run: string): number => starts.get(run) ?? 0;
  const zoom = (to: Part | null): void => {
    if (to === null)
      return startTransition(() => {
        setPart(null);
        setSteps(undefined);
      });
    const inside = part !== null && to.from >= part.from && to.to <= part.to;
    const found = stepsWithin(inside ? all : whole.current, axis, startOf, to);
    if (!found || found.toStep <= found.fromStep) return;
    startTransition(() => {
      setPart(to);
      setSteps(found);
    });
  };
  const { x, lines, spread } = useMemo(() => {
    const { x, lines } = gridded(all, axis, (run) => starts.get(run) ?? 0, pixels, part);
    const order = new Map(runs.map((run, i) => [run.id, i]));
    const drawn = lines
      .map((line) => {
        const run = runs[order.get(line.series.run) ?? -1];
        const key = keys.indexOf(line.series.key);
        const label = `${run?.name ?? line.series.run.slice(0, 8)}${keys.length > 1 ? ` ${line.series.key}` : ""}`;
        return { line, run, label, dash: dashes[key % dashes.length], color: run?.color ?? null };
      })
      .toSorted(
        (a, b) =>
          Number(a.color !== null) - Number(b.color !== null) || (order.get(b.run?.id ?? "") ?? 0) - (order.get(a.run?.id ?? "") ?? 0),
      );
    const plotted = drawn.flatMap(({ line, label, dash, color }): PlotLine[] => {
      const base = { label, color, ...(dash && { dash }) };
      if (smooth > 0 && color !== null)
        return [
          { ...base, values: line.values, shadow: true },
          { ...base, values: smoothed(line.values, smooth) },
        ];
      return [{ ...base, values: line.values, ...(color !== null && !line.series.exact && smooth === 0 && { band: line }) }];
    });
    return { x, lines: plotted, spread: clip ? withoutOutliers(plotted) : null };
  }, [all, axis, starts, pixels, part, runs, keys, smooth, clip]);
  const points = Math.max(0, ...all.map((one) => one.points));
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
              {x.length >= points ? `${count(points)} points each` : `${count(x.length)} of ${count(points)} points each`}
              {dropped > 0 && `, ${count(dropped)} not finite`}
            </span>
          )}
          {part !== null && (
            <button type="button" className="text-button" onClick={() => zoom(null)}>
              Whole curve
            </button>
          )}
          <button type="button" className="text-button" onClick={() => setTable(!table)}>
            {table ? "Chart" : "Table"}
          </button>
        </span>
      }
    >
      <div ref={box} style={{ minHeight: height }} aria-busy={answer.isFetching && all.length === 0}>
        {answer.isError ? (
          <Failure error={answer.error} retry={() => void answer.refetch()} />
        ) : table ? (
          <Values x={x} lines={told} xText={xText} summary={summary} height={height} />
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

const rowsAtMost = 200;
/** The same numbers as the drawing. */
function Values({
  x,
  lines,
  xText,
  summary,
  height,
}: {
  x: readonly number[];
  lines: readonly PlotLine[];
  xText: (x: number) => string;
  summary: string;
  height: number;
}) {
  return (
    <div className="scroll" style={{ maxHeight: height, overflowY: "auto" }} tabIndex={0} role="group" aria-label={summary}>
      <table>
        <thead>
          <tr>
            <th scope="col">x</th>
            {lines.map((line) => (
              <th key={line.label} scope="col" className="num">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.slice(0, rowsAtMost).map((at, i) => (
            <tr key={at}>
              <td>{xText(at)}</td>
              {lines.map((line) => (
                <td key={line.label} className="num">
                  {number(line.values[i])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {x.length > rowsAtMost && (
        <p className="muted">
          The first {rowsAtMost} of {count(x.length)}; zoom to see others.
        </p>
      )}
    </div>
  );
}
