import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire, other } from "../../../testing/mlflow-wire.ts";

let wire: MlflowWire;
beforeAll(async () => {
  wire = await openMlflowWire();
});
afterAll(() => wire.close());

const newRun = async (): Promise<string> => (await wire.post("runs/create", { experiment_id: "0" })).body.run.info.run_id;
const newModel = async (more: object = {}) => (await wire.post("logged-models", { experiment_id: "0", name: "net", ...more })).body.model;
const entriesOf = async (type: string, id: string) =>
  (
    await wire.store.database.all<{ action: string }>("select action from entry where subject_type = ? and subject_id = ? order by idx", [
      type,
      id,
    ])
  ).map((one) => one.action);

test("a model is made, tagged, finished, measured, found and deleted, with an entry for each decision", async () => {
  const run = await newRun();
  const model = await newModel({
    source_run_id: run,
    model_type: "Classifier",
    params: [{ key: "lr", value: "0.1" }],
    tags: [{ key: "a", value: "1" }],
  });
  const id = model.info.model_id as string;
  expect(model.info).toMatchObject({
    status: "LOGGED_MODEL_PENDING",
    artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
    source_run_id: run,
    model_type: "Classifier",
  });
  const patch = wire.call("PATCH");
  expect((await patch(`logged-models/${id}`, { model_id: id, status: "LOGGED_MODEL_READY" })).body.model.info.status).toBe(
    "LOGGED_MODEL_READY",
  );
  expect((await patch(`logged-models/${id}/tags`, { tags: [{ key: "a", value: "2" }] })).body.model.info.tags).toEqual([
    { key: "a", value: "2" },
  ]);
  expect((await wire.post(`logged-models/${id}/params`, { params: [{ key: "lr", value: "0.2" }] })).body.message).toContain(
    "Changing param values",
  );
  expect((await wire.post(`logged-models/${id}/params`, { params: [{ key: "lr", value: "0.1" }] })).status).toBe(200);
  const point = { run_id: run, key: "auc", value: 0.5, timestamp: 1, step: 2, model_id: id, dataset_name: "d", dataset_digest: "x" };
  await wire.post("runs/log-metric", point);
  await wire.post("runs/log-batch", { run_id: run, metrics: [{ ...point, timestamp: 2, value: "NaN" }] });
  const { metrics } = (await wire.get(`logged-models/${id}`)).body.model.data;
  expect(metrics).toEqual([
    { key: "auc", value: 0.5, timestamp: 1, step: 2, model_id: id, run_id: run, dataset_name: "d", dataset_digest: "x" },
    { key: "auc", value: "NaN", timestamp: 2, step: 2, model_id: id, run_id: run, dataset_name: "d", dataset_digest: "x" },
  ]);
  const remove = wire.call("DELETE");
  expect((await remove(`logged-models/${id}/tags/a`)).status).toBe(200);
  expect(await remove(`logged-models/${id}/tags/a`)).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining("No tag with key") },
  });
  expect((await wire.get(`logged-models/${id}`, undefined, other)).status).toBe(404);
  expect((await remove(`logged-models/${id}`)).status).toBe(200);
  expect(await wire.get(`logged-models/${id}`)).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
  expect(await entriesOf("logged-model", id)).toEqual(["logged-model.created", "logged-model.finalized", "logged-model.deleted"]);
});

test("models are searched by attributes, params, tags and metrics on a dataset, in an order, in pages", async () => {
  const place = (await wire.post("experiments/create", { name: "search" })).body.experiment_id;
  const run = await newRun();
  const models: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { model } = (
      await wire.post("logged-models", { experiment_id: place, name: `m${i}`, params: [{ key: "p", value: String(i % 2) }] })
    ).body;
    models.push(model.info.model_id);
    if (i === 3) continue;
    for (const [name, value] of [
      ["train", i],
      ["test", -i],
    ] as const)
      await wire.post("runs/log-metric", {
        run_id: run,
        key: "auc",
        value,
        timestamp: i,
        model_id: models[i],
        dataset_name: name,
        dataset_digest: "x",
      });
  }
  const search = async (more: object): Promise<string[]> =>
    ((await wire.post("logged-models/search", { experiment_ids: [place], ...more })).body.models ?? []).map(
      (one: { info: { name: string } }) => one.info.name,
    );
  const byName = [{ field_name: "name" }];
  expect(await search({ order_by: byName })).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  expect(await search({ order_by: byName, filter: "params.p = '1' AND name != 'm1'" })).toEqual(["m3"]);
  expect(await search({ order_by: byName, filter: "metrics.auc > 1" })).toEqual(["m2", "m4"]);
  expect(await search({ order_by: byName, filter: "metrics.auc < 0", datasets: [{ dataset_name: "train" }] })).toEqual([]);
  expect(await search({ order_by: [{ field_name: "metrics.auc", dataset_name: "test", dataset_digest: "x" }] })).toEqual([
    "m4",
    "m2",
    "m1",
    "m0",
    "m3",
  ]);
  expect(
    await search({ order_by: byName, filter: `model_id IN ('${models[0]}', '${models[4]}') and status = 'LOGGED_MODEL_PENDING'` }),
  ).toEqual(["m0", "m4"]);
  const first = (await wire.post("logged-models/search", { experiment_ids: [place], max_results: 3, order_by: byName })).body;
  expect(await search({ order_by: byName, max_results: 3, page_token: first.next_page_token })).toEqual(["m3", "m4"]);
  expect((await wire.post("logged-models/search", { experiment_ids: [place], page_token: first.next_page_token })).status).toBe(400);
});

test("what a run read and made is in its message and under its seal", async () => {
  const id = await newRun();
  const model = (await newModel()).info.model_id as string;
  const dataset = { name: "d", digest: "1", source_type: "local", source: "{}", schema: "s" };
  const inputs = {
    run_id: id,
    datasets: [{ tags: [{ key: "mlflow.data.context", value: "train" }], dataset }],
    models: [{ model_id: model }],
  };
  for (let i = 0; i < 2; i++) expect((await wire.post("runs/log-inputs", inputs)).status).toBe(200);
  await wire.post("runs/outputs", { run_id: id, models: [{ model_id: model, step: 4 }] });
  const { run } = (await wire.get(`runs/get?run_id=${id}`)).body;
  expect(run.inputs).toEqual({ dataset_inputs: [{ tags: inputs.datasets[0]?.tags, dataset }], model_inputs: [{ model_id: model }] });
  expect(run.outputs).toEqual({ model_outputs: [{ model_id: model, step: 4 }] });
  await wire.post("runs/update", { run_id: id, status: "FINISHED" });
  expect(await wire.tracking.verifySeal(id)).toMatchObject({ verdict: "pass" });
  // Another description of a dataset that the experiment knows changes nothing; what is new is a recorded change.
  await wire.post("runs/log-inputs", {
    run_id: id,
    datasets: [{ dataset: { ...dataset, source: "other" } }, { dataset: { ...dataset, digest: "2" } }],
  });
  expect(await wire.tracking.verifySeal(id)).toMatchObject({ verdict: "pass" });
  expect(await entriesOf("run", id)).toEqual(["run.ended", "run.changed"]);
  const summaries = (await wire.post("experiments/search-datasets", { experiment_ids: ["0"] })).body.dataset_summaries;
  expect(summaries).toEqual([
    { experiment_id: "0", name: "d", digest: "1", context: "train" },
    { experiment_id: "0", name: "d", digest: "2" },
  ]);
});
