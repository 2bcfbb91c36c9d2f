import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { person as caller } from "../../testing/person.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations } from "./migrations.ts";
import { createTrackingService, runSeals, type TrackingService } from "./service.ts";

let open: TestStore;
let tracking: TrackingService;
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
});
afterAll(() => open.close());

const newRun = async (more: object = {}) =>
  tracking.createRun(
    {
      project: "p",
      experimentId: await tracking.ensureExperiment("p", "e", caller),
      kind: "user",
      name: "amber-anchor",
      startedMs: 1000,
      ...more,
    },
    caller,
  );
const actionsOf = async (id: string) =>
  (
    await open.store.database.all<{ action: string }>(
      "select action from entry where subject_type = 'run' and subject_id = ? order by idx",
      [id],
    )
  ).map((one) => one.action);

describe("experiments", () => {
  test("Default is there, names are unique per project, two at once end with one", async () => {
    expect(await tracking.experiments.get("0")).toMatchObject({ name: "Default", project: "default", lifecycle: "active" });
    const both = await Promise.all([tracking.ensureExperiment("p", "twice", caller), tracking.ensureExperiment("p", "twice", caller)]);
    expect(both[0]).toBe(both[1]);
    await expect(tracking.experiments.create({ project: "p", name: "twice" }, caller)).rejects.toMatchObject({ code: "CAP-EXISTS-001" });
    expect(await tracking.ensureExperiment("q", "twice", caller)).not.toBe(both[0]);
  });
});

