import { useMemo, useState } from "react";
import { useOperation } from "../../data/api.ts";
import { type Drawing, plain } from "./charts/drawing.ts";
import { MetricCard } from "./metric-card.tsx";
import { Near } from "./near.tsx";
import { familyOf } from "./family.ts";
import type { RunDetail } from "./run-detail.ts";
import { isSystem } from "./system-metrics.ts";

const childrenAtMost = 20;
const chartsAtFirst = 60;

type Family = { family: string; keys: readonly string[]; ofChildren: boolean };

/** Families of metrics with curves: those of the run itself first, then those of the runs that were logged within it. */
function useFamilies(project: string, run: RunDetail): { families: Family[]; children: { run: string; name: string }[] } {
  const within = run.children.some((one) => one.kind === "user");
  const list = useOperation("runs.list", { project, parent: run.id, kind: "user", limit: childrenAtMost }, { enabled: within });
  return useMemo(() => {
    const group = (keys: readonly string[], ofChildren: boolean): Family[] =>
      [...Map.groupBy(keys, familyOf)].map(([family, all]) => ({ family, keys: all, ofChildren }));
    const own = run.metricFacts.filter((one) => one.points > 2 && !isSystem(one.key)).map((one) => one.key);
    const runs = list.data?.runs ?? [];
    const theirs = [...new Set(runs.flatMap((one) => Object.keys(one.metrics)))].filter((key) => !isSystem(key)).toSorted();
    return { families: [...group(own, false), ...group(theirs, true)], children: runs.map((one) => ({ run: one.id, name: one.name })) };
  }, [run.metricFacts, list.data]);
}

/** Curves of a run and of the runs within it; train, val and test of one metric share a chart. Charts are made as they come into view. */
export function RunCurves({
  project,
  run,
  atMost = Infinity,
  drawing = plain,
  only = () => true,
  reference,
}: {
  project: string;
  run: RunDetail;
  atMost?: number;
  drawing?: Drawing;
  only?: (family: string) => boolean;
  /** The run before, drawn beside it. */ reference?: string;
}) {
  const { families, children } = useFamilies(project, run);
  const own = useMemo(() => [{ run: run.id, name: run.name }], [run.id, run.name]);
  const [more, setMore] = useState(chartsAtFirst);
  const fitting = families.filter((one) => only(one.family));
  const shown = fitting.slice(0, Math.min(atMost, more));
  if (shown.length === 0) return null;
  return (
    <>
      <div className="grid charts">
        {shown.map(({ family, keys, ofChildren }) => (
          <Near key={`${family} ${ofChildren}`} height={260}>
            <MetricCard
              project={project}
              title={family}
              keys={keys}
              sources={ofChildren ? children : own}
              startMs={Date.parse(run.started)}
              drawing={drawing}
              live={run.status === "RUNNING"}
              {...(reference !== undefined && !ofChildren && { reference })}
            />
          </Near>
        ))}
      </div>
      {shown.length < Math.min(atMost, fitting.length) && (
        <button type="button" className="text-button" onClick={() => setMore(more + chartsAtFirst)}>
          {fitting.length - shown.length} more charts
        </button>
      )}
    </>
  );
}
