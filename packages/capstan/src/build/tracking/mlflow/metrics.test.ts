import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire, other } from "../../../testing/mlflow-wire.ts";

let wire: MlflowWire;
beforeAll(async () => {
  wire = await openMlflowWire();
});
afterAll(() => wire.close());

test("histories of several runs come run by run, within a limit, and sampled by step", async () => {
  const runs: string[] = [];
  for (let i = 0; i < 3; i++) {
    const id = (await wire.post("runs/create", { experiment_id: "0" })).body.run.info.run_id as string;
    runs.push(id);
    if (i === 2) continue;
    // The first has blocks, the second its tail.
    const metrics = Array.from({ length: 10 * (i + 1) }, (_, step) => ({ key: "m", value: step, timestamp: 1, step }));
    await wire.post("runs/log-batch", { run_id: id, metrics });
    if (i === 0) await wire.post("runs/update", { run_id: id, status: "FINISHED" });
  }
  const sorted = [...runs].sort();
  const bulk = async (ids: string[], more = "") =>
    (
      await wire.send(
        "GET",
        `/ajax-api/2.0/mlflow/metrics/get-history-bulk?metric_key=m${ids.map((id) => `&run_id=${id}`).join("")}${more}`,
      )
    ).body.metrics as {
      run_id: string;
      step: number;
    }[];
  expect((await bulk(runs)).map((one) => one.run_id)).toEqual(
    sorted.flatMap((id) => Array.from({ length: [10, 20, 0][runs.indexOf(id)] ?? 0 }, () => id)),
  );
  expect(await bulk(runs, "&max_results=12")).toHaveLength(12);
  expect(await bulk(runs.slice(2))).toEqual([]);
  const interval = async (query: string, headers?: Record<string, string>) =>
    wire.get(`metrics/get-history-bulk-interval?metric_key=m&run_ids=${runs[0]}&run_ids=${runs[1]}${query}`, undefined, headers);
  const steps = (metrics: { run_id: string; step: number }[], id: string | undefined) =>
    metrics.filter((one) => one.run_id === id).map((one) => one.step);
  const { metrics } = (await interval("&max_results=5")).body;
  expect(steps(metrics, runs[0])).toEqual([0, 4, 8, 9]);
  expect(steps(metrics, runs[1])).toEqual([0, 4, 8, 9, 12, 16, 19]);
  const ranged = (await interval("&start_step=15&end_step=16")).body.metrics;
  expect([steps(ranged, runs[0]), steps(ranged, runs[1])]).toEqual([[], [15, 16]]);
  expect((await interval("", other)).status).toBe(404);
});
