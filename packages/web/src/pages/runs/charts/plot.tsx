import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { number } from "../../../parts/format.tsx";

export type PlotLine = {
  label: string;
  values: readonly (number | null)[];
  /** A CSS colour of the theme; null: one of the others, thin and grey. */ color: string | null;
  dash?: readonly number[];
  /** Drawn thin behind another line that speaks for it; told nowhere. */ shadow?: boolean;
  band?: { low: readonly (number | null)[]; high: readonly (number | null)[] };
};
export type Part = { from: number; to: number };

export type PlotProps = {
  x: readonly number[];
  lines: readonly PlotLine[];
  height: number;
  time: boolean;
  xText: (x: number) => string;
  logX: boolean;
  logY: boolean;
  yRange: readonly [number, number] | null;
  part: Part | null;
  onPart: (part: Part | null) => void;
  /** Charts of one key move their cursors together. */ together: string;
  summary: string;
};

const told = 8;
const steps = { ArrowLeft: -1, ArrowRight: 1 } as const;

/**
 * Lines on a canvas with a cursor that tells the nearest values, greatest first. Dragging shows a part, a double click all of it;
 * with the keyboard arrows move the cursor, + and − zoom, 0 shows all.
 */
export function Plot({ x, lines, height, time, xText, logX, logY, yRange, part, onPart, together, summary }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const spoken = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const latest = useRef({ onPart, xText });
  useEffect(() => {
    latest.current = { onPart, xText };
  });
  useEffect(() => {
    const element = box.current;
    if (!element || x.length === 0) return;
    const drawing = (): uPlot => {
      const css = getComputedStyle(document.documentElement);
      const color = (name: string): string => css.getPropertyValue(name.replace(/^var\(|\)$/g, "")).trim();
      const axis = {
        stroke: color("--ink-3"),
        grid: { stroke: color("--line"), width: 1 },
        ticks: { show: false },
        font: "10.5px Inter, sans-serif",
      };
      const bands: uPlot.Band[] = [];
      const series: uPlot.Series[] = [{}];
      const data: (readonly (number | null)[])[] = [x];
      for (const line of lines) {
        const hue = line.color === null ? color("--line-strong") : color(line.color);
        if (line.band && line.color !== null) {
          bands.push({ series: [data.length, data.length + 1], fill: `color-mix(in srgb, ${hue} 16%, transparent)` });
          for (const edge of [line.band.high, line.band.low]) {
            data.push(edge);
            series.push({ show: true, stroke: "transparent", width: 0, points: { show: false }, spanGaps: true });
          }
        }
        data.push(line.values);
        series.push({
          label: line.label,
          stroke: line.shadow ? `color-mix(in srgb, ${hue} 35%, transparent)` : hue,
          width: line.color === null || line.shadow ? 1 : 2,
          points: { show: x.length < 40 && line.color !== null, size: 4 },
          spanGaps: true,
          ...(line.dash && { dash: [...line.dash] }),
        });
      }
      return new uPlot(
        {
          width: Math.max(240, element.clientWidth),
          height,
          legend: { show: false },
          cursor: {
            y: false,
            sync: { key: together },
            drag: { x: true, y: false, setScale: false },
            points: { show: false },
          },
          bands,
          scales: {
            x: { time, ...(logX && { distr: 3 as const }), ...(part && { range: [part.from, part.to] as [number, number] }) },
            y: { ...(logY && { distr: 3 as const }), ...(yRange && !logY && { range: [yRange[0], yRange[1]] as [number, number] }) },
          },
          axes: [
            {
              ...axis,
              size: 30,
              grid: { show: false },
              ...(!time && { values: (_: uPlot, at: number[]) => at.map((one) => latest.current.xText(one)) }),
            },
            { ...axis, size: 58, values: (_: uPlot, at: (number | null)[]) => at.map((one) => (one === null ? "" : number(one))) },
          ],
          series,
          hooks: {
            setSelect: [
              (plot) => {
                if (plot.select.width < 4) return;
                const [from, to] = [plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x")];
                plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
                latest.current.onPart({ from, to });
              },
            ],
            setCursor: [(plot) => tell(plot)],
          },
        },
        data as uPlot.AlignedData,
        element,
      );
    };
    /** What is told at the cursor: of shown lines the nearest point on either side that there is. */
    const at = (i: number): { label: string; value: number; color: string | null }[] =>
      lines
        .filter((line) => !line.shadow)
        .flatMap((line) => {
          const value = near(line.values, i);
          return value === null ? [] : [{ label: line.label, value, color: line.color }];
        })
        .toSorted((a, b) => Number(b.color !== null) - Number(a.color !== null) || b.value - a.value)
        .slice(0, told);
    const tell = (plot: uPlot): void => {
      const place = tip.current;
      if (!place) return;
      const { idx, left = -1 } = plot.cursor;
      const mine = element.matches(":hover") || document.activeElement === element;
      if (idx === null || idx === undefined || left < 0 || !mine) {
        place.hidden = true;
        return;
      }
      const rows = at(idx);
      place.hidden = rows.length === 0;
      place.replaceChildren(
        Object.assign(document.createElement("strong"), { textContent: latest.current.xText(x[idx] ?? 0) }),
        ...rows.map((row) => {
          const line = document.createElement("div");
          const dot = document.createElement("i");
          dot.style.background = row.color ?? "var(--line-strong)";
          line.append(
            dot,
            Object.assign(document.createElement("span"), { textContent: row.label }),
            Object.assign(document.createElement("b"), { textContent: number(row.value) }),
          );
          return line;
        }),
      );
      const over = left + 58;
      place.style.left = over > element.clientWidth / 2 ? "" : `${over + 14}px`;
      place.style.right = over > element.clientWidth / 2 ? `${element.clientWidth - over + 14}px` : "";
    };
    let plot = drawing();
    chart.current = plot;
    const resize = new ResizeObserver(() => plot.setSize({ width: Math.max(240, element.clientWidth), height }));
    resize.observe(element);
    // A canvas does not follow variables by itself.
    const theme = new MutationObserver(() => {
      plot.destroy();
      plot = drawing();
      chart.current = plot;
    });
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const whole = (): void => latest.current.onPart(null);
    element.addEventListener("dblclick", whole);
    return () => {
      resize.disconnect();
      theme.disconnect();
      element.removeEventListener("dblclick", whole);
      plot.destroy();
      chart.current = null;
    };
  }, [x, lines, height, time, logX, logY, yRange, part, together]);

  const onKey = (event: React.KeyboardEvent): void => {
    const plot = chart.current;
    if (!plot || event.metaKey || event.ctrlKey || event.altKey) return;
    const now = part ?? { from: x[0] ?? 0, to: x.at(-1) ?? 1 };
    const size = now.to - now.from;
    const idx = plot.cursor.idx ?? Math.floor(x.length / 2);
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const next = Math.max(0, Math.min(x.length - 1, idx + steps[event.key] * (event.shiftKey ? 10 : 1)));
      plot.setCursor({ left: plot.valToPos(x[next] ?? 0, "x"), top: 20 });
      if (spoken.current)
        spoken.current.textContent = `${xText(x[next] ?? 0)}: ${lines
          .filter((line) => line.color !== null && !line.shadow)
          .map((line) => `${line.label} ${number(near(line.values, next))}`)
          .join(", ")}`;
    } else if (event.key === "+" || event.key === "=") {
      const middle = x[idx] ?? (now.from + now.to) / 2;
      onPart({ from: Math.max(now.from, middle - size / 4), to: Math.min(now.to, middle + size / 4) });
    } else if (event.key === "-" && part) onPart({ from: now.from - size / 2, to: now.to + size / 2 });
    else if (event.key === "0") onPart(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="plot">
      <div
        ref={box}
        role="img"
        tabIndex={0}
        aria-label={`${summary}. Arrows move the cursor, plus and minus zoom, 0 shows all.`}
        style={{ minHeight: height }}
        onKeyDown={onKey}
      />
      <div ref={tip} className="plot-tip" hidden aria-hidden />
      <div ref={spoken} className="visually-hidden" aria-live="polite" />
    </div>
  );
}

/** The value at a place, or the closest one before it. */
function near(values: readonly (number | null)[], at: number): number | null {
  for (let i = at; i >= 0 && i > at - 50; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