describe("a run", () => {
  test("is sealed at its end, and the seal is found again", async () => {
    const run = await newRun({ params: { lr: "0.1" }, tags: { team: "a" }, because: "01BECAUSE0000000000000000" });
    expect(run.id).toMatch(/^[0-9a-f]{32}$/);
    const blob = await open.store.blobs.putBytes(Buffer.from("model"));
    await tracking.logBatch(
      run.id,
      {
        metrics: Array.from({ length: 10_000 }, (_, i) => ({ key: "loss", step: i, timeMs: 1000 + i, value: 1 / (i + 1) })),
        params: { trees: "7" },
      },
      caller,
    );
    await tracking.putArtifact(run.id, "model/m.onnx", blob, caller);
    await tracking.addLinks(
      run.id,
      {
        inputs: [{ name: "rows", node: "data:flights@v1", digest: "a".repeat(64) }],
        outputs: [{ name: "model", node: `blob:${blob.digest}`, digest: blob.digest }],
      },
      caller,
    );
    const ended = await tracking.endRun(
      run.id,
      {
        status: "FINISHED",
        verdict: "pass",
        endedMs: 5000,
        resources: { wallSeconds: 4, cpuSeconds: 3.5, gpuSeconds: null, peakBytes: 10, waitSeconds: 0 },
      },
      caller,
    );
    expect(ended.seal).toMatch(/^[0-9a-f]{64}$/);
    expect(await tracking.verifySeal(run.id, true)).toMatchObject({ verdict: "pass", points: 10_000, artifacts: 1, computed: ended.seal });
    const found = await tracking.getRun(run.id);
    expect(found).toMatchObject({
      status: "FINISHED",
      verdict: "pass",
      params: { lr: "0.1", trees: "7" },
      resources: { cpuSeconds: 3.5 },
      inputs: [{ node: "data:flights@v1" }],
    });
    expect(found.metrics).toEqual([
      { key: "loss", step: 9999, timeMs: 10_999, value: 1e-4, points: 10_000, min: 1e-4, max: 1, nonFinite: 0 },
    ]);
    const entry = await open.store.database.find<{ n: number }>("select count(*) as n from metric_tail where run_id = ?", [run.id]);
    expect(entry?.n).toBe(0);
    expect((await tracking.history(run.id, "loss")).step.length).toBe(10_000);
  });

  test("changes after its seal are recorded, others are found", async () => {
    const run = await newRun();
    await tracking.logBatch(run.id, { metrics: [{ key: "auc", step: 0, timeMs: 1, value: 0.7 }] }, caller);
    const first = await tracking.endRun(run.id, { status: "FINISHED", endedMs: 2000 }, caller);
    await tracking.setTags(run.id, { note: "looked at" }, caller);
    await Promise.all([
      tracking.logBatch(run.id, { metrics: [{ key: "auc", step: 1, timeMs: 2, value: 0.8 }] }, caller),
      tracking.setTags(run.id, { other: "1" }, caller),
    ]);
    const now = await tracking.getRun(run.id);
    expect(now.seal).not.toBe(first.seal);
    expect(now.tags).toMatchObject({ note: "looked at", other: "1" });
    expect(now.metrics[0]).toMatchObject({ value: 0.8, points: 2 });
    expect(await tracking.verifySeal(run.id)).toMatchObject({ verdict: "pass" });
    await tracking.setTags(run.id, { other: "1" }, caller);
    expect((await tracking.getRun(run.id)).seal).toBe(now.seal);
    await open.store.database.commit([{ sql: "update tag set value = 'edited' where run_id = ? and key = 'note'", params: [run.id] }]);
    expect(await tracking.verifySeal(run.id)).toMatchObject({ verdict: "fail" });
    expect(await actionsOf(run.id)).toEqual(["run.ended", "run.changed", "run.changed", "run.changed"]);
  });

  test("an edited point is found", async () => {
    const run = await newRun();
    await tracking.logBatch(run.id, { metrics: [1, 2, 3].map((step) => ({ key: "k", step, timeMs: step, value: step })) }, caller);
    await tracking.endRun(run.id, { status: "FINISHED", endedMs: 2000 }, caller);
    const other = await newRun();
    await tracking.logBatch(other.id, { metrics: [1, 2, 4].map((step) => ({ key: "k", step, timeMs: step, value: step })) }, caller);
    await tracking.endRun(other.id, { status: "FINISHED", endedMs: 2000 }, caller);
    await open.store.database.commit([
      {
        sql: "update metric_block set data = (select data from metric_block where run_id = ?) where run_id = ?",
        params: [other.id, run.id],
      },
    ]);
    expect(await tracking.verifySeal(run.id)).toMatchObject({
      verdict: "fail",
      problems: ["a block of metric k holds other points than its digest says"],
    });
  });

  test("goes on when a client opens it again", async () => {
    const run = await newRun();
    const first = await tracking.endRun(run.id, { status: "FINISHED", endedMs: 2000 }, caller);
    await tracking.changeRun(run.id, { status: "RUNNING" }, caller);
    expect(await tracking.getRun(run.id)).toMatchObject({ status: "RUNNING", seal: null, sealBefore: first.seal });
    await tracking.logBatch(run.id, { params: { a: "1" } }, caller);
    const again = await tracking.endRun(run.id, { status: "FAILED", endedMs: 3000 }, caller);
    expect(again).toMatchObject({ status: "FAILED", sealBefore: first.seal });
    expect(await tracking.verifySeal(run.id)).toMatchObject({ verdict: "pass" });
  });

  test("of a step ends what its script left open", async () => {
    const step = await newRun({ kind: "step" });
    const [open, done] = [await newRun({ parentId: step.id }), await newRun({ parentId: step.id })];
    await tracking.endRun(done.id, { status: "KILLED", endedMs: 1500 }, caller);
    await tracking.endRun(step.id, { status: "FAILED", endedMs: 2000 }, caller);
    expect([(await tracking.getRun(open.id)).status, (await tracking.getRun(done.id)).status]).toEqual(["FAILED", "KILLED"]);
    expect(await tracking.verifySeal(open.id)).toMatchObject({ verdict: "pass" });
  });

  test("batches at the moment of the end are inside the seal or recorded after it", async () => {
    const run = await newRun();
    const logs = Array.from({ length: 40 }, (_, i) =>
      tracking.logBatch(run.id, { metrics: [{ key: "k", step: i, timeMs: i, value: i }] }, caller),
    );
    await Promise.all([...logs, tracking.endRun(run.id, { status: "FINISHED", endedMs: 2000 }, caller)]);
    expect((await tracking.history(run.id, "k")).step.length).toBe(40);
    expect(await tracking.verifySeal(run.id)).toMatchObject({ verdict: "pass", points: 40 });
  });
});

