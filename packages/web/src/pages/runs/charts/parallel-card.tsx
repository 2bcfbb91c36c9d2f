import { useMemo, useRef, useState } from "react";
import { Card } from "../../../parts/layout.tsx";
import { colorOf } from "../table/columns.ts";
import { keyText, withClause } from "../table/filter-text.ts";
import { NameChoice } from "./name-choice.tsx";
import { axisOf, type ParallelAxis } from "./parallel-axis.ts";
import { type ManyRuns, metricsOf, ofHowMany, type Point, usePoints, varyingParams } from "./values.ts";

const pointsAtMost = 200;
const paramsAtMost = 5;
const [width, height, top, bottom, side] = [480, 236, 42, 24, 44];

type Props = ManyRuns & { drawn: readonly string[]; onFilter: (filter: string) => void };

/** The first runs of the order as lines across the params that vary, to a metric at the right. A range dragged on that metric goes into the filter. */
export function ParallelCard({ question, order, total, drawn, names, onFilter }: Props) {
  const metrics = metricsOf(names);
  const [chosen, setChosen] = useState<string>();
  const [over, setOver] = useState<string>();
  const [brush, setBrush] = useState<readonly [number, number]>();
  const svg = useRef<SVGSVGElement>(null);
  const target = chosen ?? metrics[0];
  const columns = useMemo(
    () =>
      target === undefined
        ? []
        : [
            ...varyingParams(names)
              .slice(0, paramsAtMost)
              .map((one) => one.key),
            target,
          ],
    [names, target],
  );
  const { points, asking } = usePoints(question, order, columns, pointsAtMost);
  const { whole, axes } = useMemo(() => {
    const whole = points.filter((one) => one.values.at(-1) !== null && one.values.length === columns.length);
    return { whole, axes: columns.map((key, i) => axisOf(key, i, whole)).filter((one): one is ParallelAxis => one !== null) };
  }, [points, columns]);
  if (target === undefined || columns.length < 2) return null;
  const x = (i: number): number => side + (i * (width - 2 * side)) / Math.max(1, axes.length - 1);
  const y = (share: number): number => height - bottom - share * (height - top - bottom);
  const last = axes.at(-1);
  const shareAt = (event: React.PointerEvent): number => {
    const box = svg.current?.getBoundingClientRect();
    if (!box) return 0;
    const at = ((event.clientY - box.top) / box.height) * height;
    return Math.min(1, Math.max(0, (height - bottom - at) / (height - top - bottom)));
  };
  const apply = (): void => {
    if (!brush || !last?.valueAt || last.key !== target) return setBrush(undefined);
    const [low, high] = [Math.min(...brush), Math.max(...brush)];
    setBrush(undefined);
    if (high - low < 0.01) return;
    const key = keyText(target);
    const short = (value: number): string => String(Number(value.toPrecision(6)));
    onFilter(withClause(question.filter ?? "", `${key} >= ${short(last.valueAt(low))} AND ${key} <= ${short(last.valueAt(high))}`));
  };
  const drawnLast = whole.toSorted((a, b) => Number(drawn.includes(a.id)) - Number(drawn.includes(b.id)));
  return (
    <Card
      title="Parallel coordinates"
      note={ofHowMany(whole.length, total)}
      right={<NameChoice label="Metric at the right" keys={metrics} value={target} onChoose={setChosen} />}
    >
      {axes.length < 2 || whole.length < 2 ? (
        <p className="second" aria-busy={asking}>
          {asking ? "Asking for values." : "Fewer than two values vary over these runs."}
        </p>
      ) : (
        <svg
          ref={svg}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`${whole.length} runs across ${axes.map((axis) => axis.name).join(", ")}; the table holds the same values, and the filter narrows them`}
          style={{ width: "100%", height: "auto", fontSize: "10.5px" }}
          onPointerMove={(event) => brush && setBrush([brush[0], shareAt(event)])}
          onPointerUp={apply}
        >
          {drawnLast.map((one) => {
            const color = colorOf(one.id, drawn);
            return (
              <path
                key={one.id}
                d={pathOf(one, axes, x, y)}
                fill="none"
                stroke={over === one.id ? "var(--accent)" : (color ?? "var(--line-strong)")}
                strokeWidth={over === one.id ? 2.4 : color === null ? 0.9 : 1.8}
                onMouseEnter={() => setOver(one.id)}
                onMouseLeave={() => setOver(undefined)}
              >
                <title>{one.name}</title>
              </path>
            );
          })}
          {axes.map((axis, i) => (
            <g key={axis.key}>
              <line x1={x(i)} x2={x(i)} y1={top} y2={height - bottom} stroke="var(--control)" strokeWidth="1.5" />
              <text x={x(i)} y={14} textAnchor="middle" fill="var(--ink-2)">
                {axis.name.length > 15 ? `…${axis.name.slice(-14)}` : axis.name}
              </text>
              <text x={x(i)} y={32} textAnchor="middle" fill="var(--ink-3)">
                {axis.top}
              </text>
              <text x={x(i)} y={height - 6} textAnchor="middle" fill="var(--ink-3)">
                {axis.bottom}
              </text>
              {axis === last && axis.valueAt && (
                <rect
                  x={x(i) - 12}
                  y={top}
                  width="24"
                  height={height - top - bottom}
                  fill="transparent"
                  style={{ cursor: "ns-resize", touchAction: "none" }}
                  onPointerDown={(event) => {
                    event.currentTarget.setPointerCapture(event.pointerId);
                    setBrush([shareAt(event), shareAt(event)]);
                  }}
                >
                  <title>Drag a range: it goes into the filter</title>
                </rect>
              )}
            </g>
          ))}
          {brush && (
            <rect
              x={x(axes.length - 1) - 6}
              y={y(Math.max(...brush))}
              width="12"
              height={Math.max(1, y(Math.min(...brush)) - y(Math.max(...brush)))}
              fill="var(--accent)"
              opacity="0.35"
              pointerEvents="none"
            />
          )}
        </svg>
      )}
    </Card>
  );
}

function pathOf(point: Point, axes: readonly ParallelAxis[], x: (i: number) => number, y: (share: number) => number): string {
  return axes
    .map((axis, i) => ({ i, at: axis.at(point) }))
    .filter((one): one is { i: number; at: number } => one.at !== null)
    .map((one, at, all) => {
      const before = all[at - 1];
      if (!before) return `M${x(one.i)} ${y(one.at)}`;
      const middle = (x(one.i) + x(before.i)) / 2;
      return `C${middle} ${y(before.at)} ${middle} ${y(one.at)} ${x(one.i)} ${y(one.at)}`;
    })
    .join("");
}
