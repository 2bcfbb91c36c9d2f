import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire } from "../../../testing/mlflow-wire.ts";

let wire: MlflowWire;
beforeAll(async () => {
  wire = await openMlflowWire();
});
afterAll(() => wire.close());

test("a page of runs with very many metrics holds what each of them holds", async () => {
  const runs: string[] = [];
  for (let r = 0; r < 12; r++) {
    const { run } = (await wire.post("runs/create", { experiment_id: "0", tags: [{ key: "n", value: String(r) }] })).body;
    runs.push(run.info.run_id as string);
    for (let from = 0; r !== 5 && from < 3000; from += 1000) {
      const metrics = Array.from({ length: 1000 }, (_, i) => ({ key: `m${from + i}`, value: r + i / 8, timestamp: 1, step: r }));
      await wire.post("runs/log-batch", { run_id: run.info.run_id, metrics });
    }
  }
  const page = (await wire.post("runs/search", { experiment_ids: ["0"], order_by: ["tags.n ASC"], max_results: 11 })).body;
  const sorted = runs.map((_, r) => r).sort((a, b) => (String(a) < String(b) ? -1 : 1));
  expect(page.runs.map((one: { info: { run_id: string } }) => one.info.run_id)).toEqual(sorted.slice(0, 11).map((r) => runs[r]));
  for (const [i, r] of sorted.slice(0, 11).entries()) {
    const alone = (await wire.get(`runs/get?run_id=${runs[r]}`)).body.run;
    expect(page.runs[i]).toEqual(alone);
  }
  const rest = await wire.post("runs/search", {
    experiment_ids: ["0"],
    order_by: ["tags.n ASC"],
    max_results: 11,
    page_token: page.next_page_token,
  });
  expect(rest.body.runs).toHaveLength(1);
  expect(rest.body.next_page_token).toBeUndefined();
});
