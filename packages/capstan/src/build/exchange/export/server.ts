import type { Artifact, Experiment, FullRun } from "../../tracking/model.ts";
import { slicePoints } from "../../tracking/points.ts";
import { exportedTag, importedFrom } from "../rules.ts";
import { createMlflowClient, type Credentials, queryText } from "../sources/client.ts";
import { type Json, list, object, pairsOf } from "../sources/words.ts";
import {
  type ExportTask,
  type HeldModel,
  type HeldRegisteredModel,
  heldExperiments,
  heldModels,
  heldRegistry,
  type HeldRun,
  heldRuns,
} from "./held.ts";
import { exportTraces } from "./traces.ts";
import { compareRuns } from "./compare-runs.ts";
import { type Client, idTag, longestTag, type Target } from "./target.ts";

const api = "/api/2.0/mlflow";
const [metricsAtOnce, textsAtOnce] = [1000, 100];

const parts = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

/** Logs everything through a server's own protocol. The server gives ids; where each run came from stays in a tag. */
export async function exportToServer(
  task: ExportTask,
  address: string,
  credentials: Credentials,
  names: readonly string[] | undefined,
): Promise<void> {
  const target: Target = { client: createMlflowClient(address, credentials), task, runs: new Map(), models: new Map() };
  task.tally.note("a server gives runs and logged models ids of its own; the tag capstan.runId says which run each is");
  for (const one of await heldExperiments(task, names)) {
    task.signal.throwIfAborted();
    if (one.lifecycle === "deleted") {
      task.tally.leave("experiments", "they are deleted");
      continue;
    }
    await exportExperiment(target, one, address, credentials);
  }
  if (!names) for (const one of await heldRegistry(task)) await exportRegistered(target, one);
}

async function exportExperiment(target: Target, one: Experiment, address: string, credentials: Credentials): Promise<void> {
  const { client, task } = target;
  const found = await client.find(`${api}/experiments/get-by-name?${queryText({ experiment_name: one.name })}`);
  let id = found && String(object(found["experiment"])["experiment_id"]);
  task.tally.add(id === undefined ? "taken" : "same", "experiments");
  if (id === undefined && !task.plan)
    id = String((await client.post(`${api}/experiments/create`, { name: one.name, tags: pairsOf(one.tags) }))["experiment_id"]);
  const done = id === undefined ? new Map<string, string>() : await runsThere(target, id);
  const held: HeldRun[] = [];
  for await (const page of heldRuns(task, one.id)) for (const run of page) held.push(run);
  const fresh: HeldRun[] = [];
  for (const run of parentsFirst(held.reverse())) {
    task.digests.push(`run ${run.run.id} ${run.digest}`);
    const same = done.get(run.run.id) === run.digest;
    task.tally.add(same ? "same" : "taken", "runs");
    if (!same) fresh.push(run);
  }
  if (task.plan || id === undefined) return;
  for (const run of fresh) {
    task.signal.throwIfAborted();
    await exportRun(target, id, run);
    task.tell("runs");
  }
  for (const model of await heldModels(task, one.id)) await exportModel(target, id, model);
  for (const run of fresh) await finishRun(target, run);
  await compareRuns(target, address, credentials, { id, name: one.name }, one.id, fresh);
  await exportTraces(target, id, one.id);
}

/** The server gives the ids, so that a child can name its parent only after it. */
function parentsFirst(held: readonly HeldRun[]): HeldRun[] {
  const byId = new Map(held.map((one) => [one.run.id, one]));
  const ordered = new Set<HeldRun>();
  for (const one of held) {
    const line: HeldRun[] = [];
    for (
      let at: HeldRun | undefined = one;
      at && !ordered.has(at) && !line.includes(at);
      at = byId.get(at.run.tags["mlflow.parentRunId"] ?? "")
    )
      line.push(at);
    for (const run of line.reverse()) ordered.add(run);
  }
  return [...ordered];
}

/** Digests of runs that are there whole, by their ids here. */
async function runsThere({ client, runs }: Target, experimentId: string): Promise<Map<string, string>> {
  const whole = new Map<string, string>();
  for (let token: string | undefined; ;) {
    const body = {
      experiment_ids: [experimentId],
      run_view_type: "ALL",
      max_results: 1000,
      ...(token !== undefined && { page_token: token }),
    };
    const answer = await client.post(`${api}/runs/search`, body);
    for (const run of list(answer["runs"])) {
      const tags = Object.fromEntries(list(object(run["data"])["tags"]).map((tag) => [String(tag["key"]), String(tag["value"])]));
      const mine = tags[idTag];
      if (mine === undefined) continue;
      runs.set(mine, String(object(run["info"])["run_id"]));
      if (tags[exportedTag] !== undefined) whole.set(mine, tags[exportedTag]);
    }
    token = answer["next_page_token"] === undefined ? undefined : String(answer["next_page_token"]);
    if (token === undefined || token === "") return whole;
  }
}

