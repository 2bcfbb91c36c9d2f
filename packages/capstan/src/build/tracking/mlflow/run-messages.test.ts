import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire } from "../../../testing/mlflow-wire.ts";
import { person } from "../../../testing/person.ts";
import type { TrackingService } from "../service.ts";

let wire: MlflowWire;
let tracking: TrackingService;

beforeAll(async () => {
  wire = await openMlflowWire({ home: "p" });
  tracking = wire.tracking;
});
afterAll(() => wire.close());

const ask = async (path: string, body?: object) => (await wire.call(body ? "POST" : "GET")(path, body)).body;

const numbers = [NaN, Infinity, -Infinity, 0, 0.1 + 0.2, 2 / 3, 5e-324, 1e21, -1e-7, Number.MAX_VALUE, 123456789012345680, 1e300, 4.35];
const texts = ["", 'a"b', "a\\b", "line\nend\r\t\b\f\u0001\u001f\u007f", "Ärger", "😀", "\u2028</script>", "null", "0.10", "{}", "'"];

test("say of each run of a page what asking for that run says", async () => {
  const experimentId = await tracking.ensureExperiment("p", 'with "quotes"', person);
  const made: string[] = [];
  for (let i = 0; i < 30; i++) {
    const run = await tracking.createRun(
      { project: "p", experimentId, kind: "user", name: `run ${texts[i % texts.length]}`, startedMs: 1000 + i, by: texts[i % 3] || "ann" },
      person,
    );
    made.push(run.id);
    if (i === 0) continue;
    await tracking.logBatch(
      run.id,
      {
        metrics: numbers
          .slice(0, i)
          .map((value, at) => ({ key: `m ${texts[at % texts.length]} ${at}`, value, step: at * i, timeMs: 1e12 + at })),
        params: Object.fromEntries(texts.slice(0, i).map((value, at) => [`${value} ${at}`, value])),
        tags: Object.fromEntries(texts.slice(0, i % 5).map((value, at) => [`t${at}`, value])),
      },
      person,
    );
    if (i % 7 === 0)
      await ask("runs/log-inputs", {
        run_id: run.id,
        datasets: [
          {
            tags: [{ key: "mlflow.data.context", value: 'tr"ain' }],
            dataset: { name: "d", digest: `${i}`, source_type: "http", source: "{}" },
          },
        ],
      });
    if (i % 3 === 0) await tracking.endRun(run.id, { status: "FINISHED", endedMs: 5000 + i }, person);
  }
  const page = await ask("runs/search", { experiment_ids: [experimentId], order_by: ["attributes.start_time ASC"] });
  expect(page.runs).toHaveLength(made.length);
  for (const [i, id] of made.entries()) expect(page.runs[i]).toEqual((await ask(`runs/get?run_id=${id}`)).run);

  await tracking.experiments.change(experimentId, { lifecycle: "deleted" }, person);
  const deleted = await ask("runs/search", { experiment_ids: [experimentId], run_view_type: "DELETED_ONLY", max_results: 2 });
  expect(deleted.runs.map((run: { info: { lifecycle_stage: string } }) => run.info.lifecycle_stage)).toEqual(["deleted", "deleted"]);
});
