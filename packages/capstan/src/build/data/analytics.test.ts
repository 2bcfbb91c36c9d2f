import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Analytics, openAnalytics } from "./analytics.ts";

let folder: string;
let analytics: Analytics;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "capstan-test-"));
  analytics = openAnalytics({ memoryLimit: "512MB", tempFolder: join(folder, "temp") });
});
afterAll(async () => {
  await analytics.close();
  await rm(folder, { recursive: true, force: true });
});

test("rows have plain values", async () => {
  const rows = await analytics.all(
    "select 1::bigint as a, 2.5::decimal(4,1) as b, timestamp '2001-01-01 10:00:00' as c, null as d, [1::bigint] as e, 9007199254740993 as f, ? as g",
    ["x"],
  );
  expect(rows).toEqual([{ a: 1, b: 2.5, c: "2001-01-01T10:00:00.000Z", d: null, e: [1], f: "9007199254740993", g: "x" }]);
});

test("columns are typed arrays with NaN for null", async () => {
  const { rows, columns } = await analytics.columns(
    "select i as a, case when i = 1 then null else i / 2.0 end as b, 'v' || i as c, timestamp '2001-01-01' + to_seconds(i) as d, i > 0 as e from range(3) t(i)",
  );
  expect(rows).toBe(3);
  expect(columns["a"]).toEqual(Float64Array.of(0, 1, 2));
  expect(columns["b"]).toEqual(Float64Array.of(0, Number.NaN, 1));
  expect(columns["c"]).toEqual(["v0", "v1", "v2"]);
  expect(columns["d"]).toEqual(Float64Array.of(978307200000, 978307201000, 978307202000));
  expect(columns["e"]).toEqual(Float64Array.of(0, 1, 1));
});

test("a batch shares temporary tables", async () => {
  const [, rows] = await analytics.batch([{ sql: "create temp table t as select 7 as x" }, { sql: "select x from t" }]);
  expect(rows).toEqual([{ x: 7 }]);
});

test("wrong SQL has a code and leaves the child alive", async () => {
  await expect(analytics.all("select nothing from nowhere")).rejects.toMatchObject({ code: "CAP-DATA-024" });
  expect(await analytics.all("select 1 as a")).toEqual([{ a: 1 }]);
});

test("restricted queries reach named paths only", async () => {
  const path = join(folder, "one.parquet");
  const other = join(folder, "other.parquet");
  await analytics.all(`copy (select 1 as a) to '${path}' (format parquet)`);
  await analytics.all(`copy (select 2 as a) to '${other}' (format parquet)`);
  expect(await analytics.all(`select * from read_parquet('${path}')`, [], { only: [path] })).toEqual([{ a: 1 }]);
  for (const sql of [
    `select * from read_parquet('${other}')`,
    `copy (select 1) to '${join(folder, "out.csv")}'`,
    "set memory_limit = '9GB'",
  ]) {
    await expect(analytics.all(sql, [], { only: [path] })).rejects.toMatchObject({ code: "CAP-DATA-024" });
  }
});

test("a query beyond its time is stopped", async () => {
  await expect(analytics.all("select count(*) from range(100000000000) a", [], { timeoutMs: 50 })).rejects.toMatchObject({
    code: "CAP-DATA-023",
  });
});

test("a child that dies is replaced, and what it was asked is asked again", async () => {
  await analytics.all("select 1");
  const first = analytics.pid;
  const running = analytics.all<{ n: number }>("select count(*) as n from range(30000000) t(i) where i % 7 = 3");
  process.kill(first ?? 0, "SIGKILL");
  expect((await running)[0]?.n).toBe(4285714);
  expect(analytics.pid).not.toBe(first);
});

test("the child ends when idle and is started again", async () => {
  const brief = openAnalytics({ memoryLimit: "256MB", tempFolder: join(folder, "temp2"), idleMs: 1 });
  expect(await brief.all("select 1 as a")).toEqual([{ a: 1 }]);
  await expect.poll(() => brief.pid).toBeUndefined();
  expect(await brief.all("select 2 as a")).toEqual([{ a: 2 }]);
  await brief.close();
});

test("too little memory has its own code", async () => {
  const small = openAnalytics({ memoryLimit: "20MB", tempFolder: join(folder, "temp3"), threads: 1 });
  await expect(small.all("select list(i) from range(20000000) t(i)")).rejects.toMatchObject({ code: "CAP-DATA-022" });
  await small.close();
});
