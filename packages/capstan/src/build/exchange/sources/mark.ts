import type { Json } from "../../../base/foundation/canonical-json.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { RunHead, TraceHead } from "../model.ts";

/** What a source says of a run without its curves, and `curves`: what it says of those at little cost. */
export const markOf = (head: Omit<RunHead, "mark">, curves: Json): string =>
  digestOfJson({
    ...head,
    datasets: head.datasets.map(({ dataset, tags }): Json => ({ ...dataset, tags: tags.map((one) => ({ ...one })) })),
    models: head.models.map((one) => ({ ...one })),
    curves,
  });

/** The same of a trace and its spans. One that goes on is given more of them at any time. */
export const traceMark = (head: Omit<TraceHead, "mark">, spans: Json): string | null =>
  head.state !== "OK" && head.state !== "ERROR"
    ? null
    : digestOfJson({
        ...head,
        tags: { ...head.tags },
        metadata: { ...head.metadata },
        runs: head.runs.toSorted(),
        assessments: head.assessments.map((one) => ({ ...one, metadata: { ...one.metadata } })),
        spans,
      });
