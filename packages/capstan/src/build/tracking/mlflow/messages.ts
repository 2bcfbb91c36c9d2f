import type { Experiment, FullRun, Run } from "../model.ts";
import { contentTypeOf } from "../content-type.ts";

/** Infinities come back as the greatest double, as MLflow's SQL store gives them; NaN has no number in JSON. */
export const wireNumber = (value: number): number | "NaN" =>
  Number.isNaN(value) ? "NaN" : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

const pairs = (texts: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(texts).map(([key, value]) => ({ key, value }));

/** Empty repeated fields are left out. */
const some = <T>(name: string, list: readonly T[]): object => (list.length > 0 ? { [name]: list } : {});

export const artifactRootOf = (root: string, experimentId: string): string => `${root.replace(/\/+$/, "")}/${experimentId}`;

export const experimentMessage = (one: Experiment, root: string): object => ({
  experiment_id: one.id,
  name: one.name,
  artifact_location: one.artifactLocation ?? artifactRootOf(root, one.id),
  lifecycle_stage: one.lifecycle,
  last_update_time: one.updatedMs,
  creation_time: one.createdMs,
  ...some("tags", pairs(one.tags)),
});

export const artifactUriOf = (run: Run, location: string | null, root: string): string =>
  `${location ?? artifactRootOf(root, run.experimentId)}/${run.id}/artifacts`;

export const runInfo = (run: Run, artifactUri: string): object => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.by,
  status: run.status,
  start_time: run.startedMs,
  ...(run.endedMs !== null && { end_time: run.endedMs }),
  artifact_uri: artifactUri,
  lifecycle_stage: run.lifecycle,
});

export const runMessage = (run: FullRun, artifactUri: string): object => ({
  info: runInfo(run, artifactUri),
  data: {
    ...some(
      "metrics",
      run.metrics.map((one) => ({ key: one.key, value: wireNumber(one.value), timestamp: one.timeMs, step: one.step })),
    ),
    ...some("params", pairs(run.params)),
    ...some("tags", pairs(run.tags)),
  },
  inputs: {},
});

export const fileHeaders = (path: string, digest: string): Record<string, string> => ({
  "content-type": contentTypeOf(path),
  "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(path.split("/").pop() ?? "file").replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)}`,
  "x-content-type-options": "nosniff",
  "accept-ranges": "bytes",
  etag: `"${digest}"`,
});
