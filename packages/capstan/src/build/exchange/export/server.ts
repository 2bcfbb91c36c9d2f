import type { Experiment } from "../../tracking/model.ts";
import { createMlflowClient, type Credentials, queryText } from "../sources/client.ts";
import { object, pairsOf } from "../sources/words.ts";
import { compareRuns } from "./compare-runs.ts";
import { type ExportTask, heldExperiments, heldModels, heldRegistry, type HeldRun, heldRuns } from "./held.ts";
import { exportModel, exportRegistered } from "./server-models.ts";
import { exportRun, finishRun, parentsFirst, runsThere } from "./server-runs.ts";
import { api, type Target } from "./target.ts";
import { exportTraces } from "./server-traces.ts";

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
