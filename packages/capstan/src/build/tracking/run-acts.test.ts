import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { statement } from "../../base/storage/database.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations } from "./migrations.ts";
import type { FullRun } from "./model.ts";
import { runActHandlers } from "./run-acts.ts";
import { createTrackingService, type TrackingService } from "./service.ts";

const caller: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set(["log", "admin"]) };
const hourMs = 3_600_000;
let nowMs: number;
let here: TestStore;
let tracking: TrackingService;
let acts: ReturnType<typeof runActHandlers>;
let [a, b] = ["", ""];

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  here = await openTestStore(trackingMigrations, { clock: { nowMs: () => nowMs } });
  tracking = createTrackingService({ store: here.store });
  acts = runActHandlers(tracking);
  a = await tracking.ensureExperiment("default", "a", caller);
  b = await tracking.ensureExperiment("default", "b", caller);
});
afterEach(async () => {
  await tracking.idle();
  await here.close();
});

async function run(name: string, ended = true, experimentId = a): Promise<FullRun> {
  const made = await tracking.createRun(
    { project: "default", experimentId, kind: "user", name, startedMs: nowMs, params: { depth: "6" } },
    caller,
  );
  await tracking.logBatch(made.id, { metrics: [{ key: "loss", step: 0, timeMs: nowMs, value: 1 }] }, caller);
  const dataset = { name: "flights", digest: "abc", sourceType: "local", source: "{}", schema: null, profile: null };
  await tracking.addInputs(made.id, { datasets: [{ dataset, tags: [] }] }, caller);
  if (ended) await tracking.endRun(made.id, { status: "FINISHED", endedMs: nowMs + 1000 }, caller);
  return tracking.getRun(made.id);
}
const verdict = async (id: string) => (await tracking.verifySeal(id, true)).verdict;
const rows = async (table: string, id: string): Promise<number> =>
  (await here.store.database.find<{ n: number }>(`select count(*) as n from ${table} where run_id = ?`, [id]))?.n ?? -1;
const actions = async (type: string, id: string): Promise<string[]> =>
  (
    await here.store.database.all<{ action: string }>("select action from entry where subject_type = ? and subject_id = ? order by idx", [
      type,
      id,
    ])
  ).map((row) => row.action);

test("runs move to another experiment with their datasets, sealed or open, and stay proven", async () => {
  const [sealed, open] = [await run("sealed"), await run("open", false)];
  const bin = await here.store.blobs.putBytes(Buffer.from("x"));
  await tracking.putArtifact(open.id, "x.txt", bin, caller);
  expect(await acts["runs.move"]({ project: "default", runs: [sealed.id, open.id], experiment: "b" }, caller)).toEqual({
    runs: [sealed.id, open.id],
    experiment: b,
  });
  const moved = await tracking.getRun(sealed.id);
  expect([moved.experimentId, moved.sealBefore, moved.datasets.length]).toEqual([b, sealed.seal, 1]);
  expect(await verdict(sealed.id)).toBe("pass");
  expect(await tracking.datasetSummaries([b], 10)).toMatchObject([{ experimentId: b, name: "flights" }]);
  await tracking.endRun(open.id, { status: "FINISHED", endedMs: nowMs }, caller);
  expect(await verdict(open.id)).toBe("pass");
  expect(
    (await tracking.searchRuns({ experimentIds: [a, b], filter: "", orderBy: [], limit: 10, view: "active" } as never)).runs.map(
      (one) => one.experimentId,
    ),
  ).toEqual([b, b]);
  await tracking.experiments.change(a, { lifecycle: "deleted" }, caller);
  await expect(acts["runs.move"]({ project: "default", runs: [open.id], experiment: "a" }, caller)).rejects.toMatchObject({
    code: "CAP-STATE-001",
  });
});

test("a run whose artifacts lie where its experiment says does not move to another place", async () => {
  const elsewhere = await tracking.experiments.create({ project: "default", name: "far", artifactLocation: "file:///far" }, caller);
  const one = await run("one");
  await expect(tracking.moveRuns([one.id], elsewhere, caller)).rejects.toMatchObject({ code: "CAP-STATE-001" });
});

test("tags of several runs change together; what is so already is no change", async () => {
  const [one, two] = [await run("one"), await run("two", false)];
  const order = { project: "default", runs: [one.id, two.id], set: { team: "x" }, remove: ["none"] };
  expect(await acts["runs.tags"](order, caller)).toEqual({ runs: [one.id, two.id] });
  expect(await acts["runs.tags"](order, caller)).toEqual({ runs: [] });
  expect((await acts["runs.tags"]({ ...order, set: {}, remove: ["team"] }, caller)).runs).toHaveLength(2);
  expect(await verdict(one.id)).toBe("pass");
  await expect(acts["runs.tags"]({ ...order, runs: [one.id, "f".repeat(32)] }, caller)).rejects.toMatchObject({
    code: "CAP-NOT-FOUND-001",
  });
});

