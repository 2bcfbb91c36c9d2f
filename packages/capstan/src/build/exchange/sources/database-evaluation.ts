import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { EvaluationRecord } from "../../tracking/evaluation/datasets.ts";
import type { SourceEvaluationDataset } from "../model.ts";
import { type Asked, jsonOf } from "./database-traces.ts";
import { maybe, number, object, said, text } from "./words.ts";

const recordsPerPage = 1000;
type Cells = Awaited<ReturnType<Asked["all"]>>[number];

/** What came out is a value in a member of its own. */
function recordOf(row: Cells): EvaluationRecord {
  const part = (name: string, value: Json | undefined): object => (value === null || value === undefined ? {} : { [name]: value });
  return {
    id: text(row["dataset_record_id"]),
    content: {
      inputs: jsonOf(row["inputs"]),
      ...part("expectations", jsonOf(row["expectations"])),
      ...part("outputs", object(jsonOf(row["outputs"]))["mlflow_wrapped"] as Json | undefined),
      ...part("tags", jsonOf(row["tags"])),
      ...part("source", jsonOf(row["source"])),
    },
    createdMs: number(row["created_time"]),
    updatedMs: number(row["last_update_time"]),
    createdBy: said(row["created_by"]),
    updatedBy: said(row["last_updated_by"]),
  };
}

/** Evaluation datasets of MLflow's database. */
export function databaseEvaluationDatasets({ all, texts }: Pick<Asked, "all" | "texts">) {
  async function recordsOf(id: string): Promise<EvaluationRecord[]> {
    const records: EvaluationRecord[] = [];
    for (let after = ""; ;) {
      const where = "where dataset_id = ? and dataset_record_id > ? order by dataset_record_id limit ?";
      const page = await all("evaluation_dataset_records", where, [id, after, recordsPerPage]);
      records.push(...page.map(recordOf));
      if (page.length < recordsPerPage) return records;
      after = records.at(-1)?.id ?? "";
    }
  }
  return async function* (): AsyncGenerator<SourceEvaluationDataset> {
    for (const row of await all("evaluation_datasets", "order by dataset_id")) {
      const id = text(row["dataset_id"]);
      const where = "where source_type = 'evaluation_dataset' and source_id = ? and destination_type = 'experiment'";
      const [tags, places, records] = await Promise.all([
        texts("evaluation_dataset_tags", "dataset_id", [id]),
        all("entity_associations", where, [id]),
        recordsOf(id),
      ]);
      yield {
        id,
        name: text(row["name"]),
        schema: maybe(row["schema"]),
        profile: maybe(row["profile"]),
        createdMs: number(row["created_time"]),
        updatedMs: number(row["last_update_time"]),
        createdBy: said(row["created_by"]),
        updatedBy: said(row["last_updated_by"]),
        tags: tags.get(id) ?? {},
        experimentIds: places.map((one) => text(one["destination_id"])),
        records,
      };
    }
  };
}
