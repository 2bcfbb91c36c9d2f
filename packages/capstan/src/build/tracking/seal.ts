import type { Json } from "../../base/foundation/canonical-json.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Artifact, DatasetInput, Link, ModelLink, Run } from "./model.ts";

/** Everything that a seal covers. Curves enter by the digests of their blocks: cheap at any number of points. */
export type SealedContent = {
  run: Run;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** Digests of the blocks of each key, in any order. */
  blocks: Record<string, string[]>;
  artifacts: Artifact[];
  inputs: Link[];
  outputs: Link[];
  datasets: DatasetInput[];
  models: ModelLink[];
};

const number = (value: number | null | undefined): number | null => value ?? null;
const links = (all: readonly Link[]): Json[] =>
  [...all]
    .sort((a, b) => order(`${a.name}\n${a.node}`, `${b.name}\n${b.node}`))
    .map((one) => ({ name: one.name, node: one.node, digest: one.digest }));
const datasets = (all: readonly DatasetInput[]): Json[] =>
  all
    .map(({ dataset, tags }) => ({ ...dataset, tags: tags.map(({ key, value }) => ({ key, value })) }))
    .sort((a, b) => order(`${a.name}\n${a.digest}`, `${b.name}\n${b.digest}`));
const models = (all: readonly ModelLink[]): Json[] =>
  [...all]
    .map((one) => ({ direction: one.direction, modelId: one.modelId, step: one.step }))
    .sort((a, b) => order(`${a.direction}\n${a.modelId}`, `${b.direction}\n${b.modelId}`) || a.step - b.step);
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** SHA-256 of the canonical JSON of everything a run holds. `before` chains it to the seal that it replaces. */
export function sealOf(content: SealedContent, before: string | null): string {
  const { run } = content;
  const { resources, environment } = run;
  return digestOfJson({
    form: "capstan-run-1",
    id: run.id,
    project: run.project,
    experiment: run.experimentId,
    kind: run.kind,
    name: run.name,
    step: run.step,
    key: run.key,
    parent: run.parentId,
    because: run.because,
    by: run.by,
    status: run.status,
    verdict: run.verdict,
    lifecycle: run.lifecycle,
    startedMs: run.startedMs,
    endedMs: run.endedMs,
    resources: {
      wallSeconds: number(resources.wallSeconds),
      cpuSeconds: number(resources.cpuSeconds),
      gpuSeconds: number(resources.gpuSeconds),
      waitSeconds: number(resources.waitSeconds),
      peakBytes: number(resources.peakBytes),
      readBytes: number(resources.readBytes),
      writtenBytes: number(resources.writtenBytes),
    },
    environment: environment as Json,
    params: content.params,
    tags: content.tags,
    metrics: Object.fromEntries(Object.entries(content.blocks).map(([key, digests]) => [key, [...digests].sort(order)])),
    artifacts: Object.fromEntries(content.artifacts.map((one) => [one.path, { digest: one.digest, sizeBytes: one.sizeBytes }])),
    inputs: links(content.inputs),
    outputs: links(content.outputs),
    // Left out when there are none, as in seals from before runs could hold them.
    ...(content.datasets.length > 0 && { datasets: datasets(content.datasets) }),
    ...(content.models.length > 0 && { models: models(content.models) }),
    before,
  });
}
