import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ada as caller, type ImportWorld, openImportWorld } from "../../testing/import-world.ts";
import { filledTraces, fillMlflowDatabase, fillMlflowTraces, runIdOf, writeFiles } from "../../testing/mlflow-sources.ts";
import type { MlflowSource } from "./model.ts";

let world: ImportWorld;
let { here, tracking, folder, file, database, close } = {} as ImportWorld;

beforeEach(async () => {
  world = await openImportWorld();
  ({ here, tracking, folder, file, database, close } = world);
  fillMlflowDatabase(database, folder, 3);
});
afterEach(() => close());

/** An import, and whose curves it read. */
async function bring(from = file, { again = false, plan = false } = {}) {
  const read: string[] = [];
  const wrap = (source: MlflowSource): MlflowSource => ({
    ...source,
    wholeTraces(page) {
      read.push(...page.map((trace) => trace.id));
      return source.wholeTraces(page);
    },
    whole(runs) {
      read.push(...runs.map((run) => run.id));
      return source.whole(runs);
    },
  });
  return { read, result: await world.bring(from, { plan, again, wrap }) };
}

test("of a database the second import reads no curve, and says so", async () => {
  const first = await bring();
  expect([first.read.length, first.result.unread]).toEqual([3, {}]);
  const second = await bring();
  expect(second.read).toEqual([]);
  expect(second.result).toMatchObject({ taken: {}, same: { runs: 3 }, unread: { runs: 3 }, found: { runs: 3 }, entry: null });
  expect(second.result.found).not.toHaveProperty("metric points");
  // What was taken as unchanged is no part of what was compared.
  expect(second.result.digest).not.toBe(first.result.digest);
  const third = await bring(undefined, { again: true });
  expect([third.read.length, third.result.unread, third.result.digest]).toEqual([3, {}, first.result.digest]);
});

test("whatever is added to an ended run of a database is seen: a point that is older than the latest, a tag, a file", async () => {
  await bring();
  database.exec(`insert into metrics values ('loss', 5, 1, '${runIdOf(2)}', -9, 0)`);
  const one = await bring();
  expect([one.read, one.result.updated]).toEqual([[runIdOf(2)], { runs: 1 }]);
  expect((await tracking.history(runIdOf(2), "loss")).step[0]).toBe(-9);
  database.exec(`insert into tags values ('later', 'x', '${runIdOf(3)}')`);
  writeFiles(join(folder, "mlruns", "7", runIdOf(1), "artifacts"), { "more.txt": "more" });
  const two = await bring();
  expect([two.read, two.result.updated, two.result.differing]).toEqual([[runIdOf(1), runIdOf(3)], { runs: 2 }, 0]);
  expect((await bring()).read).toEqual([]);
});

test("a run is read again that is not here any more, that was not compared, or of which something could not come", async () => {
  database.exec(`insert into metrics values ('loss', 5, 1, '${runIdOf(2)}', ${2 ** 53}, 0)`);
  const lost = { what: "metric points", count: 1, why: expect.any(String) };
  for (let n = 0; n < 2; n++) {
    const { read, result } = await bring();
    expect(read).toContain(runIdOf(2));
    expect(result.left).toContainEqual(lost);
  }
  expect((await bring()).read).toEqual([runIdOf(2)]);
  await here.store.database.commit([{ sql: "update imported set mark = null where source_id = ?", params: [runIdOf(3)] }]);
  expect((await bring()).read).toEqual([runIdOf(2), runIdOf(3)]);
  expect((await bring()).read).toEqual([runIdOf(2)]);
  await tracking.setTags(runIdOf(3), { mine: "1" }, caller);
  await here.store.database.commit([{ sql: "update imported set mark = null where source_id = ?", params: [runIdOf(3)] }]);
  // It was changed here: that it is what the source said can no longer be shown.
  for (let n = 0; n < 2; n++) expect((await bring()).read).toEqual([runIdOf(2), runIdOf(3)]);
  await tracking.changeImported(runIdOf(3), { run: { lifecycle: "deleted" } }, caller);
  await tracking.eraseRuns("default", [runIdOf(3)], caller, false);
  const last = await bring();
  expect([last.read, last.result.taken]).toMatchObject([[runIdOf(2), runIdOf(3)], { runs: 1 }]);
});

test("of an mlruns folder only those runs are read whose files of metrics are others", async () => {
  const root = join(folder, "runs");
  const of = (n: number) => join(root, "5", runIdOf(n));
  writeFiles(join(root, "5"), {
    "meta.yaml": "experiment_id: '5'\nname: files\nlifecycle_stage: active\ncreation_time: 1\nlast_update_time: 1\n",
  });
  writeFiles(join(root, ".trash"), { none: "" });
  for (const n of [1, 2])
    writeFiles(of(n), {
      "meta.yaml": `run_id: ${runIdOf(n)}\nrun_name: r\nexperiment_id: '5'\nuser_id: ada\nstatus: 3\nstart_time: 10\nend_time: 20\nlifecycle_stage: active\nartifact_uri: ${join(of(n), "artifacts")}\n`,
      "metrics/loss": "10 0.5 1\n",
      "params/depth": "6",
    });
  expect((await bring(root)).result).toMatchObject({ taken: { runs: 2 }, differing: 0 });
  expect((await bring(root)).read).toEqual([]);
  appendFileSync(join(of(2), "metrics", "loss"), "5 0.9 0\n");
  const { read, result } = await bring(root);
  expect([read, result.updated, result.unread]).toEqual([[runIdOf(2)], { runs: 1 }, { runs: 1 }]);
  expect((await tracking.history(runIdOf(2), "loss")).step).toHaveLength(2);
});

test("a plan says what would not be read again, and notes nothing", async () => {
  await bring();
  const { read, result } = await bring(undefined, { plan: true });
  expect([read, result.unread, result.digest]).toEqual([[], { runs: 3 }, null]);
});

test("a trace that has ended is read again when something of it or its spans is another", async () => {
  fillMlflowTraces(database, folder);
  const [ended, going] = filledTraces;
  await bring();
  const second = await bring();
  expect([second.read, second.result.unread]).toEqual([[going], { runs: 3, traces: 1 }]);
  expect(second.result).toMatchObject({ found: { traces: 2 }, same: { traces: 2 }, entry: null });
  expect((await bring(undefined, { again: true })).result.unread).toEqual({});
  for (const change of [
    `insert into trace_tags values ('later', 'x', '${ended}')`,
    `insert into entity_associations values ('e9', 'trace', '${ended}', 'run', '${runIdOf(3)}', 1)`,
    `update assessments set rationale = 'other' where assessment_id = 'a-2'`,
    `update spans set content = replace(content, '"step"', '"another"') where trace_id = '${ended}'`,
  ]) {
    database.exec(change);
    const { read, result } = await bring();
    expect([read, result.updated, result.differing]).toEqual([[ended, going], { traces: 1 }, 0]);
  }
  database.exec(`update trace_info set status = 'OK' where request_id = '${going}'`);
  expect((await bring()).read).toEqual([going]);
  expect((await bring()).read).toEqual([]);
});
