import type { Caller } from "../../../base/foundation/caller.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Store } from "../../../base/record/store.ts";
import { type Change, insert, type SqlValue, statement } from "../../../base/storage/database.ts";
import type { EvaluationDataset, EvaluationRecord } from "../evaluation/datasets.ts";
import { insertMany } from "../rows.ts";

export type ImportedEvaluationDataset = EvaluationDataset & { records: readonly EvaluationRecord[] };

/** An evaluation dataset of another store under its id, with its times. What is here under that id is replaced. With `also` and its entry, or not at all. */
export async function putImportedEvaluationDataset(
  store: Store,
  one: ImportedEvaluationDataset,
  source: string,
  caller: Caller,
  also: Change,
): Promise<void> {
  const { id, project } = one;
  await store.recorder.commit(
    [
      ...["evaluation_dataset_tag", "evaluation_dataset_experiment", "evaluation_record"].map((table) =>
        statement(`delete from ${table} where dataset_id = ?`, id),
      ),
      statement("delete from evaluation_dataset where id = ?", id),
      insert("evaluation_dataset", {
        id,
        project,
        name: one.name,
        schema_text: one.schema,
        profile: one.profile,
        created_ms: one.createdMs,
        updated_ms: one.updatedMs,
        created_by: one.createdBy,
        updated_by: one.updatedBy,
      }),
      ...insertMany(
        "evaluation_dataset_tag",
        ["project", "dataset_id", "key", "value"],
        Object.entries(one.tags).map(([key, value]): SqlValue[] => [project, id, key, value]),
        "",
      ),
      ...insertMany(
        "evaluation_dataset_experiment",
        ["project", "dataset_id", "experiment_id"],
        one.experimentIds.map((experiment): SqlValue[] => [project, id, Number(experiment)]),
        "on conflict (dataset_id, experiment_id) do nothing",
      ),
      ...insertMany(
        "evaluation_record",
        ["id", "project", "dataset_id", "inputs_digest", "content", "created_ms", "updated_ms", "created_by", "updated_by"],
        one.records.map((record): SqlValue[] => [
          record.id,
          project,
          id,
          digestOfJson(record.content.inputs),
          JSON.stringify(record.content),
          record.createdMs,
          record.updatedMs,
          record.createdBy,
          record.updatedBy,
        ]),
        "on conflict do nothing",
      ),
      ...also,
    ],
    [
      {
        action: "evaluation-dataset.imported",
        subject: { type: "evaluation-dataset", id },
        project,
        actor: caller.actor,
        payload: { source, name: one.name, records: one.records.length },
        ...(caller.because !== undefined && { because: caller.because }),
      },
    ],
  );
}
