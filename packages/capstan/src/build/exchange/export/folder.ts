import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Artifact, Experiment, LoggedModelStatus, RunStatus } from "../../tracking/model.ts";
import { digestOfRun, exportedTag, importedFrom } from "../rules.ts";
import { folderSource } from "../sources/folder.ts";
import { filesBelow } from "../sources/local-files.ts";
import { curveText, locationOf, md5, metaText, put, putTexts, pythonText, replace } from "./folder-text.ts";
import { putTraces } from "./folder-traces.ts";
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

const runStatuses: Record<RunStatus, number> = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 };
const modelStatuses: Record<LoggedModelStatus, number> = { UNSPECIFIED: 0, PENDING: 1, READY: 2, UPLOAD_FAILED: 3 };

/** Writes an mlruns folder as MLflow's FileStore reads it, ids and times kept. Each run, model and version appears whole. */
export async function exportToFolder(task: ExportTask, root: string, names: readonly string[] | undefined): Promise<void> {
  const { tally } = task;
  if (existsSync(root) && !existsSync(join(root, ".trash")) && (await readdir(root)).length > 0)
    throw new CapstanError("CAP-EXISTS-002", { file: root, folder: dirname(root) });
  const experiments = await heldExperiments(task, names);
  if (!task.plan) await mkdir(join(root, ".trash"), { recursive: true });
  const written = new Map<string, string>();
  for (const one of experiments) {
    task.signal.throwIfAborted();
    const folder = one.lifecycle === "deleted" ? join(root, ".trash", one.id) : join(root, one.id);
    if (!task.plan) await putExperiment(root, folder, one, task);
    tally.add("taken", "experiments");
    for await (const page of heldRuns(task, one.id)) {
      task.signal.throwIfAborted();
      for (const held of page) {
        task.digests.push(`run ${held.run.id} ${held.digest}`);
        const at = join(folder, held.run.id);
        const known = await readFile(join(at, "tags", exportedTag), "utf8").catch(() => undefined);
        tally.add(known === held.digest ? "same" : "taken", "runs");
        if (task.plan || known === held.digest) continue;
        if (await putRun(task, root, folder, held, one)) written.set(held.run.id, held.digest);
      }
      task.tell("runs");
    }
    for (const held of await heldModels(task, one.id)) {
      tally.add("taken", "logged models");
      if (!task.plan) await putModel(task, root, join(folder, "models"), held);
    }
    await putTraces(task, root, folder, one.id);
  }
  if (!names) for (const one of await heldRegistry(task)) await putRegistered(task, root, one);
  if (!task.plan) await readBack(task, root, written);
}

async function putExperiment(root: string, folder: string, one: Experiment, task: ExportTask): Promise<void> {
  const facts = {
    experiment_id: one.id,
    name: one.name,
    artifact_location: locationOf(root, one.id),
    lifecycle_stage: one.lifecycle,
    creation_time: one.createdMs,
    last_update_time: one.updatedMs,
  };
  await putTexts(join(folder, "tags"), new Map(Object.entries(one.tags)), () =>
    task.tally.leave("experiment tags", "their name is no file of its own"),
  );
  await put(folder, "meta.yaml", metaText(facts));
}

/** Whether everything of it could be written. */
async function putRun(
  task: ExportTask,
  root: string,
  folder: string,
  { run, curves, artifacts, digest }: HeldRun,
  experiment: Experiment,
): Promise<boolean> {
  const making = join(folder, `.making-${run.id}`);
  await rm(making, { recursive: true, force: true });
  let whole = true;
  const leave = (noun: string) => (): void => {
    whole = false;
    task.tally.leave(noun, "their name is no file of its own");
  };
  const { [importedFrom]: _, ...tags } = run.tags;
  const deleted = run.lifecycle === "deleted" || experiment.lifecycle === "deleted";
  await put(
    making,
    "meta.yaml",
    metaText({
      run_id: run.id,
      run_uuid: run.id,
      run_name: run.name,
      experiment_id: run.experimentId,
      user_id: run.by,
      status: runStatuses[run.status],
      start_time: run.startedMs,
      end_time: run.endedMs,
      artifact_uri: locationOf(root, run.experimentId, run.id, "artifacts"),
      lifecycle_stage: deleted ? "deleted" : "active",
      ...(deleted && { deleted_time: task.store.clock.nowMs() }),
      entry_point_name: "",
      source_name: "",
      source_type: 4,
      source_version: "",
    }),
  );
  for (const part of ["metrics", "params", "artifacts"]) await mkdir(join(making, part), { recursive: true });
  const lines = new Map([...(await curves())].map(([key, points]) => [key, curveText(points)]));
  await putTexts(join(making, "metrics"), lines, leave("metrics"));
  await putTexts(join(making, "params"), new Map(Object.entries(run.params)), leave("params"));
  await putTexts(join(making, "tags"), new Map([...Object.entries(tags), [exportedTag, digest]]), leave("tags"));
  await putFiles(task, join(making, "artifacts"), artifacts);
  for (const { dataset, tags: said } of run.datasets) {
    const id = md5(dataset.name + dataset.digest);
    const { name, digest: of, source, sourceType, schema, profile } = dataset;
    await put(join(folder, "datasets", id), "meta.yaml", metaText({ name, digest: of, source_type: sourceType, source, schema, profile }));
    const edge = { source_type: "DATASET", source_id: id, destination_type: "RUN", destination_id: id };
    await put(
      join(making, "inputs", md5(id + run.id)),
      "meta.yaml",
      metaText({ ...edge, tags: Object.fromEntries(said.map((one) => [one.key, one.value])) }),
    );
  }
  for (const { direction, modelId, step } of run.models) {
    const word = direction === "outputs" ? "OUTPUT" : "INPUT";
    const edge = { source_type: `RUN_${word}`, source_id: modelId, destination_type: `MODEL_${word}`, destination_id: modelId, tags: {} };
    const name = direction === "outputs" ? modelId : md5(modelId + run.id);
    await put(join(making, direction, name), "meta.yaml", metaText({ ...edge, ...(direction === "outputs" && { step }) }));
  }
  await replace(making, join(folder, run.id));
  return whole;
}

