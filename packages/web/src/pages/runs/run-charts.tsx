import { useMemo } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { CurveChart } from "./curve-chart.tsx";
import { colorOf } from "./columns.ts";
import type { Run } from "./filter.ts";
import { Parallel } from "./parallel.tsx";
import type { RunColumns } from "./runs-data.ts";

type Series = Output<"runs.series">["series"][number];

/** Metrics that differ only by train, val or test share a chart. */
export const familyOf = (key: string): string =>
  key.replace(/^(train|training|val|valid|validation|test)[_./-]/, "").replace(/[_./-](train|training|val|valid|validation|test)$/, "");
const chartsAtMost = 4;

/** Curves of the runs that are drawn, and all runs of the filter across their parameters. */
export function RunCharts({
  project,
  rows,
  drawn,
  columns,
  main,
}: {
  project: string;
  rows: readonly Run[];
  drawn: readonly string[];
  columns: RunColumns;
  main: string | undefined;
}) {
  const withCurves = useMemo(
    () =>
      [
        ...new Set([
          ...drawn,
          ...rows
            .filter((run) => run.kind === "user")
            .slice(0, 24)
            .map((run) => run.id),
        ]),
      ].slice(0, 40),
    [rows, drawn],
  );
  const answer = useOperation("runs.series", { project, run: withCurves.join(","), buckets: 420 }, { enabled: withCurves.length > 0 });
  const curves = useMemo(() => (answer.data?.series ?? []).filter((one) => one.points > 2), [answer.data]);
  const families = useMemo(() => [...Map.groupBy(curves, (one) => familyOf(one.key))].slice(0, chartsAtMost), [curves]);
  const names = new Map(rows.map((run) => [run.id, run.name]));
  return (
    <>
      {families.map(([family, all]) => (
        <Family key={family} family={family} all={all} drawn={drawn} names={names} />
      ))}
      {answer.isSuccess && families.length === 0 && (
        <Card title="Curves">
          <p className="second">None of these runs has logged a metric more than twice.</p>
        </Card>
      )}
      <Parallel rows={rows} drawn={drawn} params={columns.varying} main={main} />
    </>
  );
}

function Family({
  family,
  all,
  drawn,
  names,
}: {
  family: string;
  all: readonly Series[];
  drawn: readonly string[];
  names: ReadonlyMap<string, string>;
}) {
  const lines = useMemo(
    () =>
      all
        .map((one) => ({
          id: `${one.run} ${one.key}`,
          label: `${names.get(one.run) ?? one.run.slice(0, 8)}${one.key === family ? "" : `, ${one.key}`}`,
          step: one.step,
          values: one.last,
          color: colorOf(one.run, drawn),
        }))
        .toSorted((a, b) => Number(a.color !== null) - Number(b.color !== null)),
    [all, drawn, names, family],
  );
  const points = Math.max(...all.map((one) => one.points));
  const shown = Math.max(...all.map((one) => one.step.length));
  return (
    <Card title={family} note="by step" right={`${shown === points ? points : `${shown} of ${points}`} points each`}>
      <CurveChart lines={lines} summary={`${family} of ${all.length} curves by step`} />
    </Card>
  );
}
