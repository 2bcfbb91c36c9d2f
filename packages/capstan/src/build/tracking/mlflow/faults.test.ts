import fc from "fast-check";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMlflowWire, type MlflowWire } from "../../../testing/mlflow-wire.ts";

let wire: MlflowWire;
/** Moved by tests; otherwise as the system says. */
let shiftMs = 0;
beforeAll(async () => {
  wire = await openMlflowWire({}, { clock: { nowMs: () => Date.now() + shiftMs } });
});
afterAll(() => wire.close());
const newRun = async (): Promise<string> => (await wire.post("runs/create", {})).body.run.info.run_id;

type Point = { key: string; value: number; timestamp: number; step: number };
const ranked = (a: Point, b: Point): number => a.timestamp - b.timestamp || a.step - b.step || a.value - b.value;
const latest = (points: readonly Point[]): Point | undefined =>
  [...points].sort((a, b) => a.step - b.step || a.timestamp - b.timestamp || a.value - b.value).at(-1);

test("points that come twice or in any order, in any batches, are the same history", async () => {
  const point = fc.record({
    key: fc.constantFrom("a", "b"),
    value: fc.integer({ min: -3, max: 3 }),
    timestamp: fc.integer({ min: 0, max: 4 }),
    step: fc.integer({ min: -2, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(point, { maxLength: 8 }), { minLength: 1, maxLength: 6 }), async (batches) => {
      const run = await newRun();
      // Each batch once, and every other one again.
      for (const [i, metrics] of batches.entries())
        for (let n = 0; n <= i % 2; n++) expect((await wire.post("runs/log-batch", { run_id: run, metrics })).status).toBe(200);
      const data = (await wire.get(`runs/get?run_id=${run}`)).body.run.data;
      for (const key of ["a", "b"]) {
        const all = batches.flat().filter((one) => one.key === key);
        const once = [...new Map(all.map((one) => [JSON.stringify([one.step, one.timestamp, one.value]), one])).values()].sort(ranked);
        const found = (await wire.get(`metrics/get-history?run_id=${run}&metric_key=${key}`)).body.metrics ?? [];
        expect([...found].sort(ranked)).toEqual(once);
        expect(data.metrics?.find((one: Point) => one.key === key)).toEqual(latest(once));
      }
      await wire.post("runs/update", { run_id: run, status: "FINISHED" });
      expect(await wire.tracking.verifySeal(run)).toMatchObject({ verdict: "pass" });
    }),
    { seed: 3, numRuns: 40 },
  );
});

test("a clock that jumps, back or ahead, loses nothing and breaks no seal", async () => {
  const yearMs = 365 * 24 * 3_600_000;
  const runs: string[] = [];
  for (const jump of [0, yearMs, -yearMs, -20 * yearMs, 5000, 0]) {
    shiftMs = jump;
    const run = await newRun();
    runs.push(run);
    for (const step of [0, 1, 2]) {
      shiftMs = jump - step * 60_000;
      expect((await wire.post("runs/log-metric", { run_id: run, key: "m", value: step, timestamp: Date.now(), step })).status).toBe(200);
      await wire.post("runs/set-tag", { run_id: run, key: `t${step}`, value: "x" });
    }
    // Ended before it began, as clocks say.
    expect((await wire.post("runs/update", { run_id: run, status: "FINISHED" })).status).toBe(200);
    await wire.post("runs/set-tag", { run_id: run, key: "later", value: "x" });
  }
  shiftMs = 0;
  expect(new Set(runs).size).toBe(runs.length);
  for (const run of runs) {
    expect(await wire.tracking.verifySeal(run)).toMatchObject({ verdict: "pass", points: 3 });
    const { info, data } = (await wire.get(`runs/get?run_id=${run}`)).body.run;
    expect([info.status, data.metrics[0].value, data.tags.length]).toEqual(["FINISHED", 2, 5]);
  }
  const found = (await wire.post("runs/search", { experiment_ids: ["0"], max_results: 50_000 })).body.runs.map(
    (one: { info: { run_id: string } }) => one.info.run_id,
  );
  expect(runs.filter((run) => !found.includes(run))).toEqual([]);
});

/** Sends the head of a request and a part of its body, and is gone. */
const dies = (method: string, path: string, body: string, claimedBytes: number | "chunked"): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(wire.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    const length = claimedBytes === "chunked" ? "transfer-encoding: chunked" : `content-length: ${claimedBytes}`;
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${length}\r\n\r\n${claimedBytes === "chunked" ? `${body.length.toString(16)}\r\n${body}\r\n` : body}`,
      () => socket.resetAndDestroy(),
    );
  });

test("a client that sends all of its body before it reads is told why it is refused, and may ask again on the same connection", async () => {
  const run = await newRun();
  const { hostname, port } = new URL(wire.url);
  const sizeBytes = 48 << 20;
  const socket = connect(Number(port), hostname).pause();
  const head = (path: string, more: string): string => `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${more}\r\n`;
  const heard = async (): Promise<string> => {
    socket.resume();
    const [piece] = (await once(socket, "data")) as [Buffer];
    socket.pause();
    return piece.toString();
  };
  for (const [path, type] of [
    [`/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=page.bin`, "application/octet-stream"],
    ["/api/2.0/mlflow/runs/log-batch", "application/json"],
  ] as const) {
    socket.write(head(path, `content-type: ${type}\r\ncontent-length: ${sizeBytes}\r\n`));
    await new Promise((resolve) => socket.write(Buffer.alloc(sizeBytes, "x"), resolve));
    expect(await heard()).toMatch(/^HTTP\/1\.1 400 /);
  }
  socket.write(head("/api/2.0/mlflow/runs/create", "content-type: application/json\r\ncontent-length: 2\r\n") + "{}");
  expect(await heard()).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

test("a client that dies in the middle of what it sends leaves nothing of it, and harms nobody", async () => {
  const run = await newRun();
  const at = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts`;
  const part = "x".repeat(300_000);
  const { upload_id, credentials } = (
    await wire.send("POST", `/api/2.0/mlflow-artifacts/mpu/create/0/${run}/artifacts`, { path: "parts.bin", num_parts: 1 })
  ).body;
  const batch = JSON.stringify({ run_id: run, metrics: [{ key: "m", value: 1, timestamp: 1, step: 1 }] });
  for (const claimed of [1_000_000, "chunked"] as const) {
    await dies("PUT", `${at}/model.bin`, part, claimed);
    await dies("PUT", new URL(credentials[0].url).pathname, part, claimed);
    await dies("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=page.bin`, part, claimed);
    // The message is whole, the body is not.
    await dies("POST", "/api/2.0/mlflow/runs/log-batch", batch, claimed === "chunked" ? claimed : batch.length + 1);
  }
  const blobs = join(wire.folder, "blobs", "tmp");
  const drafts = (): string[] => [
    ...(existsSync(blobs) ? readdirSync(blobs) : []),
    ...readdirSync(join(wire.folder, "tmp", "uploads", upload_id)).filter((name) => name !== "upload.json"),
  ];
  for (let i = 0; i < 500 && drafts().length > 0; i++) await wire.get("experiments/get?experiment_id=0");
  expect(drafts()).toEqual([]);
  expect((await wire.get(`artifacts/list?run_id=${run}`)).body).not.toHaveProperty("files");
  expect((await wire.get(`metrics/get-history?run_id=${run}&metric_key=m`)).body).toEqual({});
  // It comes again, and all is well.
  expect((await wire.send("PUT", `${at}/model.bin`, part)).status).toBe(200);
  expect((await wire.send("GET", `${at}/model.bin`)).text).toBe(part);
});
