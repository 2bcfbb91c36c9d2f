import type { Json } from "../../../base/foundation/canonical-json.ts";
import { experimentId, integer, pageToken, requiredText, text, texts, token } from "./fields.ts";
import { invalid, missing } from "./failures.ts";
import { messageRoute } from "./message-route.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { EvaluationDataset, EvaluationRecord, RecordContent } from "../evaluation/datasets.ts";
import type { Surface } from "./surface.ts";

/** A field whose text is JSON. */
function jsonOf(input: Input, name: string): Json | undefined {
  const given = text(input, name);
  if (!given) return undefined;
  try {
    return JSON.parse(given) as Json;
  } catch {
    throw invalid(`Invalid value for parameter '${name}' supplied: It is no JSON.`);
  }
}
function tagsOf(input: Input): Record<string, string> {
  const given = jsonOf(input, "tags") ?? {};
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid("Invalid value for parameter 'tags' supplied: It is no JSON object.");
  // A client says null of a tag that it does not set.
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) =>
      value === null ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
    ),
  );
}

const isObject = (value: unknown): value is Record<string, Json> => typeof value === "object" && value !== null && !Array.isArray(value);
function recordsOf(input: Input): RecordContent[] {
  const given = jsonOf(input, "records");
  if (!Array.isArray(given)) throw invalid("Invalid value for parameter 'records' supplied: It is no JSON list.");
  return given.map((one: Json, i): RecordContent => {
    if (!isObject(one) || !isObject(one["inputs"]))
      throw invalid(`Invalid value for parameter 'records[${i}].inputs' supplied: It is no JSON object.`);
    const part = (name: "expectations" | "outputs" | "tags" | "source"): Partial<RecordContent> =>
      one[name] === undefined || one[name] === null ? {} : { [name]: one[name] };
    return { inputs: one["inputs"], ...part("expectations"), ...part("outputs"), ...part("tags"), ...part("source") };
  });
}
const recordMessage = (dataset: string, one: EvaluationRecord): object => {
  const source = isObject(one.content.source) ? one.content.source : undefined;
  const data = source && isObject(source["source_data"]) ? source["source_data"] : undefined;
  return {
    dataset_record_id: one.id,
    dataset_id: dataset,
    inputs: one.content.inputs,
    outputs: one.content.outputs ?? null,
    expectations: one.content.expectations ?? {},
    tags: one.content.tags ?? {},
    source: source ?? null,
    source_id: data?.["trace_id"] ?? null,
    source_type: source?.["source_type"] ?? null,
    created_time: one.createdMs,
    last_update_time: one.updatedMs,
    created_by: one.createdBy,
    last_updated_by: one.updatedBy,
  };
};

