import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logisticModel } from "../../build/inference/tiny-onnx.ts";
import { openServingFixture, type ServingFixture, v2 } from "../../testing/served-store.ts";

const infer = "/v2/models/late-arrival/infer";
let fixture: ServingFixture;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("Open Inference Protocol", () => {
  beforeAll(async () => {
    fixture = await openServingFixture();
    await fixture.route();
    await fixture.live(await fixture.register(logisticModel({ a: 2, b: -1 }, 0)));
  });
  afterAll(() => fixture.close());

  it("describes server, health and model", async () => {
    expect((await fixture.get("/v2")).body).toMatchObject({ name: "capstan", extensions: ["capstan.key", "capstan.observed_at"] });
    expect((await fixture.get("/v2/health/ready")).body).toEqual({ live: true, ready: true });
    expect((await fixture.get("/v2/models/late-arrival/ready")).body).toEqual({ name: "late-arrival", ready: true });
    expect((await fixture.get("/v2/models/late-arrival/versions/1")).body).toMatchObject({
      name: "late-arrival",
      versions: ["1"],
      platform: "onnx_onnxv1",
      inputs: [{ name: "a", datatype: "FP32", shape: [-1, 1] }, { name: "b" }],
    });
    expect((await fixture.get("/v2/models/late-arrival/versions/9")).body).toMatchObject({ code: "CAP-SERVE-003" });
    expect((await fixture.get("/v2/models/other")).status).toBe(404);
    expect((await fixture.get("/v2/elsewhere")).status).toBe(404);
  });

  it("answers rows with id, version and shape", async () => {
    const reply = await fixture.post(infer, v2({ a: [0.5, 1], b: [1, 0] }, { id: "x1" }));
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      model_name: "late-arrival",
      model_version: "1",
      id: "x1",
      outputs: [{ name: "probability", datatype: "FP32", shape: [2, 1] }],
    });
    expect(reply.body.outputs?.[0]?.data[0]).toBe(0.5);
    expect(reply.body.outputs?.[0]?.data[1]).toBeCloseTo(sigmoid(2), 6);
  });

  it("takes nested data and requests by version", async () => {
    const body = {
      inputs: [
        { name: "b", shape: [2, 1], datatype: "FP32", data: [[1], [0]] },
        { name: "a", shape: [2], datatype: "FP32", data: [0.5, 0] },
      ],
    };
    const reply = await fixture.post("/v2/models/late-arrival/versions/1/infer", body);
    expect(reply.body.outputs?.[0]?.data).toEqual([0.5, 0.5]);
  });

  it.each<[string, unknown, string]>([
    ["no JSON", "{", "not JSON"],
    ["no inputs", {}, "`inputs` is no list"],
    ["an unknown name", { inputs: [{ name: "c", shape: [1, 1], datatype: "FP32", data: [1] }] }, "there is no input c; it takes a, b"],
    ["a missing input", v2({ a: [1] }), "input b is missing"],
    ["an input twice", { inputs: [...(v2({ a: [1] })["inputs"] as []), ...(v2({ a: [1], b: [1] })["inputs"] as [])] }, "a is given twice"],
    ["another datatype", { inputs: [{ name: "a", shape: [1, 1], datatype: "INT64", data: [1] }] }, "input a is FP32, not INT64"],
    ["a wide shape", { inputs: [{ name: "a", shape: [1, 2], datatype: "FP32", data: [1, 2] }] }, "has shape [1,2], it takes [n, 1]"],
    ["no rows", { inputs: [{ name: "a", shape: [0, 1], datatype: "FP32", data: [] }] }, "has shape [0,1]"],
    ["too few values", { inputs: [{ name: "a", shape: [3, 1], datatype: "FP32", data: [1, 2] }] }, "has 2 values for 3 rows"],
    ["rows that differ", v2({ a: [1, 2], b: [1] }), "has 1 values for 2 rows"],
    ["null", { inputs: [{ name: "a", shape: [2, 1], datatype: "FP32", data: [1, null] }] }, "has null in row 1, it takes finite numbers"],
    ["a text", { inputs: [{ name: "a", shape: [1, 1], datatype: "FP32", data: ["NaN"] }] }, "has NaN in row 0, it takes finite numbers"],
    ["a number beyond FP32", { inputs: [{ name: "a", shape: [1, 1], datatype: "FP32", data: [1e39] }] }, "finite numbers"],
    ["an unknown output", { ...v2({ a: [1], b: [1] }), outputs: [{ name: "label" }] }, "there is no output label; it gives probability"],
    ["no event time", v2({ a: [1], b: [1] }, { observed: ["yesterday"] }), "capstan.observed_at of row 0 is yesterday"],
    ["an empty key", v2({ a: [1], b: [1] }, { keys: [""] }), "capstan.key of row 0"],
  ])("refuses %s", async (_what, body, problem) => {
    const reply = await fixture.post(infer, body);
    expect(reply.status).toBe(400);
    expect(reply.body.error).toContain(problem);
    expect(reply.body.code).toMatch(/^CAP-/);
  });

  it("refuses a body too large, another content type, a bad use and the binary extension", async () => {
    expect((await fixture.post(infer, "x".repeat((16 << 20) + 1))).status).toBe(413);
    expect((await fixture.post(infer, "{}", { "content-type": "text/csv" })).status).toBe(415);
    expect((await fixture.post(infer, "{}", { "capstan-use": "a b" })).status).toBe(400);
    expect((await fixture.post(infer, "{}", { "inference-header-content-length": "2" })).status).toBe(415);
  });

  it("refuses JSON numbers that are none", async () => {
    const whole = JSON.stringify(v2({ a: [1], b: [7] }));
    expect((await fixture.post(infer, whole.replace("7", "NaN"))).body.code).toBe("CAP-REQUEST-005");
  });

  it("serves a thousand requests at once, each with its own answer, merged into fewer runs", async () => {
    const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const replies = await Promise.all(values.map((a) => fixture.post(infer, v2({ a: [a], b: [0] }))));
    replies.forEach((reply, i) => expect(reply.body.outputs?.[0]?.data[0]).toBeCloseTo(sigmoid(2 * values[i]!), 5));
    const served = fixture.serving.find("late-arrival")!;
    expect(served.counts.failures).toBe(0);
    expect(served.live!.loaded.batcher.counts.runs).toBeLessThan(served.counts.rows);
  });
});
