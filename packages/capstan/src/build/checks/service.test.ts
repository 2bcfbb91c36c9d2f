import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CheckResult } from "@capstan/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { flightsPath } from "../../testing/flights.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { type Analytics, openAnalytics } from "../data/analytics.ts";
import { dataMigrations } from "../data/migrations.ts";
import type { DataService } from "../data/model.ts";
import { createDataService } from "../data/service.ts";
import { trackingMigrations } from "../tracking/migrations.ts";
import { createTrackingService, type TrackingService } from "../tracking/service.ts";
import { trackedCheckRuns } from "./check-runs.ts";
import { createDataRules } from "./data-rules.ts";
import { checksMigrations } from "./migrations.ts";
import type { Against, ChecksService, Subject } from "./model.ts";
import { checksHandlers } from "./operations.ts";
import { parseTests } from "./written-tests.ts";
import { createChecksService } from "./service.ts";

let open: TestStore;
let analytics: Analytics;
let checks: ChecksService;
let data: DataService;
let tracking: TrackingService;
let folder: string;
const caller: Caller = { actor: { kind: "person", name: "local:ines" }, via: "session", roles: [], capabilities: new Set() };
const project = "flights";

beforeAll(async () => {
  open = await openTestStore([...dataMigrations, ...trackingMigrations, ...checksMigrations]);
  folder = join(dirname(open.folder), "files");
  await mkdir(folder);
  analytics = openAnalytics({ memoryLimit: "1GB", tempFolder: join(open.folder, "temp") });
  data = createDataService({ store: open.store, analytics });
  tracking = createTrackingService({ store: open.store });
  checks = createChecksService({ store: open.store, analytics, data, runs: trackedCheckRuns(tracking) });
});
afterAll(async () => {
  await tracking.idle?.();
  await analytics.close();
  await open.close();
});

let files = 0;
const table = async (sql: string, name = "file:rows"): Promise<Subject & Against> => {
  const path = join(folder, `t${++files}.parquet`);
  await analytics.all(`copy (${sql}) to '${path}' (format parquet)`);
  return { kind: "file", name, paths: [path], digest: (await open.store.blobs.putFile(path)).digest };
};
const ask = async (
  subject: Subject,
  tests: readonly object[],
  more: { against?: Against; filter?: string; columns?: object } = {},
): Promise<readonly CheckResult[]> =>
  (await checks.run({ project, suite: "s", tests: parseTests(tests, "s"), subject, ...more }, caller)).results;
const one = async (
  subject: Subject,
  wanted: object,
  more: { against?: Against; filter?: string; columns?: object } = {},
): Promise<CheckResult> => {
  const [result] = await ask(subject, [wanted], more);
  if (!result) throw new Error("no result");
  return result;
};

