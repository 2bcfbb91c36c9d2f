import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "../connection.ts";
import type { TrackingServer } from "../tracking/server.ts";

export type Beside = { writes: number; worstMs: number; worstAloneMs: number; answerMb: number };

/** Small writes and health checks, one after the other, while one answer holds `runs` runs with all that they hold; and as many with nothing beside. */
export async function writesBesidePage(server: TrackingServer, runs: number): Promise<Beside> {
  const [reader, writer] = [new Connection(server.url), new Connection(server.url)];
  await Promise.all([reader.opened, writer.opened]);
  const made = await writer.json<{ run: { info: { run_id: string } } }>(writer.post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }));
  const { run_id } = made.run.info;
  let step = 0;
  const write = async (): Promise<number> => {
    const began = performance.now();
    await writer.json(writer.post("/api/2.0/mlflow/runs/log-metric", { run_id, key: "m", value: step, timestamp: 1, step: step++ }));
    const ms = performance.now() - began;
    await pause(2);
    return ms;
  };
  for (let i = 0; i < 50; i++) await write();
  let bytes = 0;
  const page = reader
    .post("/api/2.0/mlflow/runs/search", { experiment_ids: ["1", "2", "3"], max_results: runs, order_by: ["metrics.loss ASC"] })
    .then(({ body }) => (bytes = body.length));
  let worstMs = 0;
  let writes = 0;
  while (bytes === 0) {
    worstMs = Math.max(worstMs, await write());
    writes++;
  }
  await page;
  let worstAloneMs = 0;
  for (let i = 0; i < writes; i++) worstAloneMs = Math.max(worstAloneMs, await write());
  reader.close();
  writer.close();
  return { writes, worstMs, worstAloneMs, answerMb: bytes / 1e6 };
}
