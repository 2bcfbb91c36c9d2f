import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Caller } from "../../../base/foundation/caller.ts";
import type { TransferResult } from "../model.ts";
import { importEvaluationDatasets } from "./evaluation-datasets.ts";
import { importExperiments } from "./experiments.ts";
import { importLoggedModels } from "./logged-models.ts";
import { importRegistry } from "./registry.ts";
import { importRuns } from "./runs.ts";
import { importTraces } from "./traces.ts";
import { createTally } from "./tally.ts";
import type { ImportTask } from "./task.ts";

export type ImportDeps = Pick<ImportTask, "store" | "tracking" | "registry" | "source" | "project" | "plan" | "again" | "signal"> & {
  /** Names of experiments; all when absent. */
  experiments?: readonly string[] | undefined;
  tell(phase: string, taken: Readonly<Record<string, number>>, found: Readonly<Record<string, number>>): void;
};

/**
 * Takes what a store of MLflow holds. What is here already, as it is there, is left alone, so that an import that was stopped goes on, and a second one
 * brings only what is new. The first new thing makes the entry `mlflow.import-started`, which every other names as its `because`; `mlflow.imported` ends it.
 */
export async function importMlflow(deps: ImportDeps, caller: Caller): Promise<TransferResult> {
  const { store, project, source, plan } = deps;
  const { recorder } = store;
  const tally = createTally(source.label);
  let started: Promise<string> | undefined;
  const begin = async (): Promise<string> => {
    const id = recorder.newEntryId();
    const entry = {
      id,
      action: "mlflow.import-started",
      subject: { type: "import", id },
      project,
      actor: caller.actor,
      payload: { source: source.label },
    };
    await recorder.commit([], [entry]);
    return id;
  };
  const task: ImportTask = {
    ...deps,
    tally,
    digests: [],
    experiments: new Map(),
    writer: async () => ({ ...caller, because: await (started ??= begin()) }),
    tell: (phase) => deps.tell(phase, tally.counts.taken, tally.counts.found),
  };
  const all = await source.experiments();
  const wanted = deps.experiments ? all.filter((one) => deps.experiments?.includes(one.name)) : all;
  task.tell("experiments");
  await importExperiments(task, wanted);
  await importLoggedModels(task, wanted);
  await importRuns(task, wanted);
  await importTraces(task, wanted);
  await importEvaluationDatasets(task, deps.experiments === undefined);
  if (!deps.experiments) await importRegistry(task);
  for (const one of await source.left()) tally.leave(one.what, one.why, one.count);
  const digest = plan ? null : digestOfJson(task.digests.toSorted());
  if (started === undefined || digest === null) return tally.result({ digest, entry: null });
  const because = await started;
  const entry = recorder.newEntryId();
  const { counts } = tally;
  const { left, conflictCount, differing } = tally.result({ digest, entry });
  await recorder.commit(
    [],
    [
      {
        id: entry,
        action: "mlflow.imported",
        subject: { type: "import", id: because, digest },
        project,
        actor: caller.actor,
        because,
        outcome: differing > 0 ? "fail" : "pass",
        payload: {
          source: source.label,
          found: counts.found,
          taken: counts.taken,
          same: counts.same,
          updated: counts.updated,
          unread: counts.unread,
          conflicts: conflictCount,
          differing,
          left: left.map((one) => ({ ...one })),
          digest,
        },
      },
    ],
  );
  return tally.result({ digest, entry });
}