/** Evaluation datasets (version 3 of the protocol); tags, schema, profile and records are JSON within texts. */
export function evaluationDatasetRoutes(surface: Surface): WireRoute[] {
  const { datasets } = surface.tracking.evaluation;
  const route = messageRoute("/mlflow/datasets");

  async function message(one: EvaluationDataset): Promise<object> {
    return {
      dataset_id: one.id,
      name: one.name,
      tags: JSON.stringify(one.tags),
      ...(one.schema !== null && { schema: one.schema }),
      ...(one.profile !== null && { profile: one.profile }),
      digest: await datasets.digest(one.id),
      created_time: one.createdMs,
      last_update_time: one.updatedMs,
      ...(one.createdBy !== null && { created_by: one.createdBy }),
      ...(one.updatedBy !== null && { last_updated_by: one.updatedBy }),
      ...(one.experimentIds.length > 0 && { experiment_ids: one.experimentIds }),
    };
  }
  async function seen({ params, caller }: WireRequest): Promise<EvaluationDataset> {
    const found = await datasets.get(params["dataset_id"] ?? "");
    if (!surface.sees(caller, found.project)) throw missing("evaluation dataset", found.id);
    return found;
  }
  /** Ids of experiments that there are and the caller may see. */
  async function places(input: Input, { caller }: WireRequest): Promise<string[]> {
    const ids = texts(input, "experiment_ids").map(experimentId);
    const known = await surface.tracking.experiments.byId(ids);
    for (const id of ids) if (!surface.sees(caller, known.get(id)?.project ?? "") || !known.has(id)) throw missing("experiment", id);
    return ids;
  }
  const shown = async (id: string): Promise<object> => ({ dataset: await message(await datasets.get(id)) });
  const search = async (input: Input, request: WireRequest): Promise<object> => {
    const limit = integer(input, "max_results") || 1000;
    if (limit < 1 || limit > 50_000)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
    const found = await datasets.search({
      experimentIds: texts(input, "experiment_ids").map(experimentId),
      filter: text(input, "filter_string"),
      orderBy: texts(input, "order_by"),
      limit,
      pageToken: text(input, "page_token"),
      projects: request.caller.projects,
    });
    return {
      ...(found.datasets.length > 0 && { datasets: await Promise.all(found.datasets.map(message)) }),
      ...(found.next !== undefined && { next_page_token: found.next }),
    };
  };

  return [
    route("POST", "/create", "log", async (input, request) => {
      const made = await datasets.create(
        {
          project: await surface.project(request.caller),
          name: requiredText(input, "name"),
          experimentIds: await places(input, request),
          tags: tagsOf(input),
          schema: text(input, "schema"),
          profile: text(input, "profile"),
          by: text(input, "created_by") || undefined,
        },
        request.caller,
      );
      return { dataset: await message(made) };
    }),
    route("GET", "/search", "read", search),
    route("POST", "/search", "read", search),
    route("GET", "/{dataset_id}", "read", async (_, request) => shown((await seen(request)).id)),
    route("DELETE", "/{dataset_id}", "log", async (_, request) => {
      await datasets.remove((await seen(request)).id, request.caller);
      return {};
    }),
    route("PATCH", "/{dataset_id}/tags", "log", async (input, request) => {
      const { id } = await seen(request);
      await datasets.setTags(id, tagsOf(input));
      return shown(id);
    }),
    route("DELETE", "/{dataset_id}/tags/{key}", "log", async (_, request) => {
      await datasets.removeTag((await seen(request)).id, request.params["key"] ?? "");
      return {};
    }),
    route("POST", "/{dataset_id}/records", "log", async (input, request) => {
      const { id } = await seen(request);
      const { inserted, updated } = await datasets.upsertRecords(id, recordsOf(input), text(input, "updated_by") || undefined);
      return { inserted_count: inserted, updated_count: updated };
    }),
    route("GET", "/{dataset_id}/records", "read", async (input, request) => {
      const { id } = await seen(request);
      const limit = Math.min(integer(input, "max_results") || 1000, 50_000);
      const after = pageToken(input)?.["after"];
      const found = await datasets.records(id, limit + 1, typeof after === "string" ? after : "");
      const page = found.slice(0, limit);
      return {
        records: JSON.stringify(page.map((one) => recordMessage(id, one))),
        ...(found.length > limit && { next_page_token: token({ after: page.at(-1)?.id }) }),
      };
    }),
    route("DELETE", "/{dataset_id}/records", "log", async (input, request) => ({
      deleted_count: await datasets.removeRecords((await seen(request)).id, texts(input, "dataset_record_ids")),
    })),
    route("GET", "/{dataset_id}/experiment-ids", "read", async (_, request) => {
      const { experimentIds } = await seen(request);
      return experimentIds.length > 0 ? { experiment_ids: experimentIds } : {};
    }),
    route("POST", "/{dataset_id}/add-experiments", "log", async (input, request) => {
      const { id } = await seen(request);
      await datasets.addExperiments(id, await places(input, request));
      return shown(id);
    }),
    route("POST", "/{dataset_id}/remove-experiments", "log", async (input, request) => {
      const { id } = await seen(request);
      await datasets.removeExperiments(id, texts(input, "experiment_ids").map(experimentId));
      return shown(id);
    }),
  ];
}
