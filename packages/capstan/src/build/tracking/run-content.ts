import type { createInputs } from "./inputs.ts";
import type { Metrics } from "./metrics.ts";
import type { Run } from "./model.ts";
import type { SealedContent } from "./seal.ts";
import type { TrackingStore } from "./store.ts";

/** Reads all of a run that its seal covers, with how many points it has and how many of them are in no block yet. */
export function createContent(sql: TrackingStore, metrics: Metrics, inputs: ReturnType<typeof createInputs>) {
  return async function contentOf(run: Run): Promise<SealedContent & { points: number; tail: number }> {
    const [params, tags, digests, artifacts, links, datasets, models] = await Promise.all([
      sql.texts("param", [run.id]),
      sql.texts("tag", [run.id]),
      metrics.digests(run.id),
      sql.artifacts(run.id),
      sql.links([run.id]),
      inputs.datasets([run.id]),
      inputs.models([run.id]),
    ]);
    return {
      run,
      params: params.get(run.id) ?? {},
      tags: tags.get(run.id) ?? {},
      blocks: digests.blocks,
      points: digests.points,
      tail: digests.tail,
      artifacts,
      inputs: links.get(run.id)?.inputs ?? [],
      outputs: links.get(run.id)?.outputs ?? [],
      datasets: datasets.get(run.id) ?? [],
      models: models.get(run.id) ?? [],
    };
  };
}
export type ContentOf = ReturnType<typeof createContent>;
