import { toCapstanError } from "../../../base/foundation/errors.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import { type ImportedModel, type ImportedVersion, putImportedModel } from "../../registry/imported.ts";
import { type ModelFile, versionId } from "../../registry/model.ts";
import { parseRef } from "../../registry/rules.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { SourceRegisteredModel, SourceVersion } from "../model.ts";
import { findImported, rememberImported } from "../store.ts";
import type { ImportTask } from "./task.ts";

const noun = "registered models";

/** Models with their versions, one model a change. A name that is taken here by another model is a conflict. */
export async function importRegistry(task: ImportTask): Promise<void> {
  for await (const one of task.source.registeredModels()) {
    task.signal.throwIfAborted();
    try {
      await importModel(task, one);
    } catch (error) {
      const { code, message } = toCapstanError(error);
      if (code === "CAP-INTERNAL-001") throw error;
      task.tally.conflict({ noun: "registered model", id: one.name, code, problem: message });
    }
    task.tell(noun);
  }
}

async function importModel(task: ImportTask, one: SourceRegisteredModel): Promise<void> {
  const { store, registry, project, tally, source } = task;
  const name = clean(one.name);
  tally.add("found", noun);
  tally.add("found", "model versions", one.versions.length);
  const wanted: ImportedModel = {
    project,
    name,
    description: one.description,
    createdMs: one.createdMs,
    updatedMs: one.updatedMs,
    tags: cleanTexts(one.tags),
    aliases: aliasesOf(task, one),
    versions: await Promise.all(one.versions.map((version) => localVersion(task, version))),
  };
  const digest = digestOfModel(wanted);
  task.digests.push(`model ${name} ${digest}`);
  const at = { project, source: source.label, noun };
  const known = (await findImported(store.database, at, [one.name])).get(one.name);
  const mine = await registry.catalogue.find(project, name);
  const remembered = rememberImported(at, { sourceId: one.name, id: name, digest, atMs: store.clock.nowMs() });
  if (mine && known?.digest === digest) {
    tally.add("same", noun);
    return tally.add("same", "model versions", one.versions.length);
  }
  if (mine) {
    const ours = await digestHere(task, name);
    if (ours !== digest && ours !== known?.digest)
      return tally.conflict({
        noun: "registered model",
        id: name,
        code: "CAP-EXISTS-001",
        problem: known ? "it was changed here and at the source since it was imported" : "the name is taken in the registry here",
      });
    if (ours === digest) {
      tally.add("same", noun);
      tally.add("same", "model versions", one.versions.length);
      if (!task.plan) await store.database.commit(remembered);
      return;
    }
  }
  const here = new Set((await registry.versions(project, name)).map((version) => version.number));
  const versions = wanted.versions.filter((version) => !here.has(version.number));
  tally.add(mine ? "updated" : "taken", noun);
  tally.add("taken", "model versions", versions.length);
  if (task.plan) return;
  const writer = await task.writer();
  await putImportedModel(store, { ...wanted, versions }, source.label, writer, remembered);
  if (mine) await relabel(task, wanted, here);
  if ((await digestHere(task, name)) === digest) return;
  tally.differs();
  tally.conflict({ noun: "registered model", id: name, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
}

/** Labels of versions that were here already, and aliases that the source no longer has. */
async function relabel(task: ImportTask, wanted: ImportedModel, here: ReadonlySet<number>): Promise<void> {
  const { registry, project } = task;
  const { catalogue } = registry;
  const writer = await task.writer();
  const model = wanted.name;
  const tags = await catalogue.versionTags(project, [model]);
  for (const { number, label, tags: theirs } of wanted.versions) {
    if (!here.has(number)) continue;
    const at = { project, model, number };
    const mine = await catalogue.version(at);
    if (mine.label.stage !== label.stage) await catalogue.setStage(at, label.stage, false, writer);
    if (mine.label.description !== label.description && label.description !== null)
      await catalogue.describeVersion(at, label.description, writer);
    const ours = tags.get(versionId(model, number)) ?? {};
    for (const [key, value] of Object.entries(theirs)) if (ours[key] !== value) await catalogue.setVersionTag(at, key, value, writer);
    for (const key of Object.keys(ours)) if (theirs[key] === undefined) await catalogue.removeVersionTag(at, key, writer);
  }
  for (const key of Object.keys((await catalogue.tags(project, [model])).get(model) ?? {}))
    if (wanted.tags[key] === undefined) await catalogue.removeTag({ project, model }, key, writer);
  for (const { alias } of await registry.aliases(project, model))
    if (wanted.aliases[alias] === undefined) await registry.setAlias({ project, model, alias, ref: null }, writer);
}

/** Aliases that mean nothing by themselves here; `live` follows releases, and is left. */
function aliasesOf({ tally }: ImportTask, one: SourceRegisteredModel): Record<string, number> {
  const numbers = new Set(one.versions.map((version) => version.number));
  return Object.fromEntries(
    Object.entries(one.aliases).filter(([alias, number]) => {
      const { kind } = parseRef(alias);
      if (kind === "live") tally.leave("aliases", "`live` is what a release makes of the traffic; `capstan release` asks for it");
      else if (kind === "number" || kind === "latest") tally.leave("aliases", "the name already means a version");
      else if (!numbers.has(number)) tally.leave("aliases", "their version was deleted");
      else return true;
      return false;
    }),
  );
}

async function localVersion(task: ImportTask, one: SourceVersion): Promise<ImportedVersion> {
  const { tracking, project } = task;
  const run = one.runId === null ? undefined : await tracking.findRun(one.runId);
  const { location, files } = await placeOf(task, one);
  return {
    number: one.number,
    createdMs: one.createdMs,
    label: {
      description: one.description,
      stage: one.stage,
      source: one.source,
      location,
      statedRun: one.runId,
      runLink: one.runLink,
      loggedModel: one.loggedModel,
      updatedMs: one.updatedMs,
    },
    tags: cleanTexts(one.tags),
    files,
    runId: run?.project === project ? run.id : null,
  };
}

/** Where a version's files are here: with its logged model, with its run, or where the source said when they came with neither. */
async function placeOf(
  { tracking, project, tally }: ImportTask,
  one: SourceVersion,
): Promise<{ location: string | null; files: ModelFile[] }> {
  const text = one.location ?? one.source ?? "";
  const modelId = one.loggedModel ?? /\/models\/(m-[0-9a-f]{32})\/artifacts$/.exec(text.replace(/\/+$/, ""))?.[1];
  const model = modelId === undefined ? undefined : await tracking.loggedModels.find(modelId);
  if (model?.project === project) {
    const folder = model.artifactLocation.replace(/^mlflow-artifacts:\/+/, "");
    const files = (await tracking.files.below(folder)).map((file) => ({ ...file, path: file.path.slice(folder.length + 1) }));
    return { location: model.artifactLocation, files: files.map(({ path, digest, sizeBytes }) => ({ path, digest, sizeBytes })) };
  }
  const [, runId, rest = ""] = /^runs:\/+([0-9a-f]{32})\/?(.*)$/.exec(text) ?? /\/([0-9a-f]{32})\/artifacts\/?(.*)$/.exec(text) ?? [];
  const run = runId === undefined ? undefined : await tracking.findRun(runId);
  if (!run || run.project !== project) {
    if (one.tags["mlflow.prompt.is_prompt"] !== "true")
      tally.leave("files of model versions", "they lie with neither a run nor a logged model; the place that was stated is kept");
    return { location: one.location, files: [] };
  }
  const below = rest.replace(/\/+$/, "");
  const files = (await tracking.artifacts(run.id)).filter((file) => below === "" || file.path.startsWith(`${below}/`));
  return {
    location: `runs:/${run.id}/${below}`,
    files: files.map((file) => ({ ...file, path: below === "" ? file.path : file.path.slice(below.length + 1) })),
  };
}

const digestOfModel = (one: Omit<ImportedModel, "project" | "updatedMs">): string =>
  digestOfJson({
    name: one.name,
    description: one.description,
    createdMs: one.createdMs,
    tags: { ...one.tags },
    aliases: { ...one.aliases },
    versions: [...one.versions]
      .sort((a, b) => a.number - b.number)
      .map(({ number, createdMs, label, tags }) => ({
        number,
        createdMs,
        description: label.description,
        stage: label.stage,
        source: label.source,
        run: label.statedRun,
        runLink: label.runLink,
        loggedModel: label.loggedModel,
        tags: { ...tags },
      })),
  });

async function digestHere({ registry, project }: ImportTask, name: string): Promise<string | undefined> {
  const { catalogue } = registry;
  const model = await catalogue.find(project, name);
  if (!model) return undefined;
  const [tags, versionTags, aliases, versions] = await Promise.all([
    catalogue.tags(project, [name]),
    catalogue.versionTags(project, [name]),
    registry.aliases(project, name),
    registry.versions(project, name),
  ]);
  return digestOfModel({
    ...model,
    tags: tags.get(name) ?? {},
    aliases: Object.fromEntries(aliases.map((one) => [one.alias, one.number])),
    versions: versions.map((one) => ({ ...one, tags: versionTags.get(versionId(name, one.number)) ?? {}, files: [] })),
  });
}