/** Everything of a run but its end and its deletion; said twice, it is there once. */
async function exportRun(target: Target, experimentId: string, { run, curves, artifacts }: HeldRun): Promise<void> {
  const { client, runs, task } = target;
  const parent = run.tags["mlflow.parentRunId"];
  const { [importedFrom]: _, ...own } = run.tags;
  const tags = { ...own, ...(parent !== undefined && { "mlflow.parentRunId": runs.get(parent) ?? parent }), [idTag]: run.id };
  for (const [key, value] of Object.entries(tags))
    if (value.length > longestTag) task.tally.leave("ends of long tags", `the server keeps ${longestTag} characters of ${key}`);
  let id = runs.get(run.id);
  if (id === undefined) {
    const made = await client.post(`${api}/runs/create`, {
      experiment_id: experimentId,
      user_id: run.by,
      run_name: run.name,
      start_time: run.startedMs,
      tags: pairsOf({
        ...(own["mlflow.runName"] !== undefined && { "mlflow.runName": run.name }),
        ...(tags["mlflow.parentRunId"] !== undefined && { "mlflow.parentRunId": tags["mlflow.parentRunId"] }),
        [idTag]: run.id,
      }),
    });
    id = String(object(object(made["run"])["info"])["run_id"]);
    runs.set(run.id, id);
  }
  for (const some of parts(pairsOf(run.params), textsAtOnce)) await client.post(`${api}/runs/log-batch`, { run_id: id, params: some });
  for (const some of parts(pairsOf(tags), textsAtOnce)) await client.post(`${api}/runs/log-batch`, { run_id: id, tags: some });
  let points = 0;
  for (const [key, curve] of await curves())
    for (let from = 0; from < curve.step.length; from += metricsAtOnce) {
      const some = slicePoints(curve, from, from + metricsAtOnce);
      const metrics = Array.from(some.step, (step, i) => ({
        key,
        step,
        timestamp: some.timeMs[i] ?? 0,
        value: wireValue(some.value[i] ?? 0),
      }));
      await client.post(`${api}/runs/log-batch`, { run_id: id, metrics });
      points += metrics.length;
    }
  if (run.datasets.length > 0) await client.post(`${api}/runs/log-inputs`, { run_id: id, datasets: run.datasets.map(datasetOf) });
  task.tally.add("taken", "metric points", points);
  await exportFiles(target, await artifactUriOf(client, id), artifacts, `runs`);
}

const wireValue = (value: number): number | string =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

const datasetOf = ({ dataset, tags }: FullRun["datasets"][number]): object => ({
  tags,
  dataset: {
    name: dataset.name,
    digest: dataset.digest,
    source_type: dataset.sourceType,
    source: dataset.source,
    ...(dataset.schema !== null && { schema: dataset.schema }),
    ...(dataset.profile !== null && { profile: dataset.profile }),
  },
});

const artifactUriOf = async (client: Client, id: string): Promise<string> =>
  String(object(object((await client.get(`${api}/runs/get?run_id=${id}`))["run"])["info"])["artifact_uri"]);

/** Through the server's artifact service; a place that only its clients can write to is left. */
async function exportFiles({ client, task }: Target, uri: string, files: readonly Artifact[], whose: string): Promise<void> {
  const service = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri)?.[1];
  if (service === undefined)
    return task.tally.leave(`artifact files of ${whose}`, `the server does not take them itself (${uri.split(":")[0]})`, files.length);
  for (const one of files) {
    task.signal.throwIfAborted();
    const path = [service, one.path].join("/").split("/").map(encodeURIComponent).join("/");
    await client.upload(`/api/2.0/mlflow-artifacts/artifacts/${path}`, await task.store.blobs.stream(one.digest), one.sizeBytes);
    if (whose === "runs") task.tally.add("taken", "artifact files");
  }
}

/** A model's metric that is there already need not be said again; its run may be deleted meanwhile. */
const metricKey = (one: Json): string => [one["run_id"], one["key"], one["step"] ?? 0, one["timestamp"]].join("\n");

async function exportModel(target: Target, experimentId: string, { model, files }: HeldModel): Promise<void> {
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

/** Links to models, the end, and last of all the tag that says that everything is there. */
async function finishRun({ client, runs, models }: Target, { run, digest }: HeldRun): Promise<void> {
  const id = runs.get(run.id) ?? "";
  const known = run.models.filter((one) => models.has(one.modelId));
  const made = known.filter((one) => one.direction === "outputs").map((one) => ({ model_id: models.get(one.modelId), step: one.step }));
  const read = known.filter((one) => one.direction === "inputs").map((one) => ({ model_id: models.get(one.modelId) }));
  if (made.length > 0) await client.post(`${api}/runs/outputs`, { run_id: id, models: made });
  if (read.length > 0) await client.post(`${api}/runs/log-inputs`, { run_id: id, models: read });
  await client.post(`${api}/runs/set-tag`, { run_id: id, key: exportedTag, value: digest });
  await client.post(`${api}/runs/update`, { run_id: id, status: run.status, ...(run.endedMs !== null && { end_time: run.endedMs }) });
  if (run.lifecycle === "deleted") await client.post(`${api}/runs/delete`, { run_id: id });
}

async function exportRegistered(target: Target, { model, tags, aliases, versions }: HeldRegisteredModel): Promise<void> {
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
