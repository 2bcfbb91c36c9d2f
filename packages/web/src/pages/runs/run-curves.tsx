import { useMemo } from "react";
import { useOperation } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { CurveChart } from "./curve-chart.tsx";
import { familyOf } from "./run-charts.tsx";
import type { RunDetail } from "./run-page.tsx";

/** Curves of a run and of the runs within it; train, val and test of one metric share a chart. */
export function RunCurves({ project, run }: { project: string; run: RunDetail }) {
  const ids = [run.id, ...run.children.filter((one) => one.kind === "user").map((one) => one.id)].slice(0, 20);
  const answer = useOperation(
    "runs.series",
    { project, run: ids.join(","), buckets: 600 },
    { ...(run.status === "RUNNING" && { everyMs: 2_000 }) },
  );
  const families = useMemo(
    () => [
      ...Map.groupBy(
        (answer.data?.series ?? []).filter((one) => one.points > 2),
        (one) => familyOf(one.key),
      ),
    ],
    [answer.data],
  );
  if (families.length === 0) return null;
  return (
    <div className={families.length > 1 ? "grid halves" : "grid"}>
      {families.map(([family, all]) => {
        const points = Math.max(...all.map((one) => one.points));
        const shown = Math.max(...all.map((one) => one.step.length));
        return (
          <Card key={family} title={family} note="by step" right={`${shown === points ? points : `${shown} of ${points}`} points`}>
            <Curves family={family} all={all} />
          </Card>
        );
      })}
    </div>
  );
}

type All = readonly { run: string; key: string; step: readonly number[]; last: readonly (number | null)[] }[];
function Curves({ family, all }: { family: string; all: All }) {
  const lines = useMemo(
    () =>
      all.map((one, i) => ({
        id: `${one.run} ${one.key}`,
        label: one.key,
        step: one.step,
        values: one.last,
        color: `var(--series-${(i % 8) + 1})`,
      })),
    [all],
  );
  const ends = all
    .map((one) => `${one.key} goes from ${one.last[0]?.toPrecision(4) ?? "nothing"} to ${one.last.at(-1)?.toPrecision(4) ?? "nothing"}`)
    .join("; ");
  return <CurveChart lines={lines} summary={`${family}: ${ends}`} />;
}
