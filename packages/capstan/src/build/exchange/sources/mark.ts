import type { Json } from "../../../base/foundation/canonical-json.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { RunHead } from "../model.ts";

/** What a source says of a run without its curves, and `curves`: what it says of those at little cost. */
export const markOf = (head: Omit<RunHead, "mark">, curves: Json): string =>
  digestOfJson({
    ...head,
    datasets: head.datasets.map(({ dataset, tags }): Json => ({ ...dataset, tags: tags.map((one) => ({ ...one })) })),
    models: head.models.map((one) => ({ ...one })),
    curves,
  });