describe("tests of rows", () => {
  test("one suite: pass, fail with rows, warn", async () => {
    const rows = await table(
      "select i as id, case when i in (10, 20) then 99999 else i % 50 end as delay, case when i = 3 then null else 'k' || (i % 2) end as k, timestamp '2001-06-01' + to_days((i % 30)::int) as at from range(1000) t(i)",
    );
    const results = await ask(rows, [
      { kind: "schema", columns: { id: "int", delay: "int", k: "text", at: "timestamp" } },
      { kind: "missing", column: "*", max_share: 0, severity: "warn" },
      { kind: "missing", column: "id", max_share: 0 },
      { kind: "range", column: "delay", min: -120, max: 1800, mostly: 0.9999 },
      { kind: "range", column: "delay", min: -120, max: 1800, mostly: 0.99 },
      { kind: "set", column: "k", values: ["k0", "k1"] },
      { kind: "regex", column: "k", pattern: "k[0]" },
      { kind: "row_count", min: 1000, max: 1000 },
      { kind: "freshness", column: "at", max_age: "2d", as_of: "2001-07-01" },
      { kind: "freshness", column: "at", max_age: "12h", as_of: "2001-07-01" },
      { kind: "expression", sql: "delay < 50 or id > 10" },
    ]);
    expect(results.map((result) => [result.id, result.verdict])).toEqual([
      ["schema", "pass"],
      ["missing-all", "warn"],
      ["missing-id", "pass"],
      ["range-delay", "fail"],
      ["range-delay-2", "pass"],
      ["set-k", "pass"],
      ["regex-k", "fail"],
      ["row-count", "pass"],
      ["freshness-at", "pass"],
      ["freshness-at-2", "fail"],
      ["expression", "fail"],
    ]);
    const range = results[3];
    expect(range?.detail).toBe("2 of 1 000 rows outside -120 … 1800, allowed 0.01 %, found 0.2 %, found 0 … 99999");
    expect(range?.samples.map((sample) => [sample["row"], sample["delay"]])).toEqual([
      [10, 99999],
      [20, 99999],
    ]);
    expect(results[10]?.samples).toHaveLength(1);
  });

  test("kept bytes without an extension are read as what they are said to be", async () => {
    const path = join(folder, "kept");
    await writeFile(path, "a,b\n1,x\n2,y\n");
    const kept: Subject = { kind: "data", name: "data:rows@v1", paths: [path] };
    await expect(one(kept, { kind: "row_count", min: 2 })).rejects.toMatchObject({ code: "CAP-CHECK-005" });
    expect(await one({ ...kept, format: "csv" }, { kind: "row_count", min: 2, max: 2 })).toMatchObject({ verdict: "pass" });
  });

  test("a declared column that is missing fails the schema and nothing else hides", async () => {
    const results = await ask(await table("select 1 as a"), [
      { kind: "schema", columns: { a: "int", b: "text" } },
      { kind: "missing", column: "b", max_share: 0 },
      { kind: "missing", column: "a", max_share: 0 },
    ]);
    expect(results.map((result) => result.verdict)).toEqual(["fail", "error", "pass"]);
  });

  test("repeated rows, whole or by columns", async () => {
    const rows = await table("select (i // 2) as a, i % 2 as b from range(10) t(i) union all select 0, 0");
    expect(await one(rows, { kind: "duplicates" })).toMatchObject({ verdict: "fail", observed: 1, samples: [{ times: 2, a: 0, b: 0 }] });
    expect(await one(rows, { kind: "duplicates", severity: "warn" })).toMatchObject({ verdict: "warn" });
    expect(await one(rows, { kind: "duplicates", max_groups: 1 })).toMatchObject({ verdict: "pass" });
    expect(await one(rows, { kind: "unique", column: "a" })).toMatchObject({ verdict: "fail", observed: 5 });
  });

  test("a filter limits a suite or one test", async () => {
    const rows = await table("select i as x from range(100) t(i)");
    expect(await one(rows, { kind: "row_count", min: 10, max: 10 }, { filter: "x < 10" })).toMatchObject({ verdict: "pass" });
    const results = await ask(rows, [
      { kind: "row_count", max: 5, filter: "x < 5" },
      { kind: "row_count", min: 100 },
    ]);
    expect(results.map((result) => result.verdict)).toEqual(["pass", "pass"]);
  });

  test("too few rows are inconclusive, never a pass", async () => {
    expect(await one(await table("select 1 as a"), { kind: "missing", column: "a", max_share: 0, min_rows: 10 })).toMatchObject({
      verdict: "inconclusive",
    });
  });
});

