import { exportedTag } from "../rules.ts";
import { queryText } from "../sources/client.ts";
import { type Json, list, object, pairsOf } from "../sources/words.ts";
import type { HeldModel, HeldRegisteredModel } from "./held.ts";
import { api, exportFiles, idTag, type Target } from "./target.ts";

/** A model's metric that is there already need not be said again; its run may be deleted meanwhile. */
const metricKey = (one: Json): string => [one["run_id"], one["key"], one["step"] ?? 0, one["timestamp"]].join("\n");

export async function exportModel(target: Target, experimentId: string, { model, files }: HeldModel): Promise<void> {
  const { client, models, runs, task } = target;
  if (model.lifecycle === "deleted") return task.tally.leave("logged models", "they are deleted");
  const known = await client.post(`${api}/logged-models/search`, {
    experiment_ids: [experimentId],
    filter: `tags.\`${idTag}\` = '${model.id}'`,
  });
  let there = object(list(known["models"])[0]?.["info"]);
  task.tally.add(there["model_id"] === undefined ? "taken" : "same", "logged models");
  if (there["model_id"] === undefined) {
    const made = await client.post(`${api}/logged-models`, {
      experiment_id: experimentId,
      name: model.name,
      ...(model.modelType !== null && { model_type: model.modelType }),
      ...(model.sourceRunId !== null && { source_run_id: runs.get(model.sourceRunId) ?? model.sourceRunId }),
      params: pairsOf(model.params),
      tags: pairsOf({ ...model.tags, [idTag]: model.id }),
    });
    there = object(object(made["model"])["info"]);
  }
  const id = String(there["model_id"]);
  models.set(model.id, id);
  if (there["status"] === "LOGGED_MODEL_READY") return;
  const measured = new Set(list(object(list(known["models"])[0]?.["data"])["metrics"]).map(metricKey));
  await exportFiles(target, String(there["artifact_uri"]), files, "logged models");
  for (const one of model.metrics) {
    const run = runs.get(one.runId);
    if (run === undefined || measured.has(metricKey({ run_id: run, key: one.key, step: one.step, timestamp: one.timeMs }))) continue;
    const dataset = one.dataset && { dataset_name: one.dataset.name, dataset_digest: one.dataset.digest };
    await client.post(`${api}/runs/log-metric`, {
      run_id: run,
      model_id: id,
      key: one.key,
      value: Number.isNaN(one.value) ? "NaN" : one.value,
      timestamp: one.timeMs,
      step: one.step,
      ...dataset,
    });
  }
  if (model.status === "READY" || model.status === "UPLOAD_FAILED")
    await client.patch(`${api}/logged-models/${id}`, { model_id: id, status: `LOGGED_MODEL_${model.status}` });
}

export async function exportRegistered(target: Target, { model, tags, aliases, versions }: HeldRegisteredModel): Promise<void> {
  const { client, task, runs, models } = target;
  const at = queryText({ name: model.name });
  const there = await client.find(`${api}/registered-models/get?${at}`);
  const mine = list(object(there?.["registered_model"])["tags"]).some((tag) => tag["key"] === exportedTag);
  if (there && !mine)
    return task.tally.conflict({
      noun: "registered model",
      id: model.name,
      code: "CAP-EXISTS-001",
      problem: "the name is taken in the registry there",
    });
  task.tally.add(there ? "same" : "taken", "registered models");
  if (task.plan) return task.tally.add("taken", "model versions", versions.length);
  if (!there)
    await client.post(`${api}/registered-models/create`, {
      name: model.name,
      ...(model.description !== null && { description: model.description }),
      tags: pairsOf({ ...tags, [exportedTag]: task.store.id }),
    });
  const numbers = new Map<number, string>();
  for (const { version, tags: said } of versions) {
    const prompt = tags["mlflow.prompt.is_prompt"] === "true" ? " AND tags.`mlflow.prompt.is_prompt` = 'true'" : "";
    const filter = `name = '${model.name}' AND tags.\`capstan.version\` = '${version.number}'${prompt}`;
    const known = list((await client.get(`${api}/model-versions/search?${queryText({ filter })}`))["model_versions"])[0];
    task.tally.add(known ? "same" : "taken", "model versions");
    if (known) {
      numbers.set(version.number, String(known["version"]));
      continue;
    }
    const { label } = version;
    const model_id = label.loggedModel === null ? undefined : models.get(label.loggedModel);
    const run_id = label.statedRun === null ? undefined : (runs.get(label.statedRun) ?? label.statedRun);
    let source = label.source ?? "";
    if (version.form === "file") {
      const folder = `capstan-models/${encodeURIComponent(model.name)}/v${version.number}`;
      source = `mlflow-artifacts:/${folder}`;
      await exportFiles(target, source, [{ path: "model.onnx", digest: version.digest, sizeBytes: version.sizeBytes }], "model versions");
    } else if (model_id !== undefined) source = `models:/${model_id}`;
    else
      source = (label.location ?? source).replace(/^runs:\/+([0-9a-f]{32})/, (all, id: string) => `runs:/${runs.get(id) ?? id}`) || source;
    const made = await client.post(`${api}/model-versions/create`, {
      name: model.name,
      source,
      ...(run_id !== undefined && { run_id }),
      ...(model_id !== undefined && { model_id }),
      ...(label.description !== null && { description: label.description }),
      ...(label.runLink !== null && { run_link: label.runLink }),
      tags: pairsOf({ ...said, "capstan.version": String(version.number) }),
    });
    const number = String(object(made["model_version"])["version"]);
    numbers.set(version.number, number);
    if (number !== String(version.number))
      task.tally.note(`${model.name} v${version.number} is version ${number} there: a server gives numbers in order`);
    if (label.stage !== "None")
      await client.post(`${api}/model-versions/transition-stage`, {
        name: model.name,
        version: number,
        stage: label.stage,
        archive_existing_versions: false,
      });
  }
  for (const [alias, number] of Object.entries(aliases)) {
    const version = numbers.get(number);
    if (version !== undefined) await client.post(`${api}/registered-models/alias`, { name: model.name, alias, version });
  }
}
