import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export type Line = {
  label: string;
  values: readonly (number | null)[];
  color?: string;
  dash?: number[];
  width?: number;
  /** Drawn, but without a name above the chart. */ quiet?: boolean;
  /** Least and greatest of what each value stands for, drawn as a tint behind the line. */
  band?: { low: readonly (number | null)[]; high: readonly (number | null)[] };
};
export type Range = { from: number; to: number };

const none: readonly number[] = [];

/** Changes when the theme does: a canvas does not follow variables by itself. */
function useTheme(): string {
  const [theme, setTheme] = useState(document.documentElement.dataset["theme"] ?? "light");
  useEffect(() => {
    const watch = new MutationObserver(() => setTheme(document.documentElement.dataset["theme"] ?? "light"));
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => watch.disconnect();
  }, []);
  return theme;
}

/**
 * Lines over a shared x; `time`: x is seconds since 1970. Bounds are drawn as dashed horizontal lines in the fail colour.
 * The same numbers stand in a table behind the button, for who cannot see the drawing.
 */
export function LineChart({
  x,
  lines,
  height = 200,
  time = false,
  bounds = none,
  summary,
  log = false,
  range = null,
  onRange,
  xText,
}: {
  x: readonly number[];
  lines: readonly Line[];
  height?: number;
  time?: boolean;
  bounds?: readonly number[];
  summary: string;
  log?: boolean;
  /** The part of x that is shown; all of it when null. */
  range?: Range | null;
  /** Told the part of x that was dragged over; null on a double click. */
  onRange?: (range: Range | null) => void;
  xText?: (x: number) => string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [table, setTable] = useState(false);
  const theme = useTheme();
  const told = useRef(onRange);
  told.current = onRange;
  const zooms = onRange !== undefined;
  const from = range?.from;
  const to = range?.to;
  useEffect(() => {
    const element = box.current;
    if (!element || table) return;
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue(name.replace(/^var\(|\)$/g, "")).trim();
    const axis = {
      stroke: color("--ink-3"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "10.5px Inter, sans-serif",
    };
    const all = [
      ...lines,
      ...bounds.map((bound): Line => ({
        label: "bound",
        values: x.map(() => bound),
        color: "var(--fail-glyph)",
        dash: [5, 4],
        width: 1.2,
      })),
    ];
    const banded = lines.flatMap((line, i) => (line.band ? [{ ...line.band, of: i }] : []));
    const hidden = { width: 0, points: { show: false }, spanGaps: true };
    const chart = new uPlot(
      {
        width: Math.max(240, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false, ...(zooms && { drag: { x: true, y: false, setScale: false } }) },
        ...(zooms && {
          hooks: {
            setSelect: [
              (self: uPlot) => {
                const { left, width } = self.select;
                if (width < 4) return;
                told.current?.({ from: self.posToVal(left, "x"), to: self.posToVal(left + width, "x") });
              },
            ],
            ready: [(self: uPlot) => self.over.addEventListener("dblclick", () => told.current?.(null))],
          },
        }),
        scales: {
          x: { time, ...(from !== undefined && to !== undefined && { range: [from, to] as [number, number] }) },
          ...(log && { y: { distr: 3 } }),
        },
        axes: [
          { ...axis, size: 30, grid: { show: false }, ...(xText && { values: (_: uPlot, ticks: number[]) => ticks.map(xText) }) },
          { ...axis, size: 56 },
        ],
        series: [
          {},
          ...all.map((line, i) => ({
            label: line.label,
            stroke: color(line.color ?? `var(--series-${(i % 8) + 1})`),
            width: line.width ?? 2,
            points: { show: x.length < 40 && !line.dash, size: 4 },
            spanGaps: true,
            ...(line.dash && { dash: line.dash }),
          })),
          ...banded.flatMap(() => [hidden, hidden]),
        ],
        bands: banded.map((band, i) => ({
          series: [all.length + 1 + 2 * i, all.length + 2 + 2 * i] as [number, number],
          fill: `${color(lines[band.of]?.color ?? `var(--series-${(band.of % 8) + 1})`)}29`,
        })),
      },
      [
        x as number[],
        ...all.map((line) => line.values as (number | null)[]),
        ...banded.flatMap((band) => [band.high as (number | null)[], band.low as (number | null)[]]),
      ],
      element,
    );
    const resize = new ResizeObserver(() => chart.setSize({ width: Math.max(240, element.clientWidth), height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [x, lines, bounds, height, time, log, table, theme, zooms, from, to, xText]);
  return (
    <figure style={{ margin: 0 }}>
      <figcaption style={{ display: "flex", gap: 14, flexWrap: "wrap", color: "var(--ink-2)", fontSize: "0.75rem" }}>
        {lines.map(
          (line, i) =>
            !line.quiet && (
              <span key={`${line.label} ${i}`} style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
                <i
                  aria-hidden
                  style={{
                    width: 12,
                    height: 0,
                    borderTop: `2px ${line.dash ? "dashed" : "solid"} ${line.color ?? `var(--series-${(i % 8) + 1})`}`,
                  }}
                />
                {line.label}
              </span>
            ),
        )}
        <button
          type="button"
          onClick={() => setTable(!table)}
          style={{ marginLeft: "auto", background: "none", border: 0, padding: 0, color: "var(--accent-ink)", cursor: "pointer" }}
        >
          {table ? "Chart" : "Table"}
        </button>
      </figcaption>
      {table ? (
        <div className="scroll" style={{ maxHeight: height, overflowY: "auto" }} tabIndex={0} role="group" aria-label={summary}>
          <table>
            <thead>
              <tr>
                <th>x</th>
                {lines.map((line) => (
                  <th key={line.label} className="num">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {x.map((at, i) => (
                <tr key={at}>
                  <td>{xText ? xText(at) : time ? new Date(at * 1000).toISOString().slice(0, 16) : at}</td>
                  {lines.map((line) => (
                    <td key={line.label} className="num">
                      {line.values[i] === null || line.values[i] === undefined ? "–" : Number(line.values[i]?.toPrecision(5))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div ref={box} role="img" aria-label={summary} />
      )}
    </figure>
  );
}
