import { afterAll, beforeAll, expect, test } from "vitest";
import { type MlflowWire, openMlflowWire, other } from "../../../testing/mlflow-wire.ts";

let wire: MlflowWire;
beforeAll(async () => {
  wire = await openMlflowWire();
});
afterAll(() => wire.close());
const get = (path: string, headers?: Record<string, string>) => wire.call("GET", 3)(path, undefined, headers);
const post = (path: string, body: object) => wire.call("POST", 3)(path, body);

test("an evaluation dataset gathers records by their inputs", async () => {
  const made = (await post("datasets/create", { name: "q", experiment_ids: ["0"], tags: '{"team":"a","mlflow.user":"ann"}' })).body.dataset;
  expect(made).toMatchObject({ name: "q", experiment_ids: ["0"], created_by: "ann" });
  const id = made.dataset_id as string;
  const records = [
    { inputs: { a: 1, b: 2 }, expectations: { x: 1 }, source: { source_type: "HUMAN", source_data: {} } },
    { inputs: { b: 2, a: 1 }, expectations: { y: 2 }, outputs: "o" },
    { inputs: { a: 2 } },
  ];
  expect((await post(`datasets/${id}/records`, { records: JSON.stringify(records) })).body).toEqual({
    inserted_count: 2,
    updated_count: 0,
  });
  expect((await post(`datasets/${id}/records`, { records: JSON.stringify(records.slice(2)) })).body).toEqual({
    inserted_count: 0,
    updated_count: 1,
  });
  const first = (await get(`datasets/${id}/records?max_results=1`)).body;
  const second = (await get(`datasets/${id}/records?max_results=1&page_token=${encodeURIComponent(first.next_page_token)}`)).body;
  const all = [...JSON.parse(first.records), ...JSON.parse(second.records)];
  expect(all.find((one) => one.inputs.a === 1)).toMatchObject({ expectations: { x: 1, y: 2 }, outputs: "o", source_type: "HUMAN" });
  expect(second.next_page_token).toBeUndefined();
  const described = (await get(`datasets/${id}`)).body.dataset;
  expect(described.digest).not.toBe(made.digest);
  expect(JSON.parse(described.profile)).toEqual({ num_records: 2 });
  expect(JSON.parse(described.schema)).toEqual({
    inputs: { a: "integer", b: "integer" },
    outputs: "string",
    expectations: { x: "integer", y: "integer" },
    version: "1.0",
  });
  for (const bad of ["{", "{}", '[{"inputs":1}]', "[null]"])
    expect((await post(`datasets/${id}/records`, { records: bad })).status).toBe(400);
  expect((await wire.call("DELETE", 3)(`datasets/${id}/records`, { dataset_record_ids: [all[0].dataset_record_id, "none"] })).body).toEqual(
    { deleted_count: 1 },
  );
  expect(
    (await post("datasets/search", { filter_string: "tags.team = 'a' and name LIKE 'q%'", order_by: ["name"] })).body.datasets,
  ).toHaveLength(1);
  expect((await post("datasets/search", { filter_string: "tags.team = 'b'" })).body).toEqual({});
  expect((await get(`datasets/${id}`, other)).status).toBe(404);
  expect((await post(`datasets/${id}/add-experiments`, { experiment_ids: ["999"] })).status).toBe(404);
  expect((await wire.call("DELETE", 3)(`datasets/${id}`)).status).toBe(200);
  expect((await get(`datasets/${id}`)).body.message).toContain("not found");
});

test("scorers have versions; online scoring belongs to all of them", async () => {
  const register = async () => (await post("scorers/register", { experiment_id: "0", name: "s", serialized_scorer: "{}" })).body;
  const both = await Promise.all([register(), register()]);
  expect(both.map((one) => one.version).sort()).toEqual([1, 2]);
  const id = both[0].scorer_id as string;
  const put = (sample_rate: unknown) =>
    wire.call("PUT", 3)("scorers/online-config", { experiment_id: "0", name: "s", sample_rate, filter_string: "f" });
  expect((await put(2)).status).toBe(400);
  expect((await put(0.5)).body.config).toMatchObject({ scorer_id: id, sample_rate: 0.5, filter_string: "f", experiment_id: "0" });
  expect((await get(`scorers/online-configs?scorer_ids=${id}`)).body.configs).toHaveLength(1);
  expect((await get(`scorers/online-configs?scorer_ids=${id}`, other)).body.configs).toEqual([]);
  expect((await get("scorers/list?experiment_id=0")).body.scorers).toMatchObject([{ scorer_version: 2, experiment_id: 0 }]);
  const remove = (version?: number) =>
    wire.call("DELETE", 3)("scorers/delete", { experiment_id: "0", name: "s", ...(version && { version }) });
  expect((await remove(1)).status).toBe(200);
  expect((await remove(1)).status).toBe(404);
  expect((await remove()).status).toBe(200);
  expect((await get(`scorers/online-configs?scorer_ids=${id}`)).body.configs).toEqual([]);
});

test("an issue is made, changed and found; each is an entry", async () => {
  const made = (await post("issues", { experiment_id: "0", name: "slow", description: "d", root_causes: ["a"], severity: "high" })).body
    .issue;
  expect(made).toMatchObject({ status: "pending", severity: "high", root_causes: ["a"] });
  const changed = await wire.call("PATCH", 3)(`issues/${made.issue_id}`, { status: "resolved" });
  expect(changed.body.issue).toMatchObject({ status: "resolved", name: "slow" });
  expect((await post("issues/search", { filter_string: "status = 'pending'" })).body).toEqual({ next_page_token: "" });
  expect((await post("issues/search", { experiment_id: "0" })).body.issues).toHaveLength(1);
  expect((await post("issues", { experiment_id: "0", name: "x", description: "d", status: "odd" })).status).toBe(400);
  expect(await wire.store.database.all("select action from entry where subject_id = ? order by idx", [made.issue_id])).toEqual([
    { action: "issue.created" },
    { action: "issue.changed" },
  ]);
});

test("a prompt run is finished and holds its table", async () => {
  const reply = await wire.call("POST")("runs/create-promptlab-run", {
    experiment_id: "0",
    prompt_template: "Say {{ word }}",
    prompt_parameters: [{ key: "word", value: "$& hi" }],
    model_route: "r",
    model_input: "i",
    model_output: "o",
    mlflow_version: "3",
  });
  const { info } = reply.body.run;
  expect(info.status).toBe("FINISHED");
  const table = await wire.send("GET", `/get-artifact?run_id=${info.run_id}&path=eval_results_table.json`);
  expect(table.body).toEqual({ columns: ["word", "prompt", "output"], data: [["$& hi", "Say $& hi", "o"]] });
});