describe("tests of two tables", () => {
  test("time leakage and overlap", async () => {
    const train = await table("select timestamp '2001-03-01' + to_days(i::int) as at, i as k from range(10) t(i)", "step:prepare.train");
    const clean = await table("select timestamp '2001-03-10' + to_days(i::int) as at, i + 100 as k from range(10) t(i)");
    const leaking = await table("select timestamp '2001-03-09' + to_days(i::int) as at, i + 8 as k from range(10) t(i)");
    const tests = [
      { kind: "time_leakage", column: "at" },
      { kind: "overlap_train_test", columns: "k", max_share: 0 },
      { kind: "overlap_train_test", max_share: 0 },
    ];
    expect((await ask(clean, tests, { against: train })).map((result) => result.verdict)).toEqual(["pass", "pass", "pass"]);
    const bad = await ask(leaking, tests, { against: train });
    expect(bad.map((result) => [result.verdict, result.observed])).toEqual([
      ["fail", 1],
      ["fail", 0.2],
      ["fail", 0.2],
    ]);
    await expect(ask(clean, tests)).rejects.toMatchObject({ code: "CAP-CHECK-004" });
  });

  test("unit_scale names the unit; without a reference version it is skipped", async () => {
    const miles = await table("select (i * 7 % 900 + 100)::double as distance from range(2000) t(i)");
    const kilometres = await table("select (i * 7 % 900 + 100) * 1.609344 as distance from range(2000) t(i)");
    expect(await one(kilometres, { kind: "unit_scale", column: "distance" }, { against: miles })).toMatchObject({
      verdict: "fail",
      detail: expect.stringContaining("miles to kilometres"),
    });
    expect(await one(miles, { kind: "unit_scale", column: "distance" }, { against: miles })).toMatchObject({ verdict: "pass" });
    expect(await one(miles, { kind: "unit_scale", column: "distance", against: "data:later@v1" })).toMatchObject({ verdict: "skipped" });
    await data.add({ project, name: "later", path: miles.paths?.[0] ?? "" }, caller);
    expect(await one(kilometres, { kind: "unit_scale", column: "distance", against: "data:later@v1" })).toMatchObject({ verdict: "fail" });
  });

  test("the same features in training and serving, joined by key", async () => {
    const rows = await table("select i as id, i / 3.0::double as x, 'o' || i as o from range(500) t(i)");
    const same = await table("select i as id, (i / 3.0)::float as x, 'o' || i as o from range(500) t(i) order by random()");
    const other = await table("select i as id, case when i = 7 then 9 else i / 3.0 end as x, 'o' || i as o from range(499) t(i)");
    const skew = { kind: "row_join_skew", key: "id", columns: ["x", "o"], tolerance: 1e-5 };
    expect(await one(rows, skew, { against: same })).toMatchObject({ verdict: "pass", rows: 500 });
    expect(await one(rows, skew, { against: other })).toMatchObject({
      verdict: "fail",
      observed: 2 / 500,
      detail: expect.stringContaining("1 rows have no partner"),
      samples: [{ id: 7 }, { id: 499 }],
    });
    const repeated = await table("select 1 as id, 1.0::double as x, 'o' as o from range(2)");
    expect(await one(rows, skew, { against: repeated })).toMatchObject({ verdict: "error" });
  });

  test("distributions of two tables", async () => {
    const a = await table("select i % 100 as x from range(5000) t(i)");
    const b = await table("select i % 100 + 50 as x from range(5000) t(i)");
    const wanted = { kind: "distribution_skew", columns: ["x"] };
    expect(await one(a, wanted, { against: a })).toMatchObject({ verdict: "pass", observed: 0 });
    expect(await one(b, wanted, { against: a })).toMatchObject({ verdict: "fail" });
  });
});

describe("tests of a model", () => {
  // Truth is drawn from p by a hash, so p is calibrated; the baseline knows less.
  const scored = (n: number) =>
    table(
      `with base as (select i, (hash(i) % 1000) / 1000.0 as u, (hash(i + 7919) % 1000) / 1000.0 as p from range(${n}) t(i))
       select case when u < p then 1 else 0 end as late, p::double as score, (0.5 + (p - 0.5) * 0.3 + ((hash(i + 31) % 1000) / 1000.0 - 0.5) * 0.6)::double as baseline_score, p::double - 0.0001 * (i % 2) as champion_score, 'a' || (i % 4) as origin, i % 3000 as rare from base`,
      "step:evaluate.scores",
    );
  const model: Subject = { kind: "model", name: "model:late-arrival@v1" };

  test("metrics with intervals against bounds, baseline, live version, slices", async () => {
    const against = await scored(20_000);
    const tests = [
      { kind: "metric", metric: "auc", min: 0.8 },
      { kind: "metric", metric: "auc", min: 0.95 },
      { kind: "metric", metric: "accuracy", min: 0.7 },
      { kind: "metric", metric: "log_loss", max: 0.55 },
      { kind: "metric_vs_baseline", metric: "auc", margin: 0.02 },
      { kind: "metric_vs_baseline", metric: "brier", margin: 0.01 },
      { kind: "metric_vs_champion", metric: "auc", margin: -0.005 },
      { kind: "slice", by: ["origin", "rare"], metric: "auc", min: 0.8, min_rows: 2000 },
      { kind: "calibration", metric: "ece", max: 0.03 },
      { kind: "calibration", metric: "ece", max: 0.0001 },
    ];
    const results = await ask(model, tests, { against, columns: { truth: "late" } });
    expect(results.map((result) => [result.id, result.verdict])).toEqual([
      ["metric-auc", "pass"],
      ["metric-auc-2", "fail"],
      ["metric-accuracy", "pass"],
      ["metric-log-loss", "pass"],
      ["metric-vs-baseline-auc", "pass"],
      ["metric-vs-baseline-brier", "pass"],
      ["metric-vs-champion-auc", "pass"],
      ["slice-auc-origin", "pass"],
      ["slice-auc-rare", "inconclusive"],
      ["calibration-ece", "pass"],
      ["calibration-ece-2", "fail"],
    ]);
    const [auc] = results;
    expect(auc?.observed).toBeCloseTo(5 / 6, 2);
    expect(auc?.interval?.[0]).toBeLessThan(Number(auc?.observed));
    const exact = await analytics.all<{ brier: number; loss: number }>(
      `select avg((score - late) * (score - late)) as brier, avg(case when late = 1 then -ln(greatest(score, 2.220446049250313e-16)) else -ln(greatest(1 - score, 2.220446049250313e-16)) end) as loss from read_parquet('${against.paths?.[0]}')`,
    );
    expect(Number(results[3]?.observed)).toBeCloseTo(exact[0]?.loss ?? 0, 9);
  });

  test("between bound and interval the answer is inconclusive", async () => {
    const against = await scored(300);
    expect(await one(model, { kind: "metric", metric: "auc", min: 0.83 }, { against, columns: { truth: "late" } })).toMatchObject({
      verdict: "inconclusive",
    });
  });

  test("no live version: skipped; one class only: inconclusive; a truth that is none: error", async () => {
    const few = await table("select 1 as late, 0.5::double as score from range(10)");
    expect(
      await one(
        model,
        { kind: "metric_vs_champion", metric: "auc", margin: -0.005 },
        { against: await table("select i % 2 as late, 0.5::double as score from range(10) t(i)"), columns: { truth: "late" } },
      ),
    ).toMatchObject({ verdict: "skipped" });
    expect(await one(model, { kind: "metric", metric: "auc", min: 0.5 }, { against: few, columns: { truth: "late" } })).toMatchObject({
      verdict: "inconclusive",
    });
    expect(
      await one(
        model,
        { kind: "metric", metric: "auc", min: 0.5 },
        { against: await table("select i as label, 0.5::double as score from range(10) t(i)") },
      ),
    ).toMatchObject({ verdict: "error" });
  });
});

