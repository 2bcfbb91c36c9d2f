import { useNavigate } from "@tanstack/react-router";
import { startTransition, useEffect, useMemo, useRef, useState } from "react";
import { number } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { colorOf } from "../table/columns.ts";
import { extent } from "./grid.ts";
import { NameChoice } from "./name-choice.tsx";
import { asNumber, bare, type ManyRuns, metricsOf, ofHowMany, usePoints, varyingParams } from "./values.ts";

const pointsAtMost = 1000;
const [height, left, right, top, bottom] = [230, 56, 12, 10, 26];
const nearPixels = 12;

type Props = ManyRuns & { project: string; drawn: readonly string[] };

/** Two values of each run against each other, for the first runs of the order. */
export function ScatterCard({ project, question, order, total, drawn, names }: Props) {
  const metrics = metricsOf(names);
  const numeric = [
    ...metrics,
    ...varyingParams(names)
      .filter((one) => one.numeric)
      .map((one) => one.key),
  ];
  const [chosenX, setX] = useState<string>();
  const [chosenY, setY] = useState<string>();
  const y = chosenY ?? metrics[0];
  const x = chosenX ?? numeric.find((one) => one.startsWith("params.")) ?? metrics[1];
  const { points, asking } = usePoints(question, order, x && y ? [x, y] : [], pointsAtMost);
  const navigate = useNavigate();
  const box = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [theme, setTheme] = useState(0);
  const [over, setOver] = useState<{ id: string; name: string; x: number; y: number }>();
  const placed = useMemo(
    () =>
      points.flatMap((one) => {
        const [a, b] = [asNumber(one.values[0]), asNumber(one.values[1])];
        return a === null || b === null ? [] : [{ id: one.id, name: one.name, x: a, y: b }];
      }),
    [points],
  );
  const [[x0, x1], [y0, y1]] = [extent(placed.map((one) => one.x)), extent(placed.map((one) => one.y))];
  const px = (value: number): number => left + ((value - x0) / (x1 - x0)) * (width - left - right);
  const py = (value: number): number => top + (1 - (value - y0) / (y1 - y0)) * (height - top - bottom);
  useEffect(() => {
    const canvas = box.current;
    if (!canvas?.parentElement) return;
    const resize = new ResizeObserver(() => startTransition(() => setWidth(Math.max(240, canvas.parentElement?.clientWidth ?? 240))));
    resize.observe(canvas.parentElement);
    const watch = new MutationObserver(() => setTheme((old) => old + 1));
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resize.disconnect();
      watch.disconnect();
    };
  }, []);
  useEffect(() => {
    const canvas = box.current;
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen || width === 0) return;
    const density = window.devicePixelRatio;
    [canvas.width, canvas.height] = [width * density, height * density];
    pen.scale(density, density);
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue(name.replace(/^var\(|\)$/g, "")).trim();
    pen.font = "10.5px Inter, sans-serif";
    for (let i = 0; i <= 4; i++) {
      const [valueX, valueY] = [x0 + ((x1 - x0) * i) / 4, y0 + ((y1 - y0) * i) / 4];
      pen.fillStyle = color("--line");
      pen.fillRect(left, py(valueY), width - left - right, 1);
      pen.fillStyle = color("--ink-3");
      pen.textAlign = "right";
      pen.fillText(number(valueY), left - 8, py(valueY) + 4);
      pen.textAlign = i === 0 ? "left" : i === 4 ? "right" : "center";
      pen.fillText(number(valueX), px(valueX), height - 8);
    }
    const chosen = new Set(drawn);
    for (const one of placed.toSorted((a, b) => Number(chosen.has(a.id)) - Number(chosen.has(b.id)))) {
      const own = colorOf(one.id, drawn);
      pen.fillStyle = own === null ? color("--reference") : color(own);
      pen.globalAlpha = own === null ? 0.45 : 1;
      pen.beginPath();
      pen.arc(px(one.x), py(one.y), own === null ? 2.5 : 4.5, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
    // Where things are drawn follows from these.
  }, [placed, width, theme, drawn]);
  if (!x || !y) return null;
  const find = (event: React.MouseEvent): typeof over => {
    const area = event.currentTarget.getBoundingClientRect();
    const [mx, my] = [event.clientX - area.left, event.clientY - area.top];
    let best: typeof over;
    let nearest = nearPixels;
    for (const one of placed) {
      const distance = Math.hypot(px(one.x) - mx, py(one.y) - my);
      if (distance < nearest) [nearest, best] = [distance, one];
    }
    return best;
  };
  return (
    <Card
      title="Scatter"
      note={ofHowMany(placed.length, total)}
      right={
        <span className="chart-right">
          <NameChoice label="Upwards" keys={numeric} value={y} onChoose={setY} />
          by
          <NameChoice label="To the right" keys={numeric} value={x} onChoose={setX} />
        </span>
      }
    >
      <div className="plot" aria-busy={asking && placed.length === 0}>
        <canvas
          ref={box}
          role="img"
          aria-label={`${bare(y)} by ${bare(x)} of ${placed.length} runs, ${number(y0)} to ${number(y1)} by ${number(x0)} to ${number(x1)}; the table holds the same values`}
          style={{ width: "100%", height, cursor: over ? "pointer" : "default" }}
          onMouseMove={(event) => {
            const next = find(event);
            if (next?.id !== over?.id) setOver(next);
          }}
          onMouseLeave={() => setOver(undefined)}
          onClick={() => over && void navigate({ to: `/p/${project}/runs/${over.id}` as never })}
        />
        {over && (
          <div
            className="plot-tip"
            aria-hidden
            style={px(over.x) > width / 2 ? { right: width - px(over.x) + 10 } : { left: px(over.x) + 10 }}
          >
            <strong>{over.name}</strong>
            <div>
              <span>{bare(y)}</span>
              <b>{number(over.y)}</b>
            </div>
            <div>
              <span>{bare(x)}</span>
              <b>{number(over.x)}</b>
            </div>
          </div>
        )}
      </div>
    </Card>
  );
}
