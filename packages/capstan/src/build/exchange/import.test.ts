import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ada, type ImportWorld, openImportWorld } from "../../testing/import-world.ts";
import {
  filledEvaluationDataset,
  filledTraces,
  fillMlflowDatabase,
  fillMlflowEvaluation,
  fillMlflowTraces,
  runIdOf,
  writeFiles,
} from "../../testing/mlflow-sources.ts";
import { exportMlflow } from "./export/export.ts";
import type { MlflowSource } from "./model.ts";
import { openSource } from "./sources/open.ts";

const caller = ada;
let { here, tracking, registry, folder, file, database, bring, entries, close } = {} as ImportWorld;

beforeEach(async () => void ({ here, tracking, registry, folder, file, database, bring, entries, close } = await openImportWorld()));
afterEach(() => close());

test("everything of a database comes with its ids and times, is sealed, and what cannot come is named", async () => {
  fillMlflowDatabase(database, folder, 3);
  const planned = await bring(file, { plan: true });
  expect(await tracking.countRuns({ lifecycle: "all" })).toBe(0);
  const result = await bring(file);
  expect(planned.taken).toEqual(result.taken);
  expect(result).toMatchObject({
    taken: {
      experiments: 1,
      runs: 3,
      "metric points": 62,
      "artifact files": 2,
      "logged models": 1,
      "registered models": 1,
      "model versions": 1,
    },
    same: {},
    conflicts: [],
    differing: 0,
  });
  expect(result.left).toEqual([
    { what: "aliases", count: 1, why: expect.stringContaining("release") },
    { what: "scorers", count: 1, why: expect.any(String) },
  ]);
  expect(await tracking.experiments.get("7")).toMatchObject({ name: "alpha", createdMs: 1000, updatedMs: 2000, tags: { team: "a" } });
  const run = await tracking.getRun(runIdOf(1));
  expect(run).toMatchObject({
    experimentId: "7",
    by: "ada",
    status: "FINISHED",
    startedMs: 10_001,
    endedMs: 20_001,
    parentId: runIdOf(2),
    params: { depth: "1" },
    models: [{ direction: "outputs", modelId: `m-${runIdOf(1)}`, step: 3 }],
  });
  expect(run.tags["capstan.importedFrom"]).toBe(file);
  expect(run.datasets[0]).toMatchObject({ dataset: { name: "flights", schema: null }, tags: [{ value: "training" }] });
  expect((await tracking.history(run.id, "loss")).step).toEqual(Float64Array.from({ length: 20 }, (_, i) => i));
  expect((await tracking.artifacts(run.id)).map((one) => one.path)).toEqual(["plots/a b.txt", "report.txt"]);
  expect(await tracking.verifySeal(run.id, true)).toMatchObject({ verdict: "pass", points: 22, artifacts: 2 });
  const [version] = await registry.versions("default", "late");
  expect(version).toMatchObject({ number: 3, createdMs: 6500, runId: run.id, label: { stage: "Production", loggedModel: `m-${run.id}` } });
  expect(version?.label.location).toBe(`mlflow-artifacts:/7/models/m-${run.id}/artifacts`);
  expect(await registry.aliases("default", "late")).toMatchObject([{ alias: "champion", number: 3 }]);
  expect(await tracking.files.below(`7/models/m-${run.id}/artifacts`)).toHaveLength(2);
  expect([await entries("run.imported"), await entries("mlflow.imported")]).toEqual([3, 1]);
});

