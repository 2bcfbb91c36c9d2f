import { useMemo } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { type Line, LineChart } from "../../parts/line-chart.tsx";

type Series = Output<"runs.series">["series"][number];
export type Drawn = { id: string; label: string; color?: string };
const noBounds: readonly number[] = [];

/** Curves with more than one point, one card per metric, one line per run. Nothing when no run logged any. */
export function Curves({ project, runs, height = 190, none }: { project: string; runs: readonly Drawn[]; height?: number; none?: string }) {
  const query = useOperation("runs.series", { project, run: runs.map((run) => run.id), buckets: 400 }, { enabled: runs.length > 0 });
  const charts = useMemo(() => {
    const byKey = Map.groupBy(
      (query.data?.series ?? []).filter((one) => one.points > 1),
      (one) => one.key,
    );
    return [...byKey].map(([key, series]) => ({ key, points: Math.max(...series.map((one) => one.points)), ...linesOf(series, runs) }));
  }, [query.data, runs]);
  if (charts.length === 0)
    return none !== undefined && query.data ? (
      <Card title="Curves">
        <p className="second">{none}</p>
      </Card>
    ) : null;
  return (
    <>
      {charts.map((chart) => (
        <Card
          key={chart.key}
          title={chart.key}
          note="by step"
          right={`${chart.lines.length} of ${runs.length} ${runs.length === 1 ? "run" : "runs"}, ${chart.points} points`}
        >
          <LineChart
            x={chart.x}
            lines={chart.lines}
            bounds={noBounds}
            height={height}
            summary={`${chart.key} by step for ${chart.lines.map((line) => line.label).join(", ")}`}
          />
        </Card>
      ))}
    </>
  );
}

/** Several curves over one x: the union of their steps, empty where a run has no point. */
function linesOf(series: readonly Series[], runs: readonly Drawn[]): { x: number[]; lines: Line[] } {
  const x = [...new Set(series.flatMap((one) => one.step))].sort((a, b) => a - b);
  const lines = series.map((one): Line => {
    const at = new Map(one.step.map((step, i) => [step, one.last[i] ?? null]));
    const run = runs.find((candidate) => candidate.id === one.run);
    return {
      label: run?.label ?? one.run.slice(0, 8),
      values: x.map((step) => at.get(step) ?? null),
      ...(run?.color !== undefined && { color: run.color }),
    };
  });
  return { x, lines };
}
