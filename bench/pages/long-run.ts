import { createRun, openConnections } from "../tracking/writes.ts";

export const longPoints = 1_000_000;
const perBatch = 1000;

/** A run with one curve of a million points, logged as clients do. */
export async function logLongRun(url: string): Promise<string> {
  const [connection] = await openConnections(url, 1);
  if (!connection) throw new Error("there is no connection");
  const run = await createRun(connection);
  for (let from = 0; from < longPoints; from += perBatch) {
    const metrics = Array.from({ length: perBatch }, (_, i) => {
      const step = from + i;
      return {
        key: "loss",
        value: Math.exp(-step / 300_000) + ((step * 7919) % 1000) / 5_000,
        timestamp: 1_700_000_000_000 + step * 40,
        step,
      };
    });
    const { status } = await connection.post("/api/2.0/mlflow/runs/log-batch", { run_id: run, metrics });
    if (status !== 200) throw new Error(`log-batch answered ${status}`);
  }
  const { status } = await connection.post("/api/2.0/mlflow/runs/update", { run_id: run, status: "FINISHED", end_time: 1_700_040_000_000 });
  if (status !== 200) throw new Error(`update answered ${status}`);
  connection.close();
  return run;
}
