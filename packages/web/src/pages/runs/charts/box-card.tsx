import { useMemo, useState } from "react";
import { count, number } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { type Box, boxesOf } from "./boxes.ts";
import { extent } from "./grid.ts";
import { NameChoice } from "./name-choice.tsx";
import { asNumber, bare, type ManyRuns, metricsOf, ofHowMany, usePoints, varyingParams } from "./values.ts";

const runsAtMost = 1000;
const boxesAtMost = 12;
const rowPixels = 24;
const [width, left, right, bottom] = [480, 112, 40, 22];
const attributes = ["status", "kind", "user", "experiment"];

/** How a metric spreads in groups of a param or an attribute. */
export function BoxCard({ question, order, total, names }: ManyRuns) {
  const metrics = metricsOf(names);
  const offered = useMemo(() => [...varyingParams(names).map((one) => one.key), ...attributes], [names]);
  const [chosenMetric, setMetric] = useState<string>();
  const [chosenBy, setBy] = useState<string>();
  const metric = chosenMetric ?? metrics[0];
  const by = chosenBy ?? offered[0] ?? "status";
  const { points, asking } = usePoints(question, order, metric === undefined ? [] : [by, metric], runsAtMost);
  const { boxes, groups, held } = useMemo(() => {
    const values = points.flatMap((one) => {
      const value = asNumber(one.values[1]);
      return value === null || one.values.length !== 2 ? [] : [{ group: one.values[0] === null ? "none" : String(one.values[0]), value }];
    });
    return { ...boxesOf(values, boxesAtMost), held: values.length };
  }, [points]);
  if (metric === undefined) return null;
  const note = `${ofHowMany(held, total)}${boxes.length < groups ? `, ${count(boxes.length)} largest of ${count(groups)} groups` : ""}`;
  return (
    <Card
      title="Boxes"
      note={note}
      right={
        <span className="chart-right">
          <NameChoice label="Metric of the boxes" keys={metrics} value={metric} onChoose={setMetric} />
          by
          <NameChoice label="What puts runs together" keys={offered} value={by} onChoose={setBy} />
        </span>
      }
    >
      {boxes.length === 0 ? (
        <p className="second" aria-busy={asking}>
          {asking ? "Asking for values." : "No run of these has the metric."}
        </p>
      ) : (
        <Drawing
          boxes={boxes}
          summary={`${bare(metric)} by ${bare(by)}: ${boxes.map((one) => `${one.name} median ${number(one.median)} of ${one.count}`).join(", ")}`}
        />
      )}
    </Card>
  );
}

function Drawing({ boxes, summary }: { boxes: readonly Box[]; summary: string }) {
  const [least, most] = extent(boxes.flatMap((one) => [one.low, one.high, ...one.beyond]));
  const x = (value: number): number => left + ((value - least) / (most - least)) * (width - left - right);
  const height = boxes.length * rowPixels + bottom;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary} style={{ width: "100%", height: "auto", fontSize: "10.5px" }}>
      {[0, 0.25, 0.5, 0.75, 1].map((share) => {
        const value = least + (most - least) * share;
        return (
          <g key={share}>
            <line x1={x(value)} x2={x(value)} y1={0} y2={height - bottom} stroke="var(--line)" />
            <text x={x(value)} y={height - 6} textAnchor="middle" fill="var(--ink-3)">
              {number(value)}
            </text>
          </g>
        );
      })}
      {boxes.map((one, i) => {
        const middle = i * rowPixels + rowPixels / 2;
        return (
          <g key={one.name}>
            <title>{`${one.name}: ${one.count} runs, median ${number(one.median)}, middle half ${number(one.q1)} to ${number(one.q3)}`}</title>
            <text x={left - 8} y={middle + 4} textAnchor="end" fill="var(--ink-2)">
              {one.name.length > 17 ? `${one.name.slice(0, 16)}…` : one.name}
            </text>
            <line x1={x(one.low)} x2={x(one.high)} y1={middle} y2={middle} stroke="var(--control)" />
            <rect
              x={x(one.q1)}
              y={middle - 7}
              width={Math.max(1, x(one.q3) - x(one.q1))}
              height={14}
              rx={2}
              fill="var(--seq-3)"
              stroke="var(--seq-6)"
            />
            <line x1={x(one.median)} x2={x(one.median)} y1={middle - 7} y2={middle + 7} stroke="var(--ink)" strokeWidth={2} />
            {one.beyond.slice(0, 60).map((value, at) => (
              <circle key={at} cx={x(value)} cy={middle} r={2} fill="none" stroke="var(--control)" />
            ))}
            <text x={width - 4} y={middle + 4} textAnchor="end" fill="var(--ink-3)">
              {count(one.count)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
