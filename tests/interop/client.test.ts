import { startRun } from "@capstan/client";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Hosted, hostTracking } from "./hosted.ts";

let folder: string;
let host: Hosted;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "capstan-client-"));
  host = await hostTracking(folder);
});
afterAll(async () => {
  await host.kill();
  await rm(folder, { recursive: true, force: true });
});

// oxlint-disable-next-line no-explicit-any
const get = async (path: string): Promise<any> => (await fetch(`${host.url}/api/2.0/mlflow/${path}`)).json();

test("a run with params, a curve and an artifact arrives", async () => {
  const run = await startRun({ name: "train", uri: host.url });
  run.logParams({ seed: 7, train: { kind: "boosted", depth: 6 }, off: undefined });
  for (let step = 0; step < 2500; step++) run.logMetric("loss", 1 / (step + 1), step);
  run.logMetrics([
    { key: "auc", value: 0.7, step: 3 },
    { key: "odd", value: NaN },
  ]);
  run.setTags({ team: "a" });
  const file = join(folder, "report ä.txt");
  await writeFile(file, "hello");
  await run.logArtifact(file);
  await run.end();
  const { info, data } = (await get(`runs/get?run_id=${run.id}`)).run;
  expect(info).toMatchObject({ run_name: "train", status: "FINISHED", experiment_id: "0" });
  expect(Object.fromEntries(data.params.map((one: { key: string; value: string }) => [one.key, one.value]))).toEqual({
    seed: "7",
    "train.kind": "boosted",
    "train.depth": "6",
  });
  expect(data.metrics.map((one: { key: string; value: unknown }) => [one.key, one.value])).toEqual([
    ["auc", 0.7],
    ["loss", 1 / 2500],
    ["odd", "NaN"],
  ]);
  expect((await get(`metrics/get-history?run_id=${run.id}&metric_key=loss`)).metrics).toHaveLength(2500);
  expect((await get(`artifacts/list?run_id=${run.id}`)).files).toEqual([{ path: "report ä.txt", is_dir: false, file_size: 5 }]);
});

test("nothing is logged without a server, and a refusal is told at the end", async () => {
  const silent = await startRun({ name: "x", uri: "" });
  silent.logMetric("a", 1);
  await silent.end();
  expect(silent.id).toBeNull();
  const run = await startRun({ name: "x", uri: host.url });
  run.logMetric("a//b", 1);
  await expect(run.end()).rejects.toThrow("Invalid value");
  expect((await get(`runs/get?run_id=${run.id}`)).run.info.status).toBe("FINISHED");
});

test("a loop that never yields shows its curve while it runs", async () => {
  const run = await startRun({ name: "busy", uri: host.url });
  const until = Date.now() + 1800;
  for (let step = 0; Date.now() < until; step++) run.logMetric("loss", step, step);
  const seen = (await get(`runs/get?run_id=${run.id}`)).run.data.metrics;
  expect(seen?.[0]?.value).toBeGreaterThan(0);
  await run.end();
}, 60_000);

test("killing the host again and again loses nothing and repeats nothing", async () => {
  const run = await startRun({ name: "survivor", uri: host.url });
  const points = 30_000;
  let step = 0;
  const log = (to: number): void => {
    for (; step < to; step++) run.logMetric("loss", step * 0.5, step);
  };
  for (let round = 1; round <= 3; round++) {
    log((points / 4) * round);
    // Let batches be in flight, then end the host hard and start another at the same address.
    await new Promise((resolve) => setImmediate(resolve));
    await get("experiments/get?experiment_id=0");
    const { port } = host;
    await host.kill();
    log((points / 4) * round + 100);
    host = await hostTracking(folder, port);
  }
  log(points);
  run.logParams({ rounds: 3 });
  await run.end();
  const history = (await get(`metrics/get-history?run_id=${run.id}&metric_key=loss`)).metrics as { step: number; value: number }[];
  expect(history.length).toBe(points);
  expect(new Set(history.map((one) => one.step)).size).toBe(points);
  expect((await get(`runs/get?run_id=${run.id}`)).run.info.status).toBe("FINISHED");
}, 60_000);

test("what was laid aside while nobody was there is sent when somebody is, in its order, and nothing is left", async () => {
  const spool = join(folder, "spool");
  const run = await startRun({ name: "patient", uri: host.url, spool, patienceMs: 50 });
  run.setTags({ phase: "before" });
  const { port } = host;
  await host.kill();
  const file = join(folder, "late.txt");
  await writeFile(file, "one");
  for (let step = 0; step < 3000; step++) run.logMetric("loss", step, step);
  await run.logArtifact(file);
  run.setTags({ phase: "away" });
  await writeFile(file, "another, which is not what was logged");
  expect((await readdir(spool)).map((name) => name.replace(/^[0-9a-f]{32}/, "")).toSorted()).toEqual([".1", ".jsonl", ".sent"]);
  host = await hostTracking(folder, port);
  run.setTags({ phase: "after" });
  await run.end();
  expect((await get(`metrics/get-history?run_id=${run.id}&metric_key=loss`)).metrics).toHaveLength(3000);
  const { info, data } = (await get(`runs/get?run_id=${run.id}`)).run;
  expect([info.status, data.tags.find((one: { key: string }) => one.key === "phase").value]).toEqual(["FINISHED", "after"]);
  expect((await get(`artifacts/list?run_id=${run.id}`)).files).toEqual([{ path: "late.txt", is_dir: false, file_size: 3 }]);
  expect((await readdir(spool)).map((name) => name.replace(/^[0-9a-f]{32}/, "")).toSorted()).toEqual([".jsonl", ".sent"]);
}, 60_000);
