import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Artifact, DatasetInput, KeyedPoint, Link, Links, ModelLink, ModelMetric, Run } from "./model.ts";
import type { StreamMark } from "./metrics.ts";
import { sealOf, type SealedContent } from "./seal.ts";

/** Everything that one write may change of a run. */
export type RunChange = {
  run?: Partial<Pick<Run, "name" | "status" | "verdict" | "lifecycle" | "endedMs" | "resources" | "environment">>;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  removeTags?: readonly string[];
  removeArtifacts?: readonly string[];
  metrics?: readonly KeyedPoint[];
  /** Which lines of a stream the metrics are. */
  stream?: StreamMark;
  artifacts?: readonly Artifact[];
  links?: Links;
  datasets?: { experimentId: string; inputs: readonly DatasetInput[] };
  models?: readonly ModelLink[];
  modelMetrics?: readonly ModelMetric[];
};

/** MLflow keeps a run's name in a tag, too. */
export const withName = (change: RunChange): RunChange =>
  change.run?.name === undefined ? change : { ...change, tags: { ...change.tags, "mlflow.runName": change.run.name } };

/** Models as links of lineage, beside the others. */
export const withModels = (links: Links, models: readonly ModelLink[]): Links => {
  const of = (direction: ModelLink["direction"]): Link[] => [
    ...new Map(
      models
        .filter((one) => one.direction === direction)
        .map((one) => [one.modelId, { name: one.modelId, node: `logged-model:${one.modelId}`, digest: null }]),
    ).values(),
  ];
  return { inputs: [...(links.inputs ?? []), ...of("inputs")], outputs: [...(links.outputs ?? []), ...of("outputs")] };
};

/** The content after a change, as the rows will say it. */
export function applied(content: SealedContent, change: RunChange, blocks: Record<string, string[]>): SealedContent {
  const tags = { ...content.tags, ...change.tags };
  for (const key of change.removeTags ?? []) delete tags[key];
  const merged = <T>(old: readonly T[], more: readonly T[], keyOf: (one: T) => string): T[] => [
    ...new Map([...old, ...more].map((one) => [keyOf(one), one])).values(),
  ];
  const all: Record<string, string[]> = { ...content.blocks };
  for (const [key, digests] of Object.entries(blocks)) all[key] = [...(all[key] ?? []), ...digests];
  const linkKey = (one: Link): string => `${one.name}\n${one.node}`;
  return {
    run: { ...content.run, ...change.run },
    params: { ...content.params, ...change.params },
    tags,
    blocks: all,
    artifacts: merged(content.artifacts, change.artifacts ?? [], (one) => one.path).filter(
      (one) => !change.removeArtifacts?.includes(one.path),
    ),
    inputs: merged(content.inputs, change.links?.inputs ?? [], linkKey),
    outputs: merged(content.outputs, change.links?.outputs ?? [], linkKey),
    datasets: [...merged(change.datasets?.inputs ?? [], content.datasets, ({ dataset }) => `${dataset.name}\n${dataset.digest}`)],
    models: merged(content.models, change.models ?? [], (one) => `${one.direction}\n${one.modelId}\n${one.step}`),
  };
}

/** A repeat of what is there already is no change, and needs no entry. */
export const nothingNew = (before: SealedContent, after: SealedContent): boolean => sealOf(before, null) === sealOf(after, null);

/** What a change was, for its entry: names and digests, not values. */
export const described = (change: RunChange): Record<string, string[] | string> => ({
  ...(change.run && { fields: Object.keys(change.run) }),
  ...(change.params && { params: Object.keys(change.params) }),
  ...(change.tags && { tags: Object.keys(change.tags), tagsDigest: digestOfJson(change.tags) }),
  ...(change.removeTags && { removedTags: [...change.removeTags] }),
  ...(change.metrics && { metrics: [...new Set(change.metrics.map((one) => one.key))] }),
  ...(change.artifacts && { artifacts: change.artifacts.map((one) => `${one.path} ${one.digest}`) }),
  ...(change.datasets && { datasets: change.datasets.inputs.map(({ dataset }) => `${dataset.name} ${dataset.digest}`) }),
  ...(change.models && { models: change.models.map((one) => one.modelId) }),
  ...(change.removeArtifacts && { removedArtifacts: [...change.removeArtifacts] }),
  ...(change.links && { links: [...(change.links.inputs ?? []), ...(change.links.outputs ?? [])].map((one) => one.node) }),
});
