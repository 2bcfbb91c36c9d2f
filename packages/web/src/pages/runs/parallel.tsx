import { useState } from "react";
import { number } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { colorOf } from "./columns.ts";
import type { Run } from "./filter.ts";

const axesAtMost = 5;
type Axis = { name: string; at: (run: Run) => number | null; top: string; bottom: string };

/** Every run as one line across the parameters that vary, to the main metric at the right. */
export function Parallel({
  rows,
  drawn,
  params,
  main,
}: {
  rows: readonly Run[];
  drawn: readonly string[];
  params: readonly string[];
  main: string | undefined;
}) {
  const [over, setOver] = useState<string>();
  const metricNames = new Set(rows.flatMap((run) => Object.keys(run.metrics)));
  const target = [main, ...metricNames].find(
    (name) =>
      name !== undefined &&
      rows.filter((run) => run.metrics[name] !== undefined && params.some((param) => run.params[param] !== undefined)).length > 1,
  );
  if (target === undefined) return null;
  const whole = rows.filter(
    (run) => Number.isFinite(Number(run.metrics[target])) && params.some((param) => run.params[param] !== undefined),
  );
  const axes = [...params]
    .map((name) => axisOf(name, whole))
    .filter((axis) => axis !== null)
    .slice(0, axesAtMost - 1);
  const values = whole.map((run) => Number(run.metrics[target]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  axes.push({
    name: target,
    at: (run) => (most === least ? 0.5 : (Number(run.metrics[target]) - least) / (most - least)),
    top: number(most),
    bottom: number(least),
  });
  if (axes.length < 2 || whole.length < 2) return null;
  const [width, height, top, bottom, side] = [480, 230, 42, 24, 44];
  const x = (i: number): number => side + (i * (width - 2 * side)) / (axes.length - 1);
  const y = (share: number): number => height - bottom - share * (height - top - bottom);
  const path = (run: Run): string =>
    axes
      .map((axis, i) => ({ i, at: axis.at(run) }))
      .filter((one): one is { i: number; at: number } => one.at !== null)
      .map((one, at, all) => {
        const before = all[at - 1];
        if (!before) return `M${x(one.i)} ${y(one.at)}`;
        const middle = (x(one.i) + x(before.i)) / 2;
        return `C${middle} ${y(before.at)} ${middle} ${y(one.at)} ${x(one.i)} ${y(one.at)}`;
      })
      .join("");
  return (
    <Card title="Parallel coordinates" right={`${whole.length} of ${rows.length} runs hold ${target}`}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${whole.length} runs across ${axes.map((axis) => axis.name).join(", ")}; the table holds the same values`}
        style={{ width: "100%", height: "auto", fontSize: "10.5px" }}
      >
        {axes.map((axis, i) => (
          <g key={axis.name}>
            <line x1={x(i)} x2={x(i)} y1={top} y2={height - bottom} stroke="var(--line-strong)" strokeWidth="1.5" />
            <text x={x(i)} y={14} textAnchor="middle" fill="var(--ink-2)">
              {short(axis.name)}
            </text>
            <text x={x(i)} y={32} textAnchor="middle" fill="var(--ink-3)">
              {axis.top}
            </text>
            <text x={x(i)} y={height - 6} textAnchor="middle" fill="var(--ink-3)">
              {axis.bottom}
            </text>
          </g>
        ))}
        {whole
          .toSorted((a, b) => Number(drawn.includes(a.id)) - Number(drawn.includes(b.id)))
          .map((run) => {
            const color = colorOf(run.id, drawn);
            return (
              <path
                key={run.id}
                d={path(run)}
                fill="none"
                stroke={over === run.id ? "var(--accent)" : (color ?? "var(--line-strong)")}
                strokeWidth={over === run.id ? 2.4 : color === null ? 1 : 1.7}
                onMouseEnter={() => setOver(run.id)}
                onMouseLeave={() => setOver(undefined)}
              >
                <title>{run.name}</title>
              </path>
            );
          })}
      </svg>
    </Card>
  );
}

const short = (name: string): string => (name.length > 16 ? `…${name.slice(-15)}` : name);

/** Numbers by size, words by their order; null when all runs hold the same. */
function axisOf(name: string, runs: readonly Run[]): Axis | null {
  const held = runs.map((run) => run.params[name]).filter((value) => value !== undefined);
  const words = [...new Set(held)].toSorted();
  if (words.length < 2) return null;
  if (held.every((value) => value !== "" && Number.isFinite(Number(value)))) {
    const [least, most] = [Math.min(...held.map(Number)), Math.max(...held.map(Number))];
    return {
      name,
      at: (run) => (run.params[name] === undefined ? null : (Number(run.params[name]) - least) / (most - least)),
      top: number(most),
      bottom: number(least),
    };
  }
  const label = (word: string | undefined): string => (word ?? "").slice(0, 10);
  return {
    name,
    at: (run) => (run.params[name] === undefined ? null : words.indexOf(run.params[name]) / (words.length - 1)),
    top: label(words.at(-1)),
    bottom: label(words[0]),
  };
}