describe("params, tags, metrics", () => {
  test("a param keeps its value, and a refused batch leaves nothing", async () => {
    const run = await newRun({ params: { a: "1" } });
    await tracking.logBatch(run.id, { params: { a: "1" } }, caller);
    await expect(
      tracking.logBatch(
        run.id,
        { params: { a: "2", b: "1" }, metrics: [{ key: "m", step: 0, timeMs: 0, value: 1 }], tags: { t: "1" } },
        caller,
      ),
    ).rejects.toMatchObject({ code: "CAP-TRACK-001" });
    const found = await tracking.getRun(run.id);
    expect([found.params, found.metrics, found.tags["t"]]).toEqual([{ a: "1" }, [], undefined]);
    await tracking.setTags(run.id, { t: "1" }, caller);
    await tracking.setTags(run.id, { t: "2" }, caller);
    expect((await tracking.getRun(run.id)).tags["t"]).toBe("2");
  });

  test("the latest value is greatest by step, time and value; NaN counts as 0; repeats are read once", async () => {
    const run = await newRun();
    const point = (step: number, timeMs: number, value: number) => ({ metrics: [{ key: "m", step, timeMs, value }] });
    for (const [step, time, value] of [
      [1, 5, 2],
      [1, 5, 3],
      [0, 9, 99],
      [1, 5, 1],
      [1, 5, 3],
    ] as const)
      await tracking.logBatch(run.id, point(step, time, value), caller);
    expect((await tracking.latestMetrics(run.id))[0]).toMatchObject({ step: 1, timeMs: 5, value: 3 });
    await tracking.logBatch(run.id, point(2, 0, -1), caller);
    await tracking.logBatch(run.id, point(2, 0, NaN), caller);
    expect((await tracking.latestMetrics(run.id))[0]).toMatchObject({ step: 2, value: NaN, min: -1, max: 99, nonFinite: 1 });
    await tracking.logBatch(run.id, point(2, 0, Infinity), caller);
    expect((await tracking.latestMetrics(run.id))[0]).toMatchObject({ value: Infinity });
    const history = await tracking.history(run.id, "m");
    expect([...history.timeMs]).toEqual([0, 0, 0, 5, 5, 5, 9]);
  });

  test("curves are packed while they grow and read the same", async () => {
    const run = await newRun();
    for (let batch = 0; batch < 12; batch++) {
      await tracking.logBatch(
        run.id,
        {
          metrics: Array.from({ length: 1000 }, (_, i) => ({
            key: "loss",
            step: batch * 1000 + i,
            timeMs: batch * 1000 + i,
            value: Math.sin(i),
          })),
        },
        caller,
      );
    }
    await tracking.idle();
    const blocks = await open.store.database.find<{ n: number }>("select count(*) as n from metric_block where run_id = ?", [run.id]);
    expect(blocks?.n).toBeGreaterThanOrEqual(1);
    const history = await tracking.history(run.id, "loss");
    expect([...history.step]).toEqual(Array.from({ length: 12_000 }, (_, i) => i));
    const series = (await tracking.seriesOfRuns("p", [run.id], ["loss"])).get(run.id) ?? [];
    const [columns] = await Array.fromAsync(tracking.charts(series, 100, {}));
    if (!columns) throw new Error("there is no curve");
    expect(columns).toMatchObject({ exact: false, points: 12_000, nonFinite: 0 });
    expect(columns.step.length).toBe(100);
    expect(columns.count.reduce((a, b) => a + b)).toBe(12_000);
    expect(Math.max(...columns.max)).toBe(Math.max(...history.value));
    const [part] = await Array.fromAsync(tracking.charts(series, 100, { fromStep: 5000, toStep: 5049 }));
    expect([part?.exact, part?.step.length, part?.step[0]]).toEqual([true, 50, 5000]);
  });

  test("an unknown or deleted run takes nothing", async () => {
    await expect(tracking.logBatch("0".repeat(32), { tags: { a: "1" } }, caller)).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
    const run = await newRun();
    await tracking.changeRun(run.id, { lifecycle: "deleted" }, caller);
    await expect(tracking.logBatch(run.id, { tags: { a: "1" } }, caller)).rejects.toMatchObject({ code: "CAP-STATE-001" });
    await tracking.changeRun(run.id, { lifecycle: "active" }, caller);
    await tracking.logBatch(run.id, { tags: { a: "1" } }, caller);
  });

  test("no path leads out of a run", async () => {
    const run = await newRun();
    const blob = await open.store.blobs.putBytes(Buffer.from("x"));
    for (const path of [
      "../a",
      "a/../../b",
      "/etc/passwd",
      "a\\..\\b",
      "%2e%2e/a",
      "%252e%252e/a",
      "C:/a",
      "file:/a",
      "a#b",
      "",
      "a//b",
      "a\u0000b",
    ]) {
      await expect(tracking.putArtifact(run.id, path, blob, caller), path).rejects.toMatchObject({ code: "CAP-TRACK-002" });
    }
    await tracking.putArtifact(run.id, "plots/roc curve.png", blob, caller);
    await tracking.putArtifact(run.id, "a.txt", blob, caller);
    expect(await tracking.listArtifacts(run.id)).toEqual([
      { path: "a.txt", folder: false, sizeBytes: 1, digest: blob.digest },
      { path: "plots", folder: true, sizeBytes: null, digest: null },
    ]);
    expect(await tracking.listArtifacts(run.id, "plots")).toMatchObject([{ path: "plots/roc curve.png" }]);
  });
});

