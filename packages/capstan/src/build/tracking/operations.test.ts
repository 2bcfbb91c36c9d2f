import { trackingOperations } from "@capstan/contract/operations/tracking";
import { afterAll, beforeAll, expect, test } from "vitest";
import { join } from "node:path";
import type { Caller } from "../../base/foundation/caller.ts";
import { type Analytics, openAnalytics } from "../data/analytics.ts";
import { person as caller } from "../../testing/person.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations } from "./migrations.ts";
import { trackingHandlers } from "./operations.ts";
import { createTrackingService, type TrackingService } from "./service.ts";

let open: TestStore;
let tracking: TrackingService;
let analytics: Analytics;
let handlers: ReturnType<typeof trackingHandlers>;
const ids: string[] = [];

/** As the shell calls it: input parsed, output as the contract says. */
async function call<K extends keyof typeof trackingOperations>(
  name: K,
  input: object,
  as: Caller = caller,
): Promise<ReturnType<(typeof trackingOperations)[K]["output"]["parse"]>> {
  const operation = trackingOperations[name];
  const output = await (handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>)(operation.input.parse(input), as);
  return operation.output.parse(JSON.parse(JSON.stringify(output))) as never;
}

beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  analytics = openAnalytics({ memoryLimit: "256MB", tempFolder: join(open.folder, "temp") });
  handlers = trackingHandlers(tracking, open.store, analytics);
  const experimentId = await tracking.ensureExperiment("p", "late", caller);
  for (let i = 0; i < 3; i++) {
    const run = await tracking.createRun(
      {
        project: "p",
        experimentId,
        kind: "step",
        step: "train",
        name: `r${i}`,
        startedMs: 1_000_000 + i,
        params: { seed: "1", lr: `0.${i}` },
        environment: { commit: "abc", dirty: i === 1, platform: "linux" },
      },
      caller,
    );
    await tracking.logBatch(
      run.id,
      {
        metrics: [
          ...Array.from({ length: 50 }, (_, step) => ({ key: "auc", step, timeMs: step, value: step / (50 + i) })),
          { key: "odd", step: 0, timeMs: 0, value: NaN },
        ],
      },
      caller,
    );
    await tracking.addLinks(run.id, { inputs: [{ name: "rows", node: "data:d@v1", digest: "a".repeat(64) }] }, caller);
    if (i < 2) await tracking.endRun(run.id, { status: "FINISHED", verdict: "pass", endedMs: 1_060_000 }, caller);
    ids.push(run.id);
  }
});
afterAll(async () => {
  await analytics.close();
  await open.close();
});

test("experiments say what is in them", async () => {
  const { experiments, total } = await call("experiments.list", { project: "p" });
  expect(total).toBe(1);
  expect(experiments[0]).toMatchObject({ name: "late", runs: 3, running: 1, mainMetric: { key: "auc" } });
  expect(await call("experiments.get", { project: "p", experiment: "late" })).toMatchObject({ id: experiments[0]?.id });
  await expect(call("experiments.get", { project: "other", experiment: experiments[0]?.id })).rejects.toMatchObject({
    code: "CAP-NOT-FOUND-001",
  });
});

test("runs are listed page by page", async () => {
  const first = await call("runs.list", { project: "p", limit: "2", kind: "step" });
  expect(first.runs.map((run) => run.name)).toEqual(["r2", "r1"]);
  expect(first.total).toBe(3);
  expect(first.runs[1]).toMatchObject({ metrics: { auc: 49 / 51, odd: "NaN" }, tags: {}, seconds: 59.999, experiment: { name: "late" } });
  const second = await call("runs.list", { project: "p", limit: "2", cursor: first.cursor });
  expect(second.runs.map((run) => run.name)).toEqual(["r0"]);
  await expect(call("runs.list", { project: "p", cursor: "x" })).rejects.toMatchObject({ code: "CAP-TRACK-002" });
});

test("a run is told with its seal, its curve and its parts", async () => {
  const run = await call("runs.get", { project: "p", run: ids[0] });
  expect(run).toMatchObject({
    status: "FINISHED",
    verdict: "pass",
    sealed: { points: 51 },
    environment: { commit: "abc", dirty: false },
    metricFacts: [
      { key: "auc", points: 50 },
      { key: "odd", last: "NaN", nonFinite: 1 },
    ],
  });
  const { series } = await call("runs.series", { project: "p", run: ids.slice(0, 2).join(","), key: "auc", buckets: "10" });
  expect(series.map((one) => [one.run, one.step.length, one.points])).toEqual([
    [ids[0], 10, 50],
    [ids[1], 10, 50],
  ]);
  expect((await call("runs.series", { project: "p", run: ids[0] })).series.find((one) => one.key === "odd")).toMatchObject({
    first: [null],
    nonFinite: 1,
  });
  expect(await call("runs.verify", { project: "p", run: ids[0], deep: true })).toMatchObject({ verdict: "pass" });
});

