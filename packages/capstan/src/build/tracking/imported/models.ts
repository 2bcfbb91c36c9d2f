import type { Caller } from "../../../base/foundation/caller.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { EntryDraft } from "../../../base/record/model.ts";
import type { Store } from "../../../base/record/store.ts";
import { type Change, insert, type Statement } from "../../../base/storage/database.ts";
import { putModelMetrics } from "../inputs.ts";
import type { FullLoggedModel } from "../model.ts";
import { insertMany } from "../rows.ts";

/** Logged models of another store, under their ids and with their times. All of them with their entries and `also`, or nothing. */
export async function putImportedModels(
  store: Store,
  all: readonly FullLoggedModel[],
  source: string,
  caller: Caller,
  also: Change,
): Promise<void> {
  const { recorder } = store;
  const change: Statement[] = [];
  const entries: EntryDraft[] = [];
  for (const one of all) {
    const texts = (table: "param" | "tag", of: Readonly<Record<string, string>>): Statement[] =>
      insertMany(
        `logged_model_${table}`,
        ["project", "model_id", "key", "value"],
        Object.entries(of).map(([key, value]) => [one.project, one.id, key, value]),
        "",
      );
    const node = `logged-model:${one.id}`;
    change.push(
      insert(
        "logged_model",
        {
          id: one.id,
          project: one.project,
          experiment_id: Number(one.experimentId),
          name: one.name,
          model_type: one.modelType,
          source_run_id: one.sourceRunId,
          status: one.status,
          artifact_location: one.artifactLocation,
          lifecycle: one.lifecycle,
          created_ms: one.createdMs,
          updated_ms: one.updatedMs,
        },
        { exists: { noun: "logged model", name: one.id } },
      ),
      ...texts("param", one.params),
      ...texts("tag", one.tags),
      ...one.metrics.flatMap((metric) => putModelMetrics({ project: one.project, runId: metric.runId }, [metric])),
      ...recorder.lineage(
        [{ id: node, kind: "logged-model", title: one.name, digest: null, facts: { experiment: one.experimentId } }],
        one.sourceRunId === null ? [] : [{ from: node, to: `run:${one.sourceRunId}`, relation: "made-by" }],
        one.project,
      ),
    );
    entries.push({
      action: "logged-model.imported",
      subject: { type: "logged-model", id: one.id },
      project: one.project,
      actor: caller.actor,
      payload: {
        source,
        name: one.name,
        experiment: one.experimentId,
        run: one.sourceRunId,
        status: one.status,
        params: digestOfJson(one.params),
      },
      ...(caller.because !== undefined && { because: caller.because }),
    });
  }
  await recorder.commit([...change, ...also], entries);
  for (const one of all) store.events.emit("changed", { project: one.project, kind: "logged-model", id: one.id });
}
