import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { DatasetInput, FullLoggedModel, FullRun, ModelLink } from "../tracking/model.ts";
import type { ImportedEvaluationDataset } from "../tracking/imported/evaluation-datasets.ts";
import type { ImportedTrace } from "../tracking/imported/traces.ts";
import { areInOrder, mergePoints, type Points } from "../tracking/points.ts";
import type { KeyValue, Span } from "../tracking/traces/model.ts";
import { pythonJson } from "../tracking/traces/values.ts";
import type { SourceModelMetric } from "./model.ts";

/** The tag that says where a run was executed. It is ours, and no part of what is compared. */
export const importedFrom = "capstan.importedFrom";

/** Says which content of a run was written, so that the same export again writes only what is new. Ours, too. */
export const exportedTag = "capstan.exported";

/** What is compared of a run, with the experiment's id here. */
export type ComparedRun = {
  id: string;
  experimentId: string;
  name: string;
  by: string;
  status: string;
  lifecycle: string;
  startedMs: number;
  endedMs: number | null;
  params: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  curves: ReadonlyMap<string, Points>;
  datasets: readonly DatasetInput[];
  models: readonly ModelLink[];
  artifacts: readonly { path: string; sizeBytes: number | null }[];
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const bytesOf = (column: Float64Array): Uint8Array => new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

/** Looked at before others have their turn. */
const pointsPerTurn = 16_384;

/** SHA-256 over the three columns of a curve in the order of its history. Every NaN is one NaN. */
async function digestOfCurve(curve: Points): Promise<string> {
  let ordered = true;
  for (let from = 0; ordered && from < curve.step.length; from += pointsPerTurn) {
    ordered = areInOrder(curve, from, from + pointsPerTurn);
    if (from > 0) await turn();
  }
  const { step, timeMs, value } = ordered ? curve : mergePoints([curve]);
  const hasher = createHash("sha256");
  for (const column of [step, timeMs, value])
    for (let from = 0; from < column.length; from += pointsPerTurn) {
      const some = column.subarray(from, from + pointsPerTurn);
      hasher.update(bytesOf(some.some(Number.isNaN) ? some.map((one) => (Number.isNaN(one) ? NaN : one)) : some));
      if (from > 0) await turn();
    }
  return hasher.digest("hex");
}

/** Equal digests: nothing of a run differs that both stores can say. */
export async function digestOfRun(run: ComparedRun): Promise<string> {
  const { [importedFrom]: _, [exportedTag]: __, ...tags } = run.tags;
  const curves: Record<string, string> = {};
  for (const [key, curve] of run.curves) curves[key] = await digestOfCurve(curve);
  return digestOfJson({
    id: run.id,
    experiment: run.experimentId,
    name: run.name,
    by: run.by,
    status: run.status,
    lifecycle: run.lifecycle,
    startedMs: run.startedMs,
    endedMs: run.endedMs,
    params: { ...run.params },
    tags,
    curves,
    datasets: run.datasets
      .map(({ dataset, tags: said }): Json => ({
        name: dataset.name,
        digest: dataset.digest,
        tags: said.map((one) => [one.key, one.value]).sort((a, b) => order(a[0] ?? "", b[0] ?? "")),
      }))
      .sort((a, b) => order(JSON.stringify(a), JSON.stringify(b))),
    models: run.models.map((one) => `${one.direction} ${one.modelId} ${one.step}`).sort(order),
    artifacts: Object.fromEntries(run.artifacts.map((one) => [one.path, one.sizeBytes])),
  });
}

export const comparedRun = (
  run: FullRun,
  curves: ReadonlyMap<string, Points>,
  artifacts: readonly { path: string; sizeBytes: number }[],
): ComparedRun => ({ ...run, curves, artifacts });

export const digestOfLoggedModel = (
  model: Omit<FullLoggedModel, "project" | "artifactLocation" | "metrics"> & {
    metrics: readonly SourceModelMetric[];
    files: readonly { path: string; sizeBytes: number | null }[];
  },
): string =>
  digestOfJson({
    id: model.id,
    experiment: model.experimentId,
    name: model.name,
    type: model.modelType,
    run: model.sourceRunId,
    status: model.status,
    lifecycle: model.lifecycle,
    createdMs: model.createdMs,
    updatedMs: model.updatedMs,
    params: { ...model.params },
    tags: { ...model.tags },
    metrics: model.metrics
      .map((one) =>
        [one.runId, one.key, one.step, one.timeMs, String(one.value), one.dataset?.name ?? "", one.dataset?.digest ?? ""].join("\n"),
      )
      .sort(order),
    files: Object.fromEntries(model.files.map((one) => [one.path, one.sizeBytes])),
  });

/** What is said nowhere is said as nothing by some. */
const something = (value: Json | undefined): Json | undefined =>
  value === null || (typeof value === "object" && Object.keys(value).length === 0) ? undefined : value;

export const digestOfEvaluationDataset = (one: Omit<ImportedEvaluationDataset, "project">): string =>
  digestOfJson({
    id: one.id,
    name: one.name,
    schema: one.schema,
    profile: one.profile,
    createdMs: one.createdMs,
    updatedMs: one.updatedMs,
    by: [one.createdBy, one.updatedBy],
    tags: { ...one.tags },
    experiments: one.experimentIds.toSorted(order),
    records: one.records
      .toSorted((a, b) => order(a.id, b.id))
      .map(({ content, ...record }): Json => ({
        ...record,
        inputs: content.inputs,
        outputs: something(content.outputs),
        expectations: something(content.expectations),
        tags: something(content.tags),
        source: something(content.source),
      })),
  });

/** Where a trace's spans and files are is every store's own matter. */
const placeTags = new Set(["mlflow.artifactLocation", "mlflow.trace.spansLocation", exportedTag]);
/** What a server sums up or notes by itself. */
const serverFacts = new Set(["mlflow.trace.infoFinalized", "mlflow.trace.tokenUsage", "mlflow.trace.cost"]);
const without = (texts: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter(([key]) => !names.has(key)));
const pairsText = (pairs: readonly KeyValue[]): string[] => pairs.map((one) => `${one.key}=${pythonJson(one.value)}`).sort(order);

const spanFacts = (span: Span): Json => ({
  trace: span.traceId,
  id: span.spanId,
  parent: span.parentId,
  name: span.name,
  startNs: span.startNs,
  endNs: span.endNs,
  // Which trace it belongs to, said once more, by clients or by servers.
  attributes: pairsText(span.attributes.filter((one) => one.key !== "mlflow.traceRequestId")),
  events: span.events.map((one) => [one.name, one.timeNs, ...pairsText(one.attributes)]),
  links: span.links.map((one) => [one.traceId, one.spanId, ...pairsText(one.attributes)]),
  status: [span.status.code, span.status.message],
});

/** What is compared of a trace. `portable`: without what a server gives or finds by itself, ids and times of assessments among them. */
export function digestOfTrace(trace: Omit<ImportedTrace, "project">, { portable = false } = {}): string {
  return digestOfJson({
    id: trace.id,
    ...(!portable && { experiment: trace.experimentId }),
    clientRequestId: trace.clientRequestId,
    request: trace.requestPreview,
    response: trace.responsePreview,
    requestMs: trace.requestMs,
    durationMs: trace.durationMs,
    state: trace.state,
    tags: without(trace.tags, placeTags),
    metadata: portable ? without(trace.metadata, serverFacts) : { ...trace.metadata },
    spans: trace.spans.map(spanFacts).sort((a, b) => order(JSON.stringify(a), JSON.stringify(b))),
    // The one that it says itself is linked, too, or not: no server tells.
    runs: trace.runs.filter((one) => one !== trace.metadata["mlflow.sourceRun"]).sort(order),
    assessments: trace.assessments
      .map((one): Json => ({
        ...(!portable && { id: one.id, overrides: one.overrides, createdMs: one.createdMs, updatedMs: one.updatedMs }),
        span: one.spanId,
        name: one.name,
        kind: one.kind,
        value: one.value ?? null,
        error: one.error ?? null,
        source: [one.sourceType, one.sourceId],
        rationale: one.rationale,
        metadata: { ...one.metadata },
        valid: one.valid,
      }))
      .sort((a, b) => order(JSON.stringify(a), JSON.stringify(b))),
  });
}
