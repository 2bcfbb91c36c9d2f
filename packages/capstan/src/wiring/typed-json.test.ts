import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWholeWire, type WholeWire } from "../testing/whole-wire.ts";

let wire: WholeWire;
beforeAll(async () => {
  wire = await openWholeWire();
});
afterAll(() => wire.close());

/** As R writes a scalar: every one as text, of numbers 15 digits and the shorter of both notations. */
function written(value: string | number | boolean): string {
  if (typeof value !== "number") return typeof value === "boolean" ? String(value).toUpperCase() : value;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const plain = String(Number(value.toPrecision(15)));
  const [digits = "", power = "0"] = Number(plain).toExponential().split("e");
  const scientific = `${digits}e${power.startsWith("-") ? "-" : "+"}${power.replace(/[+-]/, "").padStart(2, "0")}`;
  return scientific.length < plain.length ? scientific : plain;
}
type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };
const texts = (value: Plain): unknown =>
  typeof value !== "object"
    ? written(value)
    : Array.isArray(value)
      ? value.map(texts)
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, texts(one)]));

describe("R's client: every scalar is a text, the old and the new name of a run's id, POST for searches", () => {
  const agent = { "user-agent": "mlflow-r-client/3.11.1", accept: "application/json, text/xml, application/xml, */*" };
  const to = (path: string): string => `/api/2.0/mlflow/${path}`;
  async function r(method: string, path: string, data?: Plain) {
    const reply = await wire.send(method, to(path), data === undefined ? undefined : texts(data), agent);
    // Anything but 200 is an error there.
    expect([path, reply.status, reply.text]).toEqual([path, 200, expect.anything()]);
    return reply.body;
  }
  const both = (id: string): { run_uuid: string; run_id: string } => ({ run_uuid: id, run_id: id });
  const query = (values: Record<string, Plain>): string =>
    Object.entries(values)
      .map(([key, value]) => `${key}=${encodeURIComponent(written(value as string))}`)
      .join("&");

  test("experiments and runs", async () => {
    const { experiment_id: experiment } = await r("POST", "experiments/create", { name: "from R", tags: [{ key: "a", value: "b" }] });
    expect((await r("GET", `experiments/get-by-name?${query({ experiment_name: "from R" })}`)).experiment.experiment_id).toBe(experiment);
    const found = await r("POST", "experiments/search", {
      filter: "name = 'from R'",
      view_type: "ACTIVE_ONLY",
      max_results: 1000,
      order_by: [],
    });
    expect(found.experiments).toHaveLength(1);
    await r("POST", "experiments/set-experiment-tag", { experiment_id: experiment, key: "k", value: "v" });
    const started = 1_763_700_000_000;
    const { run } = await r("POST", "runs/create", {
      experiment_id: experiment,
      user_id: "someone",
      start_time: started,
      tags: [
        { key: "mlflow.user", value: "someone" },
        { key: "mlflow.source.name", value: "<console>" },
      ],
    });
    const id: string = run.info.run_uuid;
    expect(run.info).toMatchObject({ run_id: id, user_id: "someone", start_time: started });
    const values = [0.1, 1 / 3, -2, 1e300, NaN, Infinity, -Infinity, 123456.789];
    for (const [i, value] of values.entries())
      await r("POST", "runs/log-metric", { ...both(id), key: "m", value, timestamp: started + i * 100_000, step: i * 100_000 });
    await r("POST", "runs/log-parameter", { ...both(id), key: "p", value: 0.25 });
    await r("POST", "runs/log-parameter", { ...both(id), key: "q", value: "NA" });
    await r("POST", "runs/set-tag", { ...both(id), key: "t", value: "x" });
    await r("POST", "runs/log-batch", {
      run_id: id,
      metrics: [1, 2, 3].map((step) => ({ key: "b", value: step / 2, step, timestamp: started })),
      params: [{ key: "n", value: 100_000 }],
      tags: [{ key: "flag", value: true }],
    });
    const history = await r("GET", `metrics/get-history?${query({ ...both(id), metric_key: "m", max_results: 25_000 })}`);
    expect(
      history.metrics.map((one: { step: number; timestamp: number; value: unknown }) => [one.step, one.timestamp - started, one.value]),
    ).toEqual(
      values.map((value, i) => [
        i * 100_000,
        i * 100_000,
        Number.isNaN(value) ? "NaN" : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(value.toPrecision(15)))),
      ]),
    );
    await r("POST", "runs/delete-tag", { run_id: id, key: "t" });
    const ended = await r("POST", "runs/update", { ...both(id), status: "FINISHED", end_time: started + 7 });
    expect(ended.run_info).toMatchObject({ run_uuid: id, status: "FINISHED", end_time: started + 7 });
    const back = (await r("GET", `runs/get?${query(both(id))}`)).run;
    expect(back.data.params).toEqual([
      { key: "n", value: "1e+05" },
      { key: "p", value: "0.25" },
      { key: "q", value: "NA" },
    ]);
    expect(back.data.tags).toContainEqual({ key: "flag", value: "TRUE" });
    const search = {
      experiment_ids: [experiment],
      filter: "params.p = '0.25'",
      run_view_type: "ACTIVE_ONLY",
      order_by: ["metrics.b DESC"],
    };
    expect((await r("POST", "runs/search", search)).runs).toHaveLength(1);
    expect(await r("GET", `artifacts/list?${query(both(id))}`)).toHaveProperty("root_uri");
    await r("POST", "runs/log-model", {
      run_id: id,
      model_json: JSON.stringify({ artifact_path: "model", flavors: {}, utc_time_created: "2026-01-01 00:00:00", run_id: id }),
    });
    for (const verb of ["delete", "restore"]) await r("POST", `runs/${verb}`, { run_id: id });
    await r("POST", "experiments/update", { experiment_id: experiment, new_name: "from R, renamed" });
    for (const verb of ["delete", "restore"]) await r("POST", `experiments/${verb}`, { experiment_id: Number(experiment) });
    expect((await r("POST", "runs/create", { experiment_id: 0, user_id: "unknown", start_time: started })).run.info.experiment_id).toBe(
      "0",
    );
  });

  test("the registry", async () => {
    await r("POST", "registered-models/create", { name: "r model", tags: [{ key: "a", value: 1 }], description: "first" });
    expect((await r("GET", "registered-models/get?name=r%20model")).registered_model.description).toBe("first");
    await r("PATCH", "registered-models/update", { name: "r model", description: "second" });
    const search = { filter: "name LIKE 'r %'", max_results: 100, order_by: ["name DESC"] };
    expect((await r("POST", "registered-models/search", search)).registered_models).toHaveLength(1);
    const { run } = (await wire.post("runs/create", {})).body;
    const made = await r("POST", "model-versions/create", {
      name: "r model",
      source: `${run.info.artifact_uri}/model`,
      run_id: run.info.run_id,
    });
    expect(made.model_version.version).toBe("1");
    expect((await r("GET", "model-versions/get?name=r%20model&version=1")).model_version.status).toBe("READY");
    await r("PATCH", "model-versions/update", { name: "r model", version: 1, description: "text" });
    const moved = { name: "r model", version: 1, stage: "Staging", archive_existing_versions: false };
    expect((await r("POST", "model-versions/transition-stage", moved)).model_version.current_stage).toBe("Staging");
    await r("POST", "model-versions/set-tag", { name: "r model", version: 1, key: "k", value: 2 });
    expect((await r("GET", "registered-models/get-latest-versions?name=r%20model&stages=Staging")).model_versions).toHaveLength(1);
    await r("DELETE", "model-versions/delete", { name: "r model", version: 1 });
    await r("POST", "registered-models/rename", { name: "r model", new_name: "r other" });
    await r("DELETE", "registered-models/delete", { name: "r other" });
  });

  test("what is wrong is told by the words that its functions look for", async () => {
    const reply = await wire.send("GET", to("experiments/get-by-name?experiment_name=absent"), undefined, agent);
    expect([reply.status, reply.text]).toEqual([404, expect.stringContaining("RESOURCE_DOES_NOT_EXIST")]);
  });
});

