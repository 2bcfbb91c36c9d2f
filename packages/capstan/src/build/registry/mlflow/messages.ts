import { type Alias, type Live, type Model, type ModelVersion, type Stage, versionId } from "../model.ts";

type Tags = Readonly<Record<string, string>>;
const pairs = (tags: Tags): object[] => Object.entries(tags).map(([key, value]) => ({ key, value }));
const some = (name: string, list: readonly unknown[]): object => (list.length > 0 ? { [name]: list } : {});

/** What stands beside the rows of a project's models and versions. */
export type Beside = {
  readonly tags: ReadonlyMap<string, Tags>;
  readonly versionTags: ReadonlyMap<string, Tags>;
  readonly aliases: readonly Alias[];
  readonly live: readonly Live[];
};

/** Aliases by name; `live` is what the routes say. */
const aliasesOf = (beside: Beside, model: string): { alias: string; number: number }[] => {
  const live = beside.live.find((one) => one.model === model);
  return [...beside.aliases.filter((one) => one.model === model), ...(live ? [{ alias: "live", number: live.number }] : [])];
};

/** Where a version came from, as a URI: a file of ours is known by its run, or by its bytes. */
export const sourceOf = (version: ModelVersion): string =>
  version.label.source ?? (version.runId === null ? `capstan:${version.digest}` : `runs:/${version.runId}`);

export function versionMessage(version: ModelVersion, beside: Beside): object {
  const { label } = version;
  return {
    name: version.model,
    version: String(version.number),
    creation_timestamp: version.createdMs,
    last_updated_timestamp: label.updatedMs,
    current_stage: label.stage,
    description: label.description ?? "",
    source: sourceOf(version),
    run_id: label.statedRun ?? "",
    status: "READY",
    ...some("tags", pairs(beside.versionTags.get(versionId(version.model, version.number)) ?? {})),
    run_link: label.runLink ?? "",
    ...some(
      "aliases",
      aliasesOf(beside, version.model)
        .filter((one) => one.number === version.number)
        .map((one) => one.alias),
    ),
    ...(label.loggedModel !== null && { model_id: label.loggedModel }),
  };
}

/** The newest version of each stage, oldest first. */
export function latestByStage(versions: readonly ModelVersion[]): ModelVersion[] {
  const newest = new Map<Stage, ModelVersion>();
  for (const one of versions) {
    const known = newest.get(one.label.stage);
    if (!known || known.number < one.number) newest.set(one.label.stage, one);
  }
  return [...newest.values()].sort((a, b) => a.number - b.number);
}

export const modelMessage = (model: Model, versions: readonly ModelVersion[], beside: Beside): object => ({
  name: model.name,
  creation_timestamp: model.createdMs,
  last_updated_timestamp: model.updatedMs,
  ...(model.description !== null && { description: model.description }),
  ...some(
    "latest_versions",
    latestByStage(versions).map((one) => versionMessage(one, beside)),
  ),
  ...some("tags", pairs(beside.tags.get(model.name) ?? {})),
  ...some(
    "aliases",
    aliasesOf(beside, model.name).map((one) => ({ alias: one.alias, version: String(one.number) })),
  ),
});
