import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { servingOperations } from "@capstan/contract/operations/serving";
import { checked } from "../../testing/checked.ts";
import { brittleModel, echoModel, logisticModel, nanModel } from "../../build/inference/tiny-onnx.ts";
import { servingHandlers } from "./operations.ts";
import { armOf, moved } from "./rules.ts";
import { ada, openServingFixture, type ServingFixture, v2 } from "../../testing/served-store.ts";

const infer = "/v2/models/late-arrival/infer";
let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await openServingFixture();
});
afterEach(() => fixture.close());
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

it("carries all datatypes over JSON", async () => {
  await fixture.route();
  await fixture.live(await fixture.register(echoModel({ i: "INT32", l: "INT64", o: "BOOL", s: "BYTES", d: "FP64" })));
  const input = (name: string, datatype: string, data: unknown[]) => ({ name, datatype, shape: [2, 1], data });
  const inputs = [
    input("i", "INT32", [1, -2]),
    input("l", "INT64", [2 ** 53 - 1, 3]),
    input("o", "BOOL", [true, false]),
    input("s", "BYTES", ['"\n', "ü"]),
    input("d", "FP64", [0.1, 1e300]),
  ];
  const reply = await fixture.post(infer, { inputs });
  expect(reply.body.outputs?.map((output) => output.data)).toEqual(inputs.map((one) => one.data));
  expect(
    (await fixture.post(infer, { inputs: inputs.map((one) => (one.name === "i" ? { ...one, data: [1, 1.5] } : one)) })).body.error,
  ).toContain("whole numbers of 32 bits");
});

describe("arms", () => {
  it("keeps a key on its arm, splits a request by row, and takes the share", async () => {
    const one = await fixture.register(logisticModel({ a: 1 }, 0));
    const two = await fixture.register(logisticModel({ a: 1 }, 100));
    await fixture.route();
    await fixture.publish([armOf(one, "live", 0.7, 0), armOf(two, "canary", 0.3, 0)]);
    const keys = Array.from({ length: 2000 }, (_, i) => String(i));
    const batch = await fixture.post(infer, v2({ a: keys.map(() => 0) }, { keys }));
    const data = batch.body.outputs![0]!.data;
    const canary = data.filter((score) => score === 1).length;
    expect(canary / 2000).toBeGreaterThan(0.26);
    expect(canary / 2000).toBeLessThan(0.34);
    for (const key of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const single = await fixture.post(infer, v2({ a: [0] }, { keys: [String(key)] }));
      expect(single.body.outputs![0]!.data[0]).toBe(data[key]);
      expect(single.body.model_version).toBe(data[key] === 1 ? "2" : "1");
    }
  });

  it("a failing canary costs no request: the live arm answers, and it is counted", async () => {
    const one = await fixture.register(logisticModel({ a: 1 }, 0));
    const brittle = await fixture.register(brittleModel("a"));
    const nan = await fixture.register(nanModel("a"), { "probability.min": -5, "probability.max": 5 });
    await fixture.route();
    for (const version of [brittle, nan]) {
      await fixture.publish([armOf(one, "live", 0.5, 0), armOf(version, "canary", 0.5, version.number)]);
      const replies = await Promise.all(
        Array.from({ length: 100 }, (_, i) => fixture.post(infer, v2({ a: [-20] }, { keys: [String(i)] }))),
      );
      expect(replies.every((reply) => reply.status === 200 && reply.body.model_version === "1")).toBe(true);
      const served = fixture.serving.find("late-arrival")!;
      expect(served.canary!.counts.failures).toBeGreaterThan(20);
      expect(replies.filter((reply) => reply.headers["capstan-fallback"] === "1")).toHaveLength(served.canary!.counts.failures);
      expect(served.counts.failures).toBe(0);
    }
  });

  it("a failing live arm falls back to the version before, then to the constant, then says so", async () => {
    const one = await fixture.register(logisticModel({ a: 1 }, 0));
    const brittle = await fixture.register(brittleModel("a"));
    await fixture.route({ fallback: ["previous", { constant: 0.21 }] });
    await fixture.publish([armOf(brittle, "live", 1, 0)], moved(armOf(one, "live", 1, 0), "live", 1, 0));
    expect((await fixture.post(infer, v2({ a: [50] }))).body.model_version).toBe("1");
    await fixture.publish([armOf(brittle, "live", 1, 0)]);
    expect((await fixture.post(infer, v2({ a: [50] }))).body).toMatchObject({
      model_version: "constant",
      outputs: [{ data: [Math.fround(0.21)] }],
    });
    await fixture.route({ fallback: ["previous"] });
    expect((await fixture.post(infer, v2({ a: [50] }))).body).toMatchObject({ code: "CAP-SERVE-005" });
    expect((await fixture.post(infer, v2({ a: [5] }))).status).toBe(200);
  });

  it("a merged run that fails is repeated by request: innocent ones are answered by their arm", async () => {
    await fixture.route();
    await fixture.live(await fixture.register(brittleModel("a")));
    const replies = await Promise.all(Array.from({ length: 60 }, (_, i) => fixture.post(infer, v2({ a: [i % 20] }))));
    replies.forEach((reply, i) => expect(reply.status).toBe(i % 20 < 10 ? 200 : 503));
  });
});