test("an evaluation dataset comes with its records, once; webhooks and scorers are named", async () => {
  fillMlflowDatabase(database, folder, 1);
  fillMlflowEvaluation(database);
  const result = await bring(file);
  expect(result).toMatchObject({ taken: { "evaluation datasets": 1, "evaluation records": 2 }, conflicts: [], differing: 0 });
  expect(result.left.map((one) => [one.what, one.count])).toEqual([
    ["aliases", 1],
    ["scorers", 1],
    ["webhooks", 1],
  ]);
  const { datasets } = tracking.evaluation;
  expect(await datasets.get(filledEvaluationDataset)).toMatchObject({
    name: "questions",
    profile: '{"num_records": 2}',
    createdMs: 8000,
    updatedMs: 8100,
    createdBy: "ada",
    updatedBy: "zoe",
    tags: { team: "a" },
    experimentIds: ["7"],
  });
  const [first, second] = await datasets.records(filledEvaluationDataset, 10, "");
  expect(first).toMatchObject({ createdMs: 8010, updatedMs: 8020, createdBy: "ada" });
  expect(first?.content).toEqual({
    inputs: { q: "why?", k: 1.5 },
    outputs: ["42", null],
    expectations: { answer: "42" },
    tags: { hard: "yes" },
    source: { source_type: "HUMAN", source_data: { user_name: "ada" } },
  });
  expect(second?.content).toEqual({ inputs: { q: "how?" } });
  expect(await bring(file)).toMatchObject({ taken: {}, same: { "evaluation datasets": 1 }, entry: null });
  database.exec(`update evaluation_dataset_records set expectations = '{"answer": "43"}'`);
  expect(await bring(file)).toMatchObject({ updated: { "evaluation datasets": 1 }, differing: 0 });
  await datasets.setTags(filledEvaluationDataset, { mine: "1" });
  expect(await bring(file)).toMatchObject({ same: { "evaluation datasets": 1 } });
  database.exec("update evaluation_dataset_tags set value = 'b'");
  expect((await bring(file)).conflicts).toMatchObject([{ noun: "evaluation dataset", code: "CAP-EXISTS-001" }]);
});

test("a second import brings only what is new, and brings up to date what went on at the source", async () => {
  fillMlflowDatabase(database, folder, 3);
  database.exec(`update runs set status = 'RUNNING', end_time = null where run_uuid = '${runIdOf(2)}'`);
  await bring(file);
  expect(await tracking.getRun(runIdOf(2))).toMatchObject({ status: "RUNNING", seal: null });
  const again = await bring(file);
  expect([again.taken, again.updated, again.entry]).toEqual([{}, {}, null]);
  database.exec(`
    insert into runs select '${runIdOf(9)}', 'run 9', user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id from runs where run_uuid = '${runIdOf(1)}';
    update runs set status = 'FINISHED', end_time = 30000 where run_uuid = '${runIdOf(2)}';
    insert into metrics values ('loss', 9, 99999, '${runIdOf(2)}', 20, 0), ('loss', 9, 99999, '${runIdOf(3)}', 20, 0);
    insert into tags values ('later', 'x', '${runIdOf(3)}');
    insert into model_versions values ('late', 4, 6600, 6600, null, 'None', 'runs:/${runIdOf(1)}/plots', '${runIdOf(1)}', null, null);`);
  const third = await bring(file);
  expect(third).toMatchObject({
    taken: { runs: 1, "model versions": 1 },
    updated: { runs: 2, "registered models": 1 },
    conflicts: [],
    differing: 0,
  });
  expect(await tracking.getRun(runIdOf(2))).toMatchObject({ status: "FINISHED", endedMs: 30_000, seal: expect.any(String) });
  for (const n of [2, 3]) {
    expect((await tracking.history(runIdOf(n), "loss")).step).toHaveLength(21);
    expect(await tracking.verifySeal(runIdOf(n))).toMatchObject({ verdict: "pass" });
  }
  expect((await registry.get("default", "late", "v4")).label.location).toBe(`runs:/${runIdOf(1)}/plots`);
});

test("an import that is stopped in the middle goes on, and nothing is there twice", async () => {
  fillMlflowDatabase(database, folder, 160);
  const stop = new AbortController();
  const stopping = (source: MlflowSource): MlflowSource => ({
    ...source,
    async *runs(experiments) {
      let pages = 0;
      for await (const page of source.runs(experiments)) {
        if (++pages === 3) stop.abort();
        yield page;
      }
    },
  });
  await expect(bring(file, { wrap: stopping, signal: stop.signal })).rejects.toThrow();
  const before = await tracking.countRuns({});
  expect([before > 0, before < 160]).toEqual([true, true]);
  const result = await bring(file);
  expect(result).toMatchObject({ taken: { runs: 160 - before }, same: { runs: before, experiments: 1 }, differing: 0, conflicts: [] });
  expect(await tracking.countRuns({})).toBe(160);
  expect(await entries("run.imported")).toBe(160);
});

