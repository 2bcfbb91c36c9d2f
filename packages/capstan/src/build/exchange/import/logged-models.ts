import { putImportedModels } from "../../tracking/imported/models.ts";
import type { FullLoggedModel } from "../../tracking/model.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { SourceExperiment, SourceFile, SourceLoggedModel } from "../model.ts";
import { digestOfLoggedModel } from "../rules.ts";
import { findImported, rememberImported } from "../store.ts";
import { findFiles, inTurns, keepFiles } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";

const noun = "logged models";
/** Where files of a logged model are in the artifact service of every store. */
const folderOf = (experimentId: string, id: string): string => `${experimentId}/models/${id}/artifacts`;

/** Logged models with their files, which become files of the artifact service. */
export async function importLoggedModels(task: ImportTask, experiments: readonly SourceExperiment[]): Promise<void> {
  for await (const page of task.source.loggedModels(experiments)) {
    task.signal.throwIfAborted();
    await importPage(task, page);
    task.tell(noun);
  }
}

async function importPage(task: ImportTask, page: readonly SourceLoggedModel[]): Promise<void> {
  const { store, tracking, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  const known = await findImported(
    store.database,
    at,
    page.map((one) => one.id),
  );
  const remembered = (id: string, digest: string) => rememberImported(at, { sourceId: id, id, digest, atMs: store.clock.nowMs() });
  const fresh: { model: FullLoggedModel; files: SourceFile[]; digest: string }[] = [];
  await inTurns(page, 8, async (one) => {
    const model = localModel(task, one);
    if (!model) return;
    const files = (await findFiles(task, { uri: one.artifactUri, loggedModel: one.id })) ?? [];
    const digest = digestOfLoggedModel({ ...model, files });
    tally.add("found", noun);
    tally.add("found", "logged model files", files.length);
    task.digests.push(`logged-model ${one.id} ${digest}`);
    const mine = await tracking.loggedModels.find(one.id);
    if (!mine) return void fresh.push({ model, files, digest });
    const ours = mine.project === project ? await digestHere(task, one.id) : undefined;
    const before = known.get(one.id)?.digest;
    if (ours !== undefined && (before === digest || ours === digest)) {
      tally.add("same", noun);
      if (before !== digest && !task.plan) await store.database.commit(remembered(one.id, digest));
    } else if (ours === undefined || ours !== before)
      tally.conflict({
        noun: "logged model",
        id: one.id,
        code: "CAP-EXISTS-001",
        problem:
          before === undefined ? "there is another one of this id here" : "it was changed here and at the source since it was imported",
      });
    else {
      tally.add("updated", noun);
      if (task.plan) return;
      const writer = await task.writer();
      if (model.status !== mine.status && mine.lifecycle === "active") await tracking.loggedModels.finalize(one.id, model.status, writer);
      if (mine.lifecycle === "active") await tracking.loggedModels.setTags(one.id, model.tags);
      await keep(task, model, files);
      if (model.lifecycle === "deleted" && mine.lifecycle === "active") await tracking.loggedModels.remove(one.id, writer);
      await store.database.commit(remembered(one.id, digest));
    }
  });
  if (fresh.length === 0) return;
  tally.add("taken", noun, fresh.length);
  for (const { files } of fresh) tally.add("taken", "logged model files", files.length);
  if (task.plan) return;
  fresh.sort((a, b) => (a.model.id < b.model.id ? -1 : 1));
  // Files first: a model that is there has them.
  for (const { model, files } of fresh) await keep(task, model, files);
  await putImportedModels(
    store,
    fresh.map((one) => one.model),
    source.label,
    await task.writer(),
    fresh.flatMap(({ model, digest }) => remembered(model.id, digest)),
  );
  for (const { model, digest } of fresh) {
    if ((await digestHere(task, model.id)) === digest) continue;
    tally.differs();
    tally.conflict({ noun: "logged model", id: model.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
  }
}

async function keep(task: ImportTask, model: FullLoggedModel, files: readonly SourceFile[]): Promise<void> {
  const folder = folderOf(model.experimentId, model.id);
  for (const one of await keepFiles(files, task.store.blobs, task.signal))
    await task.tracking.files.put(task.project, `${folder}/${one.path}`, one);
}

/** The digest of what this store says of a model; deleted ones too. */
async function digestHere({ tracking }: ImportTask, id: string): Promise<string | undefined> {
  const full = await tracking.loggedModels.findFull(id);
  if (!full) return undefined;
  const folder = folderOf(full.experimentId, id);
  const files = (await tracking.files.below(folder)).map((one) => ({ path: one.path.slice(folder.length + 1), sizeBytes: one.sizeBytes }));
  return digestOfLoggedModel({ ...full, files });
}

function localModel(task: ImportTask, one: SourceLoggedModel): FullLoggedModel | undefined {
  const experimentId = task.experiments.get(one.experimentId);
  if (!/^m-[0-9a-f]{32}$/.test(one.id)) return void task.tally.leave("logged models", "their ids are not m- and 32 hex digits");
  if (experimentId === undefined) return void task.tally.leave("logged models", "their experiment is not there");
  return {
    id: one.id,
    project: task.project,
    experimentId,
    name: clean(one.name),
    modelType: one.modelType,
    sourceRunId: one.sourceRunId,
    status: one.status,
    artifactLocation: `mlflow-artifacts:/${folderOf(experimentId, one.id)}`,
    lifecycle: one.lifecycle,
    createdMs: one.createdMs,
    updatedMs: one.updatedMs,
    params: cleanTexts(one.params),
    tags: cleanTexts(one.tags),
    metrics: one.metrics.map((metric) => ({ ...metric, key: clean(metric.key), modelId: one.id })),
  };
}