describe("swaps", () => {
  it("many swaps under load lose no request, and old models are closed", async () => {
    const versions = await Promise.all([0, 1, 2].map((bias) => fixture.register(logisticModel({ a: 0 }, bias))));
    await fixture.route();
    await fixture.live(versions[0]!);
    let stop = false;
    let asked = 0;
    const load = Array.from({ length: 16 }, async () => {
      while (!stop) {
        const reply = await fixture.post(infer, v2({ a: [1] }));
        asked++;
        expect(reply.status).toBe(200);
        // The answer belongs to the version that it names.
        const version = versions.find((one) => String(one.number) === reply.body.model_version)!;
        expect(reply.body.outputs![0]!.data[0]).toBeCloseTo(sigmoid(versions.indexOf(version)), 5);
      }
    });
    for (let i = 0; i < 30; i++) await fixture.live(versions[i % 3]!);
    stop = true;
    await Promise.all(load);
    expect(asked).toBeGreaterThan(100);
    expect(fixture.serving.find("late-arrival")!.counts.failures).toBe(0);
  });

  it("a revert serves at once what is loaded, and is durable after a restart", async () => {
    const [one, two] = [await fixture.register(logisticModel({ a: 0 }, 0)), await fixture.register(logisticModel({ a: 0 }, 1))];
    await fixture.route();
    const [liveOne, liveTwo] = [armOf(one, "live", 1, 1), armOf(two, "live", 1, 2)];
    await fixture.publish([liveTwo], liveOne);
    const entryId = fixture.opened.store.recorder.newEntryId();
    const reverted = fixture.serving.revert(
      { project: "default", route: "late-arrival", arms: [liveOne], back: liveTwo, salt: "", release: null, reason: "by hand", entryId },
      async () => ({
        change: [],
        entries: [
          {
            id: entryId,
            action: "route.rolled_back",
            subject: { type: "route", id: "late-arrival" },
            project: "default",
            actor: ada.actor,
            payload: {},
          },
        ],
      }),
    );
    expect((await fixture.post(infer, v2({ a: [0] }))).body.model_version).toBe("1");
    await reverted.committed;
    await fixture.reopen();
    expect((await fixture.post(infer, v2({ a: [0] }))).body.model_version).toBe("1");
    expect((await fixture.registry.get("default", "late-arrival", "live")).number).toBe(1);
  });
});

