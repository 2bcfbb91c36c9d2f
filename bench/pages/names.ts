import { DatabaseSync } from "node:sqlite";
import { randomOf } from "../search/runs.ts";

const project = "default";

/** Gives every run some of thousands of metrics and params that few others have, as sweeps and per-layer metrics leave them; around the program, like `fillStore`. */
export function addNames(
  path: string,
  { metrics, params, perRun, seed }: { metrics: number; params: number; perRun: number; seed: number },
): number {
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous=off; pragma cache_size=-4000000; begin");
  const random = randomOf(seed);
  const metric = database.prepare(
    `insert or ignore into metric_latest (project, run_id, key, step, time_ms, value, is_nan, points, tail_points, min_value, max_value, non_finite) values ('${project}', ?, ?, 0, ?, ?, 0, 1, 0, ?, ?, 0)`,
  );
  const param = database.prepare(`insert or ignore into param (project, run_id, key, value) values ('${project}', ?, ?, ?)`);
  const runs = database.prepare("select id, started_ms from run").all() as { id: string; started_ms: number }[];
  for (const { id, started_ms } of runs) {
    for (let i = 0; i < perRun; i++) {
      const [value, at] = [random(), Math.floor(random() * metrics)];
      metric.run(id, `layer_${at}/norm`, started_ms, value, value, value);
      param.run(id, `sweep.option_${Math.floor(random() * params)}`, String(Math.floor(random() * 100)));
    }
  }
  database.exec("commit; pragma wal_checkpoint(truncate)");
  database.close();
  return runs.length;
}
