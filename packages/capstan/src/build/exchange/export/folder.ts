import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Experiment } from "../../tracking/model.ts";
import { exportedTag } from "../rules.ts";
import { putModel, putRegistered } from "./folder-models.ts";
import { compareRuns, putRun } from "./folder-runs.ts";
import { locationOf, metaText, put, putTexts } from "./folder-text.ts";
import { putTraces } from "./folder-traces.ts";
import { type ExportTask, heldExperiments, heldModels, heldRegistry, heldRuns } from "./held.ts";

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
  if (!task.plan) await compareRuns(task, root, written);
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
