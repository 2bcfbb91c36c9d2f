import type { LoggedModelStatus } from "../../tracking/model.ts";
import type { SourceLoggedModel, SourceRegisteredModel } from "../model.ts";
import { type createMlflowClient, queryText } from "./client.ts";
import { type Json, list, number, object, said, stageOf, text, textsOf } from "./words.ts";

const api = "/api/2.0/mlflow";

export function loggedModelOf(one: Json): SourceLoggedModel {
  const [info, data] = [object(one["info"]), object(one["data"])];
  const status = text(info["status"]).replace(/^LOGGED_MODEL_/, "");
  return {
    id: text(info["model_id"]),
    experimentId: text(info["experiment_id"]),
    name: text(info["name"]),
    modelType: said(info["model_type"]),
    sourceRunId: said(info["source_run_id"]),
    status: (status === "STATUS_UNSPECIFIED" || status === "" ? "UNSPECIFIED" : status) as LoggedModelStatus,
    lifecycle: "active",
    createdMs: number(info["creation_timestamp_ms"]),
    updatedMs: number(info["last_updated_timestamp_ms"]),
    params: textsOf(data["params"]),
    tags: textsOf(info["tags"]),
    metrics: list(data["metrics"]).map((metric) => ({
      runId: text(metric["run_id"]),
      key: text(metric["key"]),
      step: number(metric["step"]),
      timeMs: number(metric["timestamp"]),
      value: number(metric["value"]),
      dataset:
        said(metric["dataset_name"]) === null ? null : { name: text(metric["dataset_name"]), digest: text(metric["dataset_digest"]) },
    })),
    artifactUri: text(info["artifact_uri"]),
  };
}

export async function registeredOf(client: ReturnType<typeof createMlflowClient>, one: Json): Promise<SourceRegisteredModel> {
  const name = text(one["name"]);
  const versions: SourceRegisteredModel["versions"] = [];
  for (let token: string | undefined; ;) {
    const prompt = textsOf(one["tags"])["mlflow.prompt.is_prompt"] === "true" ? " AND tags.`mlflow.prompt.is_prompt` = 'true'" : "";
    const query = queryText({ filter: `name = '${name}'${prompt}`, max_results: 1000, page_token: token });
    const answer = await client.get(`${api}/model-versions/search?${query}`);
    for (const version of list(answer["model_versions"])) {
      const at = queryText({ name, version: text(version["version"]) });
      const place = await client.find(`${api}/model-versions/get-download-uri?${at}`);
      versions.push({
        number: number(version["version"]),
        createdMs: number(version["creation_timestamp"]),
        updatedMs: number(version["last_updated_timestamp"]),
        description: said(version["description"]),
        stage: stageOf(version["current_stage"]),
        source: said(version["source"]),
        location: said(place?.["artifact_uri"]) ?? said(version["source"]),
        runId: said(version["run_id"]),
        runLink: said(version["run_link"]),
        loggedModel: said(version["model_id"]) ?? /^models:\/(m-[0-9a-f]{32})$/.exec(text(version["source"]))?.[1] ?? null,
        tags: textsOf(version["tags"]),
      });
    }
    token = said(answer["next_page_token"]) ?? undefined;
    if (token === undefined) break;
  }
  return {
    name,
    description: said(one["description"]),
    createdMs: number(one["creation_timestamp"]),
    updatedMs: number(one["last_updated_timestamp"]),
    tags: textsOf(one["tags"]),
    aliases: Object.fromEntries(list(one["aliases"]).map((alias) => [text(alias["alias"]), number(alias["version"])])),
    versions: versions.sort((a, b) => a.number - b.number),
  };
}
