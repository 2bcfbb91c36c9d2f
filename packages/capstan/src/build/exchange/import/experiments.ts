import { digestOfJson } from "../../../base/foundation/hashing.ts";
import { putImportedExperiment } from "../../tracking/imported/experiments.ts";
import type { Experiment } from "../../tracking/model.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { SourceExperiment } from "../model.ts";
import { findImported, rememberImported } from "../store.ts";
import type { ImportTask } from "./task.ts";

const noun = "experiments";

/**
 * Experiments come under their ids where those are free. One whose name is taken here is joined: its runs go into the experiment of that name,
 * as they would for any client that sets an experiment by name.
 */
export async function importExperiments(task: ImportTask, all: readonly SourceExperiment[]): Promise<void> {
  const { store, tracking, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  const known = await findImported(
    store.database,
    at,
    all.map((one) => one.id),
  );
  // Those that can keep their ids come first, so that nobody else is given one of them.
  const keeps = (id: string): number => (/^[1-9][0-9]{0,14}$/.test(id) ? 0 : 1);
  for (const one of all.toSorted((a, b) => keeps(a.id) - keeps(b.id))) {
    task.signal.throwIfAborted();
    tally.add("found", noun);
    const name = clean(one.name);
    const tags = cleanTexts(one.tags);
    const digest = digestOfJson({ name, lifecycle: one.lifecycle, createdMs: one.createdMs, tags });
    task.digests.push(`experiment ${one.id} ${digest}`);
    const remembered = { sourceId: one.id, digest, atMs: store.clock.nowMs() };
    const before = known.get(one.id);
    const here = before && (await tracking.experiments.find(before.id));
    if (before && here?.project === project) {
      task.experiments.set(one.id, here.id);
      if (before.digest === digest) tally.add("same", noun);
      else if (task.plan) tally.add("updated", noun);
      else {
        await bringUpToDate(task, here, { ...one, name, tags });
        await store.database.commit(rememberImported(at, { ...remembered, id: here.id }));
        tally.add("updated", noun);
      }
      continue;
    }
    const named = await tracking.experiments.findByName(project, name);
    if (named) {
      task.experiments.set(one.id, named.id);
      tally.add("same", noun);
      if (named.id !== one.id) tally.note(`runs of experiment ${one.id} go into ${named.id}, which has its name ${name} here`);
      if (task.plan) continue;
      for (const [key, value] of Object.entries(tags))
        if (named.tags[key] === undefined && named.lifecycle === "active") await tracking.experiments.setTag(named.id, key, value);
      await store.database.commit(rememberImported(at, { ...remembered, id: named.id }));
      continue;
    }
    tally.add("taken", noun);
    if (task.plan) {
      task.experiments.set(one.id, `new:${one.id}`);
      continue;
    }
    const id = await putImportedExperiment(
      store,
      { ...one, project, name, tags, artifactLocation: null },
      source.label,
      await task.writer(),
      (made) => rememberImported(at, { ...remembered, id: made }),
    );
    task.experiments.set(one.id, id);
    if (id !== one.id)
      tally.note(
        `experiment ${one.id}, ${name}, has the id ${id} here: ${one.id.length > 15 ? "this store holds ids up to 15 digits" : "its own is taken"}`,
      );
  }
}

/** What the source says now, where nobody says otherwise here. */
async function bringUpToDate(task: ImportTask, here: Experiment, now: SourceExperiment): Promise<void> {
  const { experiments } = task.tracking;
  if (here.lifecycle === "active")
    for (const [key, value] of Object.entries(now.tags)) if (here.tags[key] !== value) await experiments.setTag(here.id, key, value);
  if (here.lifecycle !== now.lifecycle) await experiments.change(here.id, { lifecycle: now.lifecycle }, await task.writer());
  if (here.name !== now.name) task.tally.note(`experiment ${here.id} is called ${now.name} at the source and ${here.name} here`);
}