describe("prediction log and labels", () => {
  it.each(["strict", "fast"] as const)("logs every row with caller, use, key and event time (%s)", async (log) => {
    await fixture.route({ log });
    await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
    await fixture.post(infer, v2({ a: [1, 2] }, { keys: ["7", "8"], observed: ["2001-04-01T10:00:00Z", "2001-04-01T10:05:00Z"] }), {
      "capstan-use": "replay",
    });
    await fixture.post(
      infer,
      { ...v2({ a: [3] }), parameters: { "capstan.key": "9", "capstan.observed_at": "2001-04-02T00:00:00Z" } },
      { "capstan-use": "release" },
    );
    await fixture.post(infer, v2({ a: [4] }));
    const handlers = checked(servingOperations, servingHandlers(fixture.serving, fixture.opened.store));
    expect(await handlers["predictions.keys"]({ project: "default", route: "late-arrival", use: "replay" }, ada)).toEqual({
      keys: ["7", "8"],
    });
    const before = await handlers["predictions.list"]({ project: "default", route: "late-arrival", limit: 10 }, ada);
    await fixture.serving.flush("late-arrival");
    const after = await handlers["predictions.list"]({ project: "default", route: "late-arrival", limit: 10 }, ada);
    expect(after.predictions.map((one) => one.id).sort()).toEqual(before.predictions.map((one) => one.id).sort());
    expect(after).toMatchObject({ rows: 4, cursor: null });
    const seven = after.predictions.find((one) => one.key === "7");
    expect(seven).toMatchObject({
      observedAt: "2001-04-01T10:00:00.000Z",
      version: "v1",
      arm: "live",
      use: "replay",
      caller: "local:ada",
      features: { a: 1 },
      flags: [],
    });
    expect(seven?.outputs["probability"]).toBeCloseTo(sigmoid(1), 5);
    expect(after.predictions.find((one) => one.key === null)).toMatchObject({ flags: ["unkeyed"], use: null });
    expect((await handlers["predictions.keys"]({ project: "default", route: "late-arrival" }, ada)).keys.sort()).toEqual(["7", "8", "9"]);
    expect(await handlers["predictions.keys"]({ project: "default", route: "late-arrival", use: "release" }, ada)).toEqual({ keys: ["9"] });
  });

  it("pages through open and closed segments without a row twice", async () => {
    await fixture.route();
    await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
    for (let i = 0; i < 5; i++) {
      await fixture.post(infer, v2({ a: [1, 2, 3] }, { keys: [`${i}a`, `${i}b`, `${i}c`] }));
      if (i === 2) await fixture.serving.flush("late-arrival");
    }
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await fixture.serving.predictions("late-arrival", {}, { limit: 4, ...(cursor !== undefined && { cursor }) });
      expect(page.rows).toBe(15);
      seen.push(...page.predictions.map((one) => one.key ?? ""));
      if (page.cursor === null) break;
      cursor = page.cursor;
    }
    expect(seen).toHaveLength(15);
    expect(new Set(seen).size).toBe(15);
  });

  it("labels are one by key and value, and come with predictions", async () => {
    await fixture.route();
    await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
    await fixture.post(infer, v2({ a: [1] }, { keys: ["7"] }));
    const handlers = checked(servingOperations, servingHandlers(fixture.serving, fixture.opened.store));
    const labels = Array.from({ length: 1200 }, (_, i) => ({ key: String(i), value: i % 2, observed_at: "2001-04-01T10:00:00Z" }));
    expect(await handlers["labels.append"]({ project: "default", route: "late-arrival", labels }, ada)).toEqual({
      received: 1200,
      added: 1200,
    });
    expect(await handlers["labels.append"]({ project: "default", route: "late-arrival", labels: labels.slice(0, 700) }, ada)).toEqual({
      received: 700,
      added: 0,
    });
    const { predictions } = await handlers["predictions.list"]({ project: "default", route: "late-arrival", limit: 10 }, ada);
    expect(predictions[0]?.label).toEqual({ value: 1, observedAt: "2001-04-01T10:00:00.000Z" });
    expect(await fixture.serving.writeLabels("late-arrival", `${fixture.opened.folder}/labels.csv`)).toBe(1200);
    await expect(handlers["labels.append"]({ project: "default", route: "other", labels }, ada)).rejects.toMatchObject({
      code: "CAP-SERVE-001",
    });
  });

  it("shows routes with arms, latency and epochs", async () => {
    await fixture.route();
    const handlers = checked(servingOperations, servingHandlers(fixture.serving, fixture.opened.store));
    expect((await handlers["routes.list"]({ project: "default" }, ada)).routes).toMatchObject([
      { route: "late-arrival", live: null, arms: [] },
    ]);
    await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
    await fixture.post(infer, v2({ a: [1] }, { keys: ["7"] }));
    const route = await handlers["routes.get"]({ project: "default", route: "late-arrival" }, ada);
    expect(route).toMatchObject({
      live: "v1",
      requests: 1,
      arms: [{ arm: "live", rows: 1, placement: "thread" }],
      epochs: [{ epoch: 1, reason: "by the test" }],
      predictions: { openRows: 1 },
    });
    expect(route.latency?.p99).toBeGreaterThan(0);
  });

  it("a route that cannot log does not answer, and goes on when it can", async () => {
    await fixture.route();
    await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
    const spool = join(fixture.opened.folder, "spool/late-arrival");
    await writeFile(spool, "in the way");
    const reply = await fixture.post(infer, v2({ a: [1] }));
    expect(reply).toMatchObject({ status: 503, body: { code: "CAP-SERVE-006" } });
    await rm(spool);
    expect((await fixture.post(infer, v2({ a: [1] }))).status).toBe(200);
  });

  it("a route's name is one in the store", async () => {
    await fixture.route();
    await expect(fixture.route({ project: "other" })).rejects.toMatchObject({ code: "CAP-EXISTS-001" });
  });
});