test("erasing leaves nothing but its trace in the record; ids and names are free again", async () => {
  const [one, kept] = [await run("one"), await run("kept")];
  await expect(acts["runs.erase"]({ project: "default", runs: [one.id], plan: false }, caller)).rejects.toMatchObject({
    code: "CAP-STATE-001",
  });
  for (const id of [one.id, kept.id]) await tracking.changeRun(id, { lifecycle: "deleted" }, caller);
  // A model version rests on the other.
  await here.store.recorder.commit(
    here.store.recorder.lineage([], [{ from: "model:m@v1", to: `run:${kept.id}`, relation: "made by" }], "default"),
    [],
  );
  expect((await acts["runs.erase"]({ project: "default", runs: [one.id], plan: true }, caller)).runs).toEqual([one.id]);
  expect(await acts["runs.erase"]({ project: "default", runs: [one.id, kept.id], plan: false }, caller)).toEqual({
    runs: [one.id],
    held: [{ run: kept.id, by: "model:m@v1" }],
  });
  expect(await tracking.findRun(one.id)).toBeUndefined();
  for (const table of ["param", "tag", "metric_latest", "metric_block", "dataset_input"])
    expect([table, await rows(table, one.id)]).toEqual([table, 0]);
  expect(await actions("run", one.id)).toEqual(["run.ended", "run.changed", "run.erased"]);
  await tracking.createRun({ project: "default", experimentId: b, kind: "user", name: "again", startedMs: nowMs, id: one.id }, caller);

  await expect(acts["experiments.erase"]({ project: "default", experiment: "a", plan: false }, caller)).rejects.toMatchObject({
    code: "CAP-STATE-001",
  });
  await acts["experiments.delete"]({ project: "default", experiment: "a" }, caller);
  expect(await acts["experiments.erase"]({ project: "default", experiment: "a", plan: false }, caller)).toMatchObject({
    held: [{ run: kept.id }],
  });
  expect((await tracking.experiments.findByName("default", "a"))?.lifecycle).toBe("deleted");
  await here.store.database.commit([statement("delete from lineage_edge where to_id = ?", `run:${kept.id}`)]);
  expect(await acts["experiments.erase"]({ project: "default", experiment: "a", plan: true }, caller)).toMatchObject({ runs: 1, held: [] });
  expect(await acts["experiments.erase"]({ project: "default", experiment: "a", plan: false }, caller)).toMatchObject({
    runs: 1,
    held: [],
  });
  expect(await tracking.experiments.findByName("default", "a")).toBeUndefined();
  expect(await actions("experiment", a)).toEqual(["experiment.created", "experiment.changed", "experiment.erased"]);
  expect(await tracking.experiments.create({ project: "default", name: "a" }, caller)).not.toBe("");
});

test("a run without contact for 24 h is sealed as it is, and open again with its client's next word", async () => {
  const [silent, busy] = [await run("silent", false), await run("busy", false)];
  expect(await tracking.sealStaleRuns()).toEqual([]);
  for (let hour = 1; hour < 24; hour++) {
    nowMs += hourMs;
    await tracking.logBatch(busy.id, { metrics: [{ key: "loss", step: hour, timeMs: nowMs, value: hour }] }, caller);
    expect(await tracking.sealStaleRuns()).toEqual([]);
  }
  nowMs += hourMs;
  expect(await tracking.sealStaleRuns()).toEqual([silent.id]);
  const stale = await tracking.getRun(silent.id);
  expect([stale.status, stale.endedMs, stale.seal === null]).toEqual(["RUNNING", null, false]);
  expect(await verdict(silent.id)).toBe("pass");
  expect(await tracking.sealStaleRuns()).toEqual([]);

  await tracking.logBatch(silent.id, { metrics: [{ key: "loss", step: 9, timeMs: nowMs, value: 9 }], params: { late: "1" } }, caller);
  expect((await tracking.getRun(silent.id)).seal).toBeNull();
  await tracking.endRun(silent.id, { status: "FINISHED", endedMs: nowMs }, caller);
  expect(await tracking.getRun(silent.id)).toMatchObject({ status: "FINISHED", sealBefore: stale.seal, params: { depth: "6", late: "1" } });
  expect(await verdict(silent.id)).toBe("pass");
  expect(await actions("run", silent.id)).toEqual(["run.stale", "run.changed", "run.ended"]);
});

test("a recorded change is told from one behind the program's back", async () => {
  const one = await run("one");
  await tracking.setTags(one.id, { note: "later" }, caller);
  expect(await verdict(one.id)).toBe("pass");
  const { database } = here.store;
  const edits: [string, string][] = [
    [
      "update tag set value = 'other' where run_id = ? and key = 'note'",
      "update tag set value = 'later' where run_id = ? and key = 'note'",
    ],
    ["update param set value = '7' where run_id = ?", "update param set value = '6' where run_id = ?"],
    ["update run set name = 'two' where id = ?", "update run set name = 'one' where id = ?"],
    ["update run set started_ms = started_ms + 1 where id = ?", "update run set started_ms = started_ms - 1 where id = ?"],
  ];
  for (const [edit, back] of edits) {
    await database.commit([statement(edit, one.id)]);
    const found = await tracking.verifySeal(one.id);
    expect([edit, found.verdict, found.problems]).toEqual([edit, "fail", ["what the run holds is not what its seal was computed from"]]);
    await database.commit([statement(back, one.id)]);
    expect(await verdict(one.id)).toBe("pass");
  }
  // An old state with its old seal, put back whole: the ledger knows of a newer one.
  await database.commit([
    statement("delete from tag where run_id = ? and key = 'note'", one.id),
    statement("update run set seal = ?, seal_entry = ?, seal_before = null where id = ?", one.seal, one.sealEntry, one.id),
  ]);
  // Once the newer one has its place in the ledger, which several processes on one database give it a moment later.
  await expect.poll(() => tracking.verifySeal(one.id)).toMatchObject({ verdict: "fail", problems: [expect.stringContaining("newer")] });
});