test("what was changed on both sides, and a name that is taken, are reported and left", async () => {
  fillMlflowDatabase(database, folder, 2);
  await registry.catalogue.create({ project: "default", model: "late", description: null, tags: {} }, caller);
  await bring(file);
  await tracking.setTags(runIdOf(1), { mine: "1" }, caller);
  expect((await bring(file)).conflicts).toMatchObject([{ noun: "registered model", code: "CAP-EXISTS-001" }]);
  database.exec(`insert into tags values ('theirs', '2', '${runIdOf(1)}')`);
  expect((await bring(file)).conflicts).toMatchObject([
    { noun: "run", id: runIdOf(1), code: "CAP-EXISTS-001" },
    { noun: "registered model", id: "late" },
  ]);
  expect((await tracking.getRun(runIdOf(1))).tags).toMatchObject({ mine: "1" });
  expect((await tracking.getRun(runIdOf(1))).tags["theirs"]).toBeUndefined();
});

test("no place leads out of the source", async () => {
  fillMlflowDatabase(database, folder, 2);
  const outside = mkdtempSync(join(tmpdir(), "capstan-outside-"));
  try {
    writeFiles(join(outside, runIdOf(2), "artifacts"), { secret: "s" });
    const inside = join(folder, "mlruns", "7", runIdOf(1), "artifacts");
    symlinkSync(join(outside, runIdOf(2), "artifacts", "secret"), join(inside, "link"));
    symlinkSync(outside, join(inside, "folder"));
    writeFileSync(join(inside, "%2e%2e%2fup"), "x");
    database.exec(`update runs set artifact_uri = '${join(outside, runIdOf(2), "artifacts")}' where run_uuid = '${runIdOf(2)}'`);
    const result = await bring(file);
    expect(result.left).toEqual(
      expect.arrayContaining([
        { what: "artifact files", count: 2, why: "it is a link" },
        { what: "artifact files", count: 1, why: "its name could mean another place" },
        { what: "artifacts of runs", count: 1, why: expect.stringContaining("out of reach") },
      ]),
    );
    expect(await tracking.artifacts(runIdOf(2))).toEqual([]);
    // A place that MLflow would not make is not read, even below the source.
    database.exec(`update runs set artifact_uri = '${folder}' where run_uuid = '${runIdOf(2)}'`);
    expect((await bring(file)).left).toEqual(expect.arrayContaining([expect.objectContaining({ what: "artifacts of runs", count: 1 })]));
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
});

test("an mlruns folder comes with its trash, and long ids get numbers here", async () => {
  const root = join(folder, "mlruns");
  const id = runIdOf(5);
  const experiment = "103350784593689435";
  writeFiles(root, {
    "0/meta.yaml": "experiment_id: '0'\nname: Default\nlifecycle_stage: active\ncreation_time: 1\nlast_update_time: 1\n",
    [`${experiment}/meta.yaml`]: `experiment_id: '${experiment}'\nname: alpha\nlifecycle_stage: active\ncreation_time: 5\nlast_update_time: 6\n`,
    [`${experiment}/tags/team`]: "a",
    [`${experiment}/${id}/meta.yaml`]: `run_id: ${id}\nexperiment_id: '${experiment}'\nrun_name: first\nuser_id: ada\nstatus: 3\nstart_time: 10\nend_time: 20\nlifecycle_stage: active\nartifact_uri: file:///elsewhere\n`,
    [`${experiment}/${id}/params/path/depth`]: "6",
    [`${experiment}/${id}/tags/mlflow.runName`]: "first",
    [`${experiment}/${id}/metrics/deep/auc`]: "10 0.5 0\n11 nan 1\n12 -inf 2\n12 -inf 2\n",
    [`${experiment}/${id}/artifacts/a/b.txt`]: "b",
    [`.trash/44/meta.yaml`]: "experiment_id: '44'\nname: gone\nlifecycle_stage: deleted\n",
    [`.trash/44/${runIdOf(6)}/meta.yaml`]: `run_id: '${runIdOf(6)}'\nexperiment_id: '44'\nstatus: 4\nstart_time: 1\nend_time: 2\nlifecycle_stage: deleted\n`,
    "models/late/meta.yaml": "name: late\ncreation_timestamp: 1\nlast_updated_timestamp: 2\n",
    "models/late/aliases/best": "1",
    "models/late/version-1/meta.yaml": `name: late\nversion: 1\ncreation_timestamp: 3\nlast_updated_timestamp: 3\ncurrent_stage: None\nsource: runs:/${id}/a\nrun_id: ${id}\n`,
  });
  mkdirSync(join(root, experiment, "traces", "tr-1"), { recursive: true });
  const result = await bring(root);
  expect(result).toMatchObject({
    taken: { experiments: 2, runs: 2, "metric points": 4, "artifact files": 1 },
    conflicts: [],
    differing: 0,
  });
  expect(result.left).toEqual([{ what: "traces", count: 1, why: expect.any(String) }]);
  expect(result.notes).toEqual([expect.stringContaining(experiment)]);
  const run = await tracking.getRun(id);
  expect([run.params, run.startedMs, run.endedMs]).toEqual([{ "path/depth": "6" }, 10, 20]);
  expect([...(await tracking.history(id, "deep/auc")).value]).toEqual([0.5, NaN, -Infinity]);
  expect((await tracking.experiments.findByName("default", "gone"))?.lifecycle).toBe("deleted");
  expect((await registry.get("default", "late", "best")).label.location).toBe(`runs:/${id}/a`);
  expect(await bring(root)).toMatchObject({ taken: {}, updated: {}, differing: 0 });
});

test("what is no store of MLflow is refused by its name", async () => {
  writeFileSync(join(folder, "x.db"), "not a database");
  await expect(openSource({ from: join(folder, "x.db") })).rejects.toMatchObject({ code: "CAP-EXCHANGE-001" });
  await expect(openSource({ from: join(folder, "none") })).rejects.toMatchObject({ code: "CAP-DATA-005" });
  await expect(openSource({ from: "relative" })).rejects.toMatchObject({ code: "CAP-EXCHANGE-001" });
});

test("what is written as an mlruns folder is what was read, and the same again writes nothing", async () => {
  fillMlflowDatabase(database, folder, 3);
  fillMlflowTraces(database, folder);
  database.exec(`delete from entity_associations; update assessments set value = '1.5e-7' where assessment_id = 'a-2'`);
  await bring(file);
  const { store } = here;
  const root = join(folder, "out");
  const write = (plan = false) =>
    exportMlflow(
      {
        store,
        tracking,
        registry,
        project: "default",
        plan,
        to: root,
        credentials: {},
        signal: new AbortController().signal,
        tell: () => undefined,
      },
      caller,
    );
  expect((await write(true)).taken).toMatchObject({ runs: 3 });
  expect(existsSync(root)).toBe(false);
  expect(await write()).toMatchObject({
    taken: { experiments: 2, runs: 3, traces: 2, "registered models": 1 },
    conflicts: [],
    differing: 0,
    left: [],
  });
  expect((await write()).same).toEqual({ runs: 3, traces: 2 });
  // Read by who reads such folders, it is the same: nothing is new and nothing differs.
  expect(await bring(root)).toMatchObject({
    taken: {},
    updated: {},
    same: { runs: 3, traces: 2, "logged models": 1 },
    conflicts: [],
    differing: 0,
  });
  expect(await entries("mlflow.exported")).toBe(2);
  const said = readFileSync(join(root, "7", "traces", filledTraces[0], "assessments", "a-2.yaml"), "utf8");
  expect(said).toContain('"value": 1.5e-7');
  await expect(
    exportMlflow(
      {
        store,
        tracking,
        registry,
        project: "default",
        plan: false,
        to: folder,
        credentials: {},
        signal: new AbortController().signal,
        tell: () => undefined,
      },
      caller,
    ),
  ).rejects.toMatchObject({ code: "CAP-EXISTS-002" });
});