describe("what is wrong with a suite is said before anything runs", () => {
  test("kind, field, column, metric, SQL", async () => {
    const rows = await table("select 1 as delay");
    expect(() => parseTests([{ kind: "rnage", column: "delay" }], "s")).toThrowError(
      expect.objectContaining({ code: "CAP-CHECK-001", params: expect.objectContaining({ near: expect.stringContaining("range") }) }),
    );
    expect(() => parseTests([{ kind: "range", colunm: "delay" }], "s")).toThrowError(expect.objectContaining({ code: "CAP-CHECK-003" }));
    await expect(one(rows, { kind: "range", column: "dealy", min: 0 })).rejects.toMatchObject({
      code: "CAP-CHECK-002",
      params: { near: "delay" },
    });
    await expect(one(rows, { kind: "metric", metric: "acu", min: 0 })).rejects.toMatchObject({ code: "CAP-CHECK-003" });
    for (const sql of ["1) or (1", "nothing > 1", "(select count(*) from read_csv('/etc/passwd')) > 0"])
      await expect(one(rows, { kind: "expression", sql })).rejects.toMatchObject({ code: "CAP-CHECK-003" });
    await expect(
      one({ kind: "data", name: "data:x", paths: [join(folder, "absent.parquet")] }, { kind: "row_count" }),
    ).rejects.toMatchObject({ code: "CAP-CHECK-005" });
  });
});

