import { useQuery } from "@tanstack/react-query";
import { client } from "../../data/api.ts";
import type { RunDetail } from "./run-detail.ts";

export type Baseline = { id: string; name: string; metrics: RunDetail["metrics"]; params: RunDetail["params"] };

const lookedAt = 30;

/** The run that one is held against: the last that ended well before it, of the same step, or of the same name in the same experiment. */
export function useBaseline(project: string, run: RunDetail): Baseline | undefined {
  const step = run.kind === "step" && run.step !== null;
  // What came before does not change while one looks: no event asks for it again.
  const query = useQuery({
    queryKey: ["baseline", run.id],
    queryFn: ({ signal }) =>
      client.call(
        "runs.list",
        {
          project,
          experiment: run.experiment.id,
          limit: lookedAt,
          ...(step && run.step !== null ? { kind: "step", step: run.step } : { kind: run.kind, q: run.name }),
        },
        { signal },
      ),
    enabled: run.kind === "user" || step,
    staleTime: 60_000,
  });
  return query.data?.runs.find(
    (one) => one.id !== run.id && one.started < run.started && one.status === "FINISHED" && (step || one.name === run.name),
  );
}
