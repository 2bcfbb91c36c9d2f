import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Run } from "../../packages/capstan/src/build/tracking/model.ts";
import { rowOf } from "../../packages/capstan/src/build/tracking/rows.ts";
import { type MadeRun, madeRuns } from "./runs.ts";

const project = "default";
const texts = (table: string): string => `insert into ${table} (project, run_id, key, value) values ('${project}', ?, ?, ?)`;
const metrics = `insert into metric_latest (project, run_id, key, step, time_ms, value, is_nan, points, tail_points, min_value, max_value, non_finite) values ('${project}', ?, ?, 0, ?, ?, ?, 1, 0, ?, ?, ?)`;

/** Writes made runs into a store that nobody hosts, around the program: rows as its writing leaves them, without curves and seals. */
export function fillStore(path: string, count: number, seed: number): void {
  const database = new DatabaseSync(path);
  // Nothing of this has to survive a power cut.
  database.exec("pragma synchronous=off; pragma cache_size=-4000000; begin");
  for (const id of [1, 2, 3])
    database.exec(
      `insert into experiment (id, project, name, lifecycle, artifact_location, created_ms, updated_ms) values (${id}, '${project}', 'bench-${id}', 'active', null, 1, 1)`,
    );
  const [param, tag, metric] = [texts("param"), texts("tag"), metrics].map((sql) => database.prepare(sql));
  let run: ReturnType<typeof database.prepare> | undefined;
  for (const one of madeRuns(count, seed)) {
    const row = rowOf(runOf(one));
    run ??= database.prepare(
      `insert into run (${Object.keys(row).join(", ")}) values (${Object.keys(row)
        .map(() => "?")
        .join(", ")})`,
    );
    run.run(...(Object.values(row) as SQLInputValue[]));
    for (const [key, value] of one.params) param?.run(one.id, key, value);
    for (const [key, value] of one.tags) tag?.run(one.id, key, value);
    for (const [key, value] of one.metrics) {
      const nan = Number.isNaN(value);
      metric?.run(one.id, key, one.startedMs, nan ? 0 : value, nan ? 1 : 0, nan ? null : value, nan ? null : value, nan ? 1 : 0);
    }
  }
  database.exec("commit; pragma wal_checkpoint(truncate)");
  database.close();
}

const runOf = (one: MadeRun): Run => ({
  id: one.id,
  project,
  experimentId: String(one.experiment),
  kind: "user",
  name: one.name,
  step: null,
  key: null,
  parentId: null,
  because: null,
  by: one.by,
  status: one.status,
  verdict: null,
  lifecycle: one.lifecycle,
  startedMs: one.startedMs,
  endedMs: one.endedMs,
  resources: { wallSeconds: null, cpuSeconds: null, gpuSeconds: null, peakBytes: null, waitSeconds: null },
  environment: {},
  seal: null,
  sealEntry: null,
  sealedMs: null,
  sealBefore: null,
});