test("a suite is a run, an entry, lineage and stored results", async () => {
  const rows = await table("select 1 as a", "data:kept");
  const ended = await checks.run(
    {
      project,
      suite: "kept",
      tests: parseTests(
        [
          { kind: "row_count", min: 2 },
          { kind: "missing", column: "a", max_share: 0 },
        ],
        "kept",
      ),
      subject: { ...rows, kind: "data" },
      where: ["capstan.yaml:9:3", null],
    },
    caller,
  );
  expect(ended).toMatchObject({ verdict: "fail", counts: { fail: 1, pass: 1 } });
  expect(await checks.get(project, ended.id)).toMatchObject({
    id: ended.id,
    actor: "local:ines",
    results: [{ where: "capstan.yaml:9:3", verdict: "fail" }, { verdict: "pass" }],
  });
  expect(await tracking.getRun(ended.runId ?? "")).toMatchObject({ kind: "check", status: "FINISHED", verdict: "fail" });
  const entry = await open.store.database.find<{ action: string }>("select action from entry where id = ?", [ended.entryId]);
  expect(entry?.action).toBe("check.ended");
  const edges = await open.store.database.all<{ to_id: string }>("select to_id from lineage_edge where from_id = ? order by to_id", [
    `check:${ended.id}`,
  ]);
  expect(edges.map((edge) => edge.to_id)).toEqual([`blob:${rows.digest}`, `run:${ended.runId}`]);

  const handlers = checksHandlers(checks, {
    declared: async () => [],
    suite: async () => ({ tests: [], subject: rows }),
    subject: async () => rows,
    against: async () => rows,
  });
  const suites = await handlers["checks.suites"]({ project }, caller);
  expect(suites.suites.find((suite) => suite.suite === "kept")).toMatchObject({
    verdict: "fail",
    runs: 1,
    tests: [{ id: "row-count", history: [{ verdict: "fail" }] }, { id: "missing-a" }],
  });
  const first = await handlers["checks.list"]({ project, limit: 1 }, caller);
  const second = await handlers["checks.list"]({ project, limit: 1, ...(first.next !== null && { cursor: first.next }) }, caller);
  expect(first.sets[0]?.id).toBe(ended.id);
  expect(second.sets[0]?.id).not.toBe(ended.id);
  expect((await handlers["checks.list"]({ project, subject: "data:kept", limit: 10 }, caller)).sets).toHaveLength(1);
  const [own] = first.sets;
  expect((await handlers["checks.list"]({ project, run: own?.run ?? "", limit: 10 }, caller)).sets).toEqual(first.sets);
  const about = await handlers["checks.list"]({ project, digest: [own?.subjectDigest ?? "", "0".repeat(64)], limit: 10 }, caller);
  expect(about.sets.map((one) => one.id)).toContain(own?.id);
  expect((await handlers["checks.list"]({ project, digest: ["0".repeat(64)], limit: 10 }, caller)).sets).toEqual([]);
  expect(
    await handlers["checks.run"]({ project, suite: "by-hand", tests: [{ kind: "row_count", min: 1 }], subject: "file:rows" }, caller),
  ).toMatchObject({ verdict: "pass" });
});

test("the rules of a dataset refuse a bad file with its rows and let a good one pass", async () => {
  const tests = parseTests(
    [
      { kind: "range", column: "delay", min: -120, max: 1800, mostly: 0.9999 },
      { kind: "duplicates", severity: "warn" },
    ],
    "flights-rules",
  );
  const rules = createDataRules(checks, async (_, dataset) =>
    dataset === "flights" ? [{ suite: "flights-rules", tests, where: ["capstan.yaml:44:9", null], whenFailing: "refuse" }] : [],
  );
  const strict = createDataService({ store: open.store, analytics, rules });
  const good = await table("select i % 60 as delay from range(1000) t(i)");
  const bad = await table("select case when i < 37 then 99999 else i % 60 end as delay from range(12000) t(i)");
  const added = await strict.add({ project, name: "flights", path: good.paths?.[0] ?? "" }, caller);
  expect(added).toMatchObject({ created: true, version: { verdict: "warn", number: 1 } });
  await expect(strict.add({ project, name: "flights", path: bad.paths?.[0] ?? "" }, caller)).rejects.toMatchObject({
    code: "CAP-DATA-014",
    where: { file: "capstan.yaml", line: 44 },
    why: expect.stringMatching(/37 of 12 000 rows outside -120 … 1800, allowed 0.01 %, found 0.31 %/),
  });
  expect((await strict.versions(project, "flights")).map((version) => version.number)).toEqual([1]);
  expect(await strict.refusals(project, "flights")).toMatchObject([{ verdict: "fail" }]);
});

test("the real flights: 191 groups of identical rows warn, the rest passes", async () => {
  const results = await ask({ kind: "data", name: "data:real", paths: [flightsPath] }, [
    { kind: "schema", columns: { date: "timestamp", delay: "int", distance: "int", origin: "text", destination: "text" } },
    { kind: "missing", column: "*", max_share: 0 },
    { kind: "range", column: "delay", min: -120, max: 1800, mostly: 0.9999 },
    { kind: "duplicates", severity: "warn" },
    { kind: "freshness", column: "date", max_age: "40d", as_of: "2001-07-01", severity: "warn" },
  ]);
  expect(results.map((result) => result.verdict)).toEqual(["pass", "pass", "pass", "warn", "pass"]);
  expect(results[3]?.observed).toBe(191);
});