describe("the ledger", () => {
  test("a run put back to an earlier state, seal included, is found", async () => {
    const run = await newRun();
    const first = await tracking.endRun(run.id, { status: "FINISHED", endedMs: 2000 }, caller);
    await tracking.setTags(run.id, { verdict: "bad" }, caller);
    const { database } = open.store;
    await database.commit([
      { sql: "delete from tag where run_id = ? and key = 'verdict'", params: [run.id] },
      {
        sql: "update run set seal = ?, seal_entry = ?, sealed_ms = ?, seal_before = null where id = ?",
        params: [first.seal, first.sealEntry, first.sealedMs, run.id],
      },
    ]);
    await open.store.recorder.signed();
    expect((await tracking.verifySeal(run.id)).problems[0]).toMatch(/entry \d+ about the run is newer/);
    const all = await runSeals(tracking, open.store).check({ deep: false });
    expect(all.problems.some((one) => one.includes(run.id.slice(0, 8)))).toBe(true);
  });
});

describe("lists", () => {
  test("are newest first, by kind and parent, page by page", async () => {
    const experimentId = await tracking.ensureExperiment("p", "paged", caller);
    for (let i = 0; i < 25; i++)
      await newRun({ experimentId, name: `r-${i}`, startedMs: 1000 + Math.floor(i / 2), kind: i % 5 === 0 ? "check" : "step" });
    const filter = { projects: ["p"], experimentIds: [experimentId] };
    const seen: string[] = [];
    let cursor: { startedMs: number; id: string } | undefined;
    for (;;) {
      const page = await tracking.listRuns(filter, 7, cursor);
      if (page.length === 0) break;
      seen.push(...page.map((run) => run.id));
      cursor = page[page.length - 1];
    }
    expect(new Set(seen).size).toBe(25);
    expect(await tracking.countRuns({ ...filter, kinds: ["check"] })).toBe(5);
    expect(await tracking.countRuns({ ...filter, q: "r-2" })).toBe(6);
    expect(await tracking.listRuns({ ...filter, q: "100%" }, 10)).toEqual([]);
  });
});