test("comparing shows what differs", async () => {
  const found = await call("runs.compare", { project: "p", run: ids });
  expect(found.params).toEqual([
    { key: "lr", values: ["0.0", "0.1", "0.2"], differs: true },
    { key: "seed", values: ["1", "1", "1"], differs: false },
  ]);
  expect(found.environment.filter((row) => row.differs)).toEqual([{ key: "dirty", values: ["no", "yes", "no"], differs: true }]);
  await expect(call("runs.compare", { project: "p", run: ids[0] })).rejects.toThrow();
});

test("progress reaches the run and the step it belongs to, not through another project's token", async () => {
  const child = await tracking.createRun(
    { project: "p", experimentId: "0", kind: "user", name: "c", parentId: ids[2] ?? "", startedMs: 1 },
    caller,
  );
  const told: string[] = [];
  const off = open.store.events.on("progress", (one) => told.push(one.run));
  await call("runs.progress", { run: child.id, done: 3, total: 10, unit: "tree" });
  off();
  expect(told).toEqual([child.id, ids[2]]);
  expect((await call("runs.get", { project: "p", run: ids[2] })).progress).toEqual({ done: 3, total: 10, unit: "tree" });
  await expect(call("runs.progress", { run: child.id, done: 1 }, { ...caller, projects: ["q"] })).rejects.toMatchObject({
    code: "CAP-NOT-FOUND-001",
  });
});

test("an artifact that is a table is read by pages, sorted and filtered; one that is none says so", async () => {
  const [run = ""] = ids;
  const keep = async (path: string, text: string): Promise<void> => {
    const { digest, sizeBytes } = await open.store.blobs.putBytes(Buffer.from(text));
    await tracking.putArtifact(run, path, { digest, sizeBytes }, caller);
  };
  await keep("rows.csv", `name,n,share\n${Array.from({ length: 250 }, (_, i) => `row ${i},${i},${i === 7 ? "50%_" : "5"}`).join("\n")}\n`);
  await keep("notes.txt", "no table\n");
  const page = await call("runs.table", { project: "p", run, path: "rows.csv", limit: "2", offset: "100" });
  expect(page).toMatchObject({ total: 250, offset: 100, columns: [{ name: "name" }, { name: "n", type: "BIGINT" }, { name: "share" }] });
  expect(page.rows).toEqual([
    ["row 100", 100, "5"],
    ["row 101", 101, "5"],
  ]);
  expect((await call("runs.table", { project: "p", run, path: "rows.csv", limit: "1", sort: "-n" })).rows).toEqual([["row 249", 249, "5"]]);
  expect(await call("runs.table", { project: "p", run, path: "rows.csv", q: "%_" })).toMatchObject({
    total: 1,
    rows: [["row 7", 7, "50%_"]],
  });
  expect(await call("runs.table", { project: "p", run, path: "rows.csv", q: "ROW 24'" })).toMatchObject({ total: 0, rows: [] });
  expect(await call("runs.table", { project: "p", run, path: "rows.csv", sort: 'n"; drop', limit: "1" })).toMatchObject({ total: 250 });
  await expect(call("runs.table", { project: "p", run, path: "notes.txt" })).rejects.toMatchObject({ code: "CAP-TRACK-003" });
  await expect(call("runs.table", { project: "q", run, path: "rows.csv" })).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
});

test("a run tells the datasets and logged models that its client described", async () => {
  const [, run = ""] = ids;
  await tracking.addInputs(
    run,
    {
      datasets: [
        {
          dataset: { name: "tiny", digest: "d1", sourceType: "local", source: "{}", schema: null, profile: null },
          tags: [{ key: "mlflow.data.context", value: "training" }],
        },
      ],
      models: [],
    },
    caller,
  );
  expect((await call("runs.get", { project: "p", run })).datasets).toEqual([
    { name: "tiny", digest: "d1", sourceType: "local", source: "{}", schema: null, profile: null, context: "training" },
  ]);
});
