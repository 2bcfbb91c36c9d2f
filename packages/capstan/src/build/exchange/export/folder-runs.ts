import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Experiment, RunStatus } from "../../tracking/model.ts";
import { digestOfRun, exportedTag, importedFrom } from "../rules.ts";
import { folderSource } from "../sources/folder.ts";
import { filesBelow } from "../sources/local-files.ts";
import { curveText, locationOf, md5, metaText, put, putFiles, putTexts, replace } from "./folder-text.ts";
import type { ExportTask, HeldRun } from "./held.ts";

const runStatuses: Record<RunStatus, number> = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 };

/** Whether everything of it could be written. */
export async function putRun(
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

/** Reads the runs that were written in the way of every reader, and compares them. */
export async function compareRuns(task: ExportTask, root: string, written: ReadonlyMap<string, string>): Promise<void> {
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
