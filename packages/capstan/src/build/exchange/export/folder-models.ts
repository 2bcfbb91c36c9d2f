import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LoggedModelStatus } from "../../tracking/model.ts";
import { locationOf, metaText, put, putFiles, putTexts, pythonText, replace } from "./folder-text.ts";
import type { ExportTask, HeldModel, HeldRegisteredModel } from "./held.ts";

const modelStatuses: Record<LoggedModelStatus, number> = { UNSPECIFIED: 0, PENDING: 1, READY: 2, UPLOAD_FAILED: 3 };

export async function putModel(task: ExportTask, root: string, folder: string, { model, files }: HeldModel): Promise<void> {
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

export async function putRegistered(
  task: ExportTask,
  root: string,
  { model, tags, aliases, versions }: HeldRegisteredModel,
): Promise<void> {
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
