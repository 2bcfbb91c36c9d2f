import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Json as Plain } from "../../../base/foundation/canonical-json.ts";
import type { EvaluationRecord } from "../../tracking/evaluation/datasets.ts";
import type { SourceEvaluationDataset } from "../model.ts";
import { type createMlflowClient, queryText, readJson } from "./client.ts";
import { type Json, list, maybe, number, object, said, text } from "./words.ts";

const api = "/api/3.0/mlflow/datasets";
const recordsPerAnswer = 1000;

function recordOf(one: Json): EvaluationRecord {
  const part = (name: string): object => (one[name] === null || one[name] === undefined ? {} : { [name]: one[name] });
  return {
    id: text(one["dataset_record_id"]),
    content: { inputs: one["inputs"] as Plain, ...part("expectations"), ...part("outputs"), ...part("tags"), ...part("source") },
    createdMs: number(one["created_time"]),
    updatedMs: number(one["last_update_time"]),
    createdBy: said(one["created_by"]),
    updatedBy: said(one["last_updated_by"]),
  };
}

/** Evaluation datasets of a running server; none of one that knows no such noun. */
export function serverEvaluationDatasets(client: ReturnType<typeof createMlflowClient>) {
  async function recordsOf(id: string): Promise<EvaluationRecord[]> {
    const records: EvaluationRecord[] = [];
    for (let token: string | undefined; ;) {
      const answer = await client.get(`${api}/${id}/records?${queryText({ max_results: recordsPerAnswer, page_token: token })}`);
      records.push(...list(readJson(text(answer["records"]) || "[]")).map(recordOf));
      token = said(answer["next_page_token"]) ?? undefined;
      if (token === undefined) return records;
    }
  }
  const texts = (json: unknown): Record<string, string> =>
    Object.fromEntries(Object.entries(object(readJson(text(json) || "{}"))).map(([key, value]) => [key, text(value)]));

  return async function* (): AsyncGenerator<SourceEvaluationDataset> {
    for (let token = ""; ;) {
      let answer: Json;
      try {
        answer = await client.post(`${api}/search`, { max_results: 1000, ...(token !== "" && { page_token: token }) });
      } catch (error) {
        if (token === "" && error instanceof CapstanError && [400, 404, 405, 501].includes(Number(error.params["status"]))) return;
        throw error;
      }
      for (const one of list(answer["datasets"])) {
        const id = text(one["dataset_id"]);
        const [places, records] = [await client.get(`${api}/${id}/experiment-ids`), await recordsOf(id)];
        yield {
          id,
          name: text(one["name"]),
          schema: maybe(one["schema"]),
          profile: maybe(one["profile"]),
          createdMs: number(one["created_time"]),
          updatedMs: number(one["last_update_time"]),
          createdBy: said(one["created_by"]),
          updatedBy: said(one["last_updated_by"]),
          tags: texts(one["tags"]),
          experimentIds: (Array.isArray(places["experiment_ids"]) ? places["experiment_ids"] : []).map(String),
          records,
        };
      }
      token = text(answer["next_page_token"]);
      if (token === "") return;
    }
  };
}
