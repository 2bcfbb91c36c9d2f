import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconArrowLeft, IconArrowRight, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { client } from "../../data/api.ts";
import { count, number, seconds } from "../../parts/format.tsx";
import { Card, Failure } from "../../parts/layout.tsx";
import { type Line, LineChart, type Range } from "../../parts/line-chart.tsx";
import { appended } from "./appended.ts";
import { useFollowed } from "./followed.tsx";
import { type Axis, axisWord, joined, type Series, smoothed, stepsOf } from "./curve-x.ts";

export type Drawing = { axis: Axis; log: boolean; smooth: number };
/** A run's part in a chart. */
export type Source = { run: string; name: string };

const elapsed = (x: number): string => seconds(Math.max(0, x));

/**
 * One chart of metrics that belong together, of one run or of the runs within it. It asks for as many buckets as it is wide,
 * and again for the part that is zoomed to; meanwhile the old line stands.
 */
export function MetricCard({
  project,
  title,
  keys,
  sources,
  startMs,
  drawing,
  live,
  height = 190,
  reference,
}: {
  project: string;
  title: string;
  keys: readonly string[];
  sources: readonly Source[];
  startMs: number;
  drawing: Drawing;
  live: boolean;
  height?: number;
  /** A run that they are held against. */ reference?: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [range, setRange] = useState<Range | null>(null);
  const [steps, setSteps] = useState<{ from: number; to: number }>();
  useEffect(() => setWidth(box.current?.clientWidth ?? 600), []);
  useEffect(() => {
    setRange(null);
    setSteps(undefined);
  }, [drawing.axis]);
  const asked = {
    project,
    run: [...sources.map((one) => one.run), ...(reference === undefined ? [] : [reference])].join(","),
    key: [...keys],
    buckets: Math.max(100, Math.min(2000, width - 56)),
    ...(steps && { fromStep: steps.from, toStep: steps.to }),
  };
  // Of a run that goes on, new points come by its stream; of runs within it, by being read again.
  const followed = useFollowed();
  const streams = live && sources.every((one) => one.run === followed.run);
  const answer = useQuery({
    queryKey: [streams ? "followed.series" : "runs.series", asked],
    queryFn: ({ signal }) => client.call("runs.series", asked, { signal }),
    enabled: width > 0,
    placeholderData: keepPreviousData,
    staleTime: live ? 500 : 60_000,
    ...(live && { refetchInterval: streams ? 30_000 : 5_000 }),
  });
  const zoomed = steps !== undefined;
  const all = useMemo(
    () =>
      (answer.data?.series ?? [])
        .map((one) => (streams && !zoomed && one.run === followed.run ? appended(one, followed.points.get(one.key) ?? []) : one))
        .filter((one) => one.points > 1),
    [answer.data, streams, zoomed, followed],
  );
  /** The whole curve as it was last drawn: a part that is not loaded is looked up in it. */
  const whole = useRef<readonly Series[]>([]);
  if (steps === undefined && !answer.isPlaceholderData && all.length > 0) whole.current = all;
  const { refetch } = answer;
  const was = useRef(live);
  useEffect(() => {
    if (was.current && !live) void refetch();
    was.current = live;
  }, [live, refetch]);
  const zoom = (to: Range | null): void => {
    if (to === null) {
      setRange(null);
      setSteps(undefined);
      return;
    }
    const loaded = range !== null && to.from >= range.from && to.to <= range.to ? all : whole.current;
    const found = stepsOf(loaded, drawing.axis, startMs, to);
    if (!found || found.to <= found.from) return;
    setRange(to);
    setSteps(found);
  };
  if (answer.isSuccess && !answer.isPlaceholderData && all.length === 0 && steps === undefined) return null;
  const own = all.filter((one) => one.run !== reference);
  const points = Math.max(0, ...own.map((one) => one.points));
  const buckets = Math.max(0, ...own.map((one) => one.step.length));
  const shown =
    range === null
      ? `${buckets === points ? count(points) : `${count(buckets)} of ${count(points)}`} points`
      : `${count(buckets)} points of this part`;
  return (
    <Card title={title} note={`by ${axisWord[drawing.axis]}`} right={all.length > 0 ? shown : undefined}>
      <div ref={box} style={{ minHeight: height }}>
        {answer.isError ? (
          <Failure error={answer.error} retry={() => void answer.refetch()} />
        ) : (
          all.length > 0 && (
            <Drawn
              title={title}
              all={all}
              sources={sources}
              reference={reference}
              startMs={startMs}
              drawing={drawing}
              height={height}
              range={range}
              zoom={zoom}
            />
          )
        )}
      </div>
    </Card>
  );
}

function Drawn({
  title,
  all,
  sources,
  reference,
  startMs,
  drawing,
  height,
  range,
  zoom,
}: {
  title: string;
  all: readonly Series[];
  sources: readonly Source[];
  reference: string | undefined;
  startMs: number;
  drawing: Drawing;
  height: number;
  range: Range | null;
  zoom: (to: Range | null) => void;
}) {
  const { axis, log, smooth } = drawing;
  const { x, lines } = useMemo(() => {
    const found = joined(all, axis, startMs);
    const many = new Set(all.map((one) => one.run).filter((one) => one !== reference)).size > 1;
    const name = (series: Series): string =>
      many ? `${sources.find((one) => one.run === series.run)?.name ?? series.run.slice(0, 8)} ${series.key}` : series.key;
    return {
      x: found.x,
      lines: found.lines.flatMap((line, i): Line[] => {
        if (line.series.run === reference) {
          const named = found.lines.findIndex((one) => one.series.run === reference) === i;
          return [{ label: "the run before", values: line.values, color: "var(--reference)", dash: [5, 4], width: 1.4, quiet: !named }];
        }
        const color = `var(--series-${(i % 8) + 1})`;
        const one = {
          label: name(line.series),
          values: smooth === 0 ? line.values : smoothed(line.values, smooth),
          color,
          ...(!line.series.exact && smooth === 0 && { band: { low: line.low, high: line.high } }),
        };
        return smooth === 0
          ? [one]
          : [{ label: `${one.label}, as logged`, values: line.values, color: "var(--line-strong)", width: 1, quiet: true }, one];
      }),
    };
  }, [all, axis, startMs, smooth, sources, reference]);
  const summary = `${title}: ${all
    .map((one) => `${one.key} goes from ${number(one.first[0])} to ${number(one.last.at(-1))}, least ${number(leastOf(one))}`)
    .join("; ")}`;
  const whole: Range = { from: x[0] ?? 0, to: x.at(-1) ?? 1 };
  const now = range ?? whole;
  const size = now.to - now.from;
  const part = (from: number, to: number) => () => zoom({ from, to });
  return (
    <>
      <LineChart
        x={x}
        lines={lines}
        height={height}
        summary={summary}
        log={log}
        time={axis === "clock"}
        range={range}
        onRange={zoom}
        {...(axis === "elapsed" && { xText: elapsed })}
      />
      <div className="zoom" role="group" aria-label={`Part of ${title}`}>
        {range !== null && (
          <>
            <button
              type="button"
              className="icon-button small"
              aria-label="Earlier"
              title="Earlier"
              onClick={part(now.from - size / 2, now.to - size / 2)}
            >
              <IconArrowLeft size={14} stroke={1.75} />
            </button>
            <button
              type="button"
              className="icon-button small"
              aria-label="Later"
              title="Later"
              onClick={part(now.from + size / 2, now.to + size / 2)}
            >
              <IconArrowRight size={14} stroke={1.75} />
            </button>
            <button type="button" className="text-button" onClick={() => zoom(null)}>
              Whole curve
            </button>
            <button
              type="button"
              className="icon-button small"
              aria-label="Zoom out"
              title="Zoom out"
              onClick={part(now.from - size / 2, now.to + size / 2)}
            >
              <IconZoomOut size={14} stroke={1.75} />
            </button>
          </>
        )}
        <button
          type="button"
          className="icon-button small"
          aria-label="Zoom in"
          title="Zoom in; or drag over a part"
          onClick={part(now.from + size / 4, now.to - size / 4)}
        >
          <IconZoomIn size={14} stroke={1.75} />
        </button>
      </div>
    </>
  );
}

const leastOf = (series: Series): number | null =>
  series.min.reduce<number | null>((least, one) => (one === null ? least : least === null ? one : Math.min(least, one)), null);