test("Java's client: integers of 64 bits as texts, doubles as numbers or words, enumerations by name, spaces of a query as +", async () => {
  const java = async (path: string, body?: object, method = body ? "POST" : "GET") => {
    const reply = await wire.send(method, `/api/2.0/mlflow/${path}`, body, { "user-agent": "mlflow-java-client/3.11.1" });
    expect([path, reply.status]).toEqual([path, 200]);
    return reply.body;
  };
  const { experiment_id } = await java("experiments/create", { name: "from Java" });
  expect((await java("experiments/get-by-name?experiment_name=from+Java")).experiment.experiment_id).toBe(experiment_id);
  const { run } = await java("runs/create", { experiment_id, user_id: "someone", start_time: "1763700000000" });
  const both = { run_uuid: run.info.run_id, run_id: run.info.run_id };
  expect(run.info.start_time).toBe(1_763_700_000_000);
  for (const [step, value] of [1, 0.1, "NaN", "Infinity", "-Infinity"].entries())
    await java("runs/log-metric", { ...both, key: "m", value, timestamp: "1763700000001", step: String(step) });
  await java("runs/log-batch", { run_id: both.run_id, metrics: [{ key: "b", value: 1.5, timestamp: "1763700000001", step: "-3" }] });
  const history = await java(`metrics/get-history?run_uuid=${both.run_id}&run_id=${both.run_id}&metric_key=m`);
  expect(history.metrics.map((one: { value: unknown }) => one.value)).toEqual([1, 0.1, "NaN", Number.MAX_VALUE, -Number.MAX_VALUE]);
  const search = { experiment_ids: [experiment_id], filter: "", run_view_type: "ACTIVE_ONLY", max_results: 1000 };
  expect((await java("runs/search", search)).runs[0].data.metrics).toContainEqual({
    key: "b",
    value: 1.5,
    timestamp: 1_763_700_000_001,
    step: -3,
  });
  await java("runs/update", { ...both, status: "FINISHED", end_time: "1763700000009" });
  await java("experiments/search", { filter: "", view_type: "ACTIVE_ONLY", max_results: "1000" });
});