async function putFiles({ store, tally }: ExportTask, folder: string, files: readonly Artifact[]): Promise<void> {
  for (const one of files) {
    await mkdir(dirname(join(folder, one.path)), { recursive: true });
    await store.blobs.checkout(one.digest, join(folder, one.path));
    tally.add("taken", "artifact files");
  }
}

async function putModel(task: ExportTask, root: string, folder: string, { model, files }: HeldModel): Promise<void> {
  const making = join(folder, `.making-${model.id}`);
  await rm(making, { recursive: true, force: true });
  const leave = (): void => task.tally.leave("texts of logged models", "their name is no file of its own");
  await put(
    making,
    "meta.yaml",
    metaText({
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      artifact_location: locationOf(root, model.experimentId, "models", model.id, "artifacts"),
      creation_timestamp: model.createdMs,
      last_updated_timestamp: model.updatedMs,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      status: modelStatuses[model.status],
      status_message: null,
      ...(model.lifecycle === "deleted" && { lifecycle_stage: "deleted" }),
    }),
  );
  await putTexts(join(making, "params"), new Map(Object.entries(model.params)), leave);
  await putTexts(join(making, "tags"), new Map(Object.entries(model.tags)), leave);
  const lines = new Map<string, string>();
  for (const one of model.metrics) {
    const dataset = one.dataset ? ` ${one.dataset.name} ${one.dataset.digest}` : "";
    lines.set(one.key, `${lines.get(one.key) ?? ""}${one.timeMs} ${pythonText(one.value)} ${one.step} ${one.runId}${dataset}\n`);
  }
  await putTexts(join(making, "metrics"), lines, leave);
  await mkdir(join(making, "artifacts"), { recursive: true });
  await putFiles(task, join(making, "artifacts"), files);
  await replace(making, join(folder, model.id));
}

async function putRegistered(task: ExportTask, root: string, { model, tags, aliases, versions }: HeldRegisteredModel): Promise<void> {
  const { tally } = task;
  tally.add("taken", "registered models");
  tally.add("taken", "model versions", versions.length);
  if (task.plan) return;
  const folder = join(root, "models", model.name);
  const leave = (): void => tally.leave("texts of registered models", "their name is no file of its own");
  const facts = {
    name: model.name,
    description: model.description,
    creation_timestamp: model.createdMs,
    last_updated_timestamp: model.updatedMs,
  };
  await putTexts(join(folder, "tags"), new Map(Object.entries(tags)), leave);
  await putTexts(join(folder, "aliases"), new Map(Object.entries(aliases).map(([alias, number]) => [alias, String(number)])), leave);
  for (const { version, tags: said } of versions) {
    const at = join(folder, `version-${version.number}`);
    const { label } = version;
    let location = label.location;
    if (version.form === "file") {
      // MLflow has no place for a version that is one file: it is given one beside the registry.
      const files = join(root, "models", ".files", model.name, `v${version.number}`);
      await putFiles(task, files, [{ path: "model.onnx", digest: version.digest, sizeBytes: version.sizeBytes }]);
      location = pathToFileURL(files).href;
    } else if (label.loggedModel !== null && location?.startsWith("mlflow-artifacts:")) {
      const experiment = /\/+(\d+)\/models\//.exec(location)?.[1] ?? "0";
      location = locationOf(root, experiment, "models", label.loggedModel, "artifacts");
    }
    await putTexts(join(at, "tags"), new Map(Object.entries(said)), leave);
    await put(
      at,
      "meta.yaml",
      metaText({
        name: model.name,
        version: version.number,
        creation_timestamp: version.createdMs,
        last_updated_timestamp: label.updatedMs,
        current_stage: label.stage,
        description: label.description,
        source: version.form === "file" ? location : label.source,
        storage_location: location,
        run_id: label.statedRun,
        run_link: label.runLink,
        model_id: label.loggedModel,
        status: "READY",
        status_message: null,
        user_id: null,
      }),
    );
  }
  await put(folder, "meta.yaml", metaText(facts));
}

/** Reads the runs that were written as any reader would, and compares them. */
async function readBack(task: ExportTask, root: string, written: ReadonlyMap<string, string>): Promise<void> {
  if (written.size === 0) return;
  const source = await folderSource(root, { files: (place) => filesBelow(place.uri, new Map()), isNear: () => true });
  for await (const page of source.runs(await source.experiments()))
    for (const run of await source.whole(page.filter((one) => written.has(one.id)))) {
      const digest = written.get(run.id);
      if (digest === undefined) continue;
      const artifacts = (await source.files({ uri: run.artifactUri, run: run.id })) ?? [];
      const lifecycle = (await task.tracking.getRun(run.id)).lifecycle;
      if ((await digestOfRun({ ...run, artifacts, lifecycle })) === digest) continue;
      task.tally.differs();
      task.tally.conflict({ noun: "run", id: run.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what this store says" });
    }
}
