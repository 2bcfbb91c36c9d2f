import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { flightsPath } from "../../testing/flights.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { type Analytics, openAnalytics } from "./analytics.ts";
import { dataMigrations } from "./migrations.ts";
import type { DataRules, DataService } from "./model.ts";
import { dataHandlers } from "./operations.ts";
import { createDataService } from "./service.ts";

let open: TestStore;
let analytics: Analytics;
let service: DataService;
let folder: string;
const caller: Caller = { actor: { kind: "person", name: "local:ines" }, via: "session", roles: [], capabilities: new Set() };
const p = "flights";

beforeAll(async () => {
  open = await openTestStore(dataMigrations);
  folder = join(dirname(open.folder), "files");
  await mkdir(folder);
  analytics = openAnalytics({ memoryLimit: "1GB", tempFolder: join(open.folder, "temp") });
  service = createDataService({ store: open.store, analytics });
});
afterAll(async () => {
  await analytics.close();
  await open.close();
});

const parquet = async (name: string, sql: string): Promise<string> => {
  const path = join(folder, name);
  await analytics.all(`copy (${sql}) to '${path}' (format parquet)`);
  return path;
};
const entries = () => open.store.database.all<{ action: string; subject_id: string }>("select action, subject_id from entry order by idx");

test("a file becomes a version with schema, profile and entry; the same bytes stay that version", async () => {
  const path = await parquet(
    "a.parquet",
    "select i::bigint as id, (i % 7)::double as x, case when i % 10 = 0 then null else 'k' || (i % 3) end as k, timestamp '2001-01-01' + to_minutes(i) as at from range(1000) t(i)",
  );
  const first = await service.add({ project: p, name: "numbers", path, declared: { time: "at", licence: "CC0-1.0" } }, caller);
  expect(first.created).toBe(true);
  expect(first.version).toMatchObject({ number: 1, form: "file", format: "parquet", rows: 1000, licence: "CC0-1.0", verdict: "skipped" });
  expect(first.version.time).toEqual({ column: "at", fromMs: Date.UTC(2001, 0, 1), toMs: Date.UTC(2001, 0, 1, 16, 39) });
  const [id, x, k, at] = first.version.profile;
  expect(id).toMatchObject({ distinct: 1000, min: 0, max: 999, nulls: 0, mean: 499.5 });
  expect(x).toMatchObject({ kind: "number", distinct: 7, min: 0, max: 6 });
  expect(x?.quantiles[50]).toBe(3);
  expect(k).toMatchObject({
    nulls: 100,
    distinct: 3,
    top: [
      { value: "k0", count: 300 },
      { value: "k1", count: 300 },
      { value: "k2", count: 300 },
    ],
    other: 0,
  });
  expect(at?.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(1000);
  for (const column of first.version.profile)
    if (column.histogram) expect(column.histogram.counts.length).toBe(column.histogram.edges.length + 1);

  const again = await service.add({ project: p, name: "numbers", path }, caller);
  expect(again).toMatchObject({ created: false, version: { number: 1, actor: "local:ines" } });
  expect((await entries()).map((one) => one.action)).toEqual(["data.version.added"]);
  expect(await readFile((await service.resolve(p, "data:numbers@v1")).path)).toEqual(await readFile(path));
  expect(await service.find(p, "numbers", first.version.digest.slice(0, 8))).toMatchObject({ number: 1 });
  await expect(service.resolve(p, "data:numbers@v9")).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
});

test("many callers adding at once get one version", async () => {
  const path = await parquet("b.parquet", "select 1 as a");
  const all = await Promise.all([1, 2, 3].map(() => service.add({ project: p, name: "raced", path }, caller)));
  expect(all.map((one) => one.version.number)).toEqual([1, 1, 1]);
  expect(all.filter((one) => one.created)).toHaveLength(1);
});

test("CSV and JSON are tables, too, and give the same figures", async () => {
  const csv = join(folder, "c.csv");
  const json = join(folder, "c.json");
  await analytics.batch([
    { sql: `copy (select i as a, i / 2 as b from range(100) t(i)) to '${csv}' (format csv, header)` },
    { sql: `copy (select i as a, i / 2 as b from range(100) t(i)) to '${json}' (format json)` },
  ]);
  const a = await service.add({ project: p, name: "csv", path: csv }, caller);
  const b = await service.add({ project: p, name: "json", path: json }, caller);
  expect(a.version).toMatchObject({ format: "csv", rows: 100 });
  expect(b.version).toMatchObject({ format: "json", rows: 100 });
  expect(a.version.profile.map((one) => [one.name, one.mean, one.quantiles[90]])).toEqual(
    b.version.profile.map((one) => [one.name, one.mean, one.quantiles[90]]),
  );
});

test("what is no Parquet says what it is", async () => {
  const path = join(folder, "page.parquet");
  await writeFile(path, "<!DOCTYPE html><html>Not found</html>");
  await expect(service.add({ project: p, name: "page", path }, caller)).rejects.toMatchObject({
    code: "CAP-DATA-003",
    message: "page.parquet is not Parquet: begins with `<!DOCTYPE`",
  });
  await writeFile(path, "PAR1 and then nothing");
  await expect(service.add({ project: p, name: "page", path }, caller)).rejects.toMatchObject({
    code: "CAP-DATA-003",
    message: expect.stringContaining("cut off"),
  });
  await writeFile(path, "PAR1 and rubbish between PAR1");
  await expect(service.add({ project: p, name: "page", path }, caller)).rejects.toMatchObject({ code: "CAP-DATA-004" });
  await expect(service.add({ project: p, name: "page", path: join(folder, "absent") }, caller)).rejects.toMatchObject({
    code: "CAP-DATA-005",
  });
  expect(await service.find(p, "page", "latest")).toBeUndefined();
});

test("a wrong time column is named with the near ones", async () => {
  const path = await parquet("d.parquet", "select timestamp '2001-01-01' as departed");
  await expect(service.add({ project: p, name: "timed", path, declared: { time: "depated" } }, caller)).rejects.toMatchObject({
    code: "CAP-DATA-006",
    params: { near: "departed" },
  });
});

test("rules that fail keep the verdict and nothing else", async () => {
  const path = await parquet("e.parquet", "select 99999 as delay");
  const rules: DataRules = {
    judge: async (offer) => {
      const result = {
        id: "range-delay",
        kind: "range",
        title: "range of delay",
        verdict: "fail" as const,
        severity: "fail" as const,
        observed: 1,
        bound: "0",
        interval: null,
        rows: offer.rows,
        detail: "1 of 1 rows outside",
        samples: [{ delay: 99_999 }],
        where: "capstan.yaml:44:9",
      };
      const entryId = open.store.recorder.newEntryId();
      await open.store.recorder.commit(
        [],
        [
          {
            id: entryId,
            action: "check.ended",
            subject: { type: "check", id: "s1" },
            project: offer.project,
            actor: caller.actor,
            payload: null,
          },
        ],
      );
      return { suite: "rules", verdict: "fail" as const, results: [result], resultSet: "s1", entryId };
    },
  };
  const strict = createDataService({ store: open.store, analytics, rules });
  const before = (await entries()).length;
  const refused = strict.add({ project: p, name: "strict", path }, caller);
  await expect(refused).rejects.toMatchObject({
    code: "CAP-DATA-014",
    where: { file: "capstan.yaml", line: 44, column: 9 },
    why: expect.stringContaining("delay 99999"),
  });
  expect((await entries()).slice(before).map((one) => one.action)).toEqual(["check.ended", "data.refused"]);
  expect(await strict.versions(p, "strict")).toEqual([]);
  const [refusal] = await strict.refusals(p, "strict");
  expect(refusal).toMatchObject({ verdict: "fail", resultSet: "s1", actor: "local:ines" });
  expect(await open.store.blobs.has(refusal?.digest ?? "")).toBe(false);
});

test("a folder is a tree whose files read as one table", async () => {
  const tree = join(folder, "tree");
  await mkdir(join(tree, "inner"), { recursive: true });
  await analytics.all(`copy (select 1 as a) to '${join(tree, "one.parquet")}' (format parquet)`);
  await analytics.all(`copy (select 2 as a) to '${join(tree, "inner", "two.parquet")}' (format parquet)`);
  const first = await service.add({ project: p, name: "folder", path: tree }, caller);
  expect(first.version).toMatchObject({ form: "tree", format: "parquet", rows: 2 });
  await analytics.all(`copy (select 3 as a) to '${join(tree, "three.parquet")}' (format parquet)`);
  const second = await service.add({ project: p, name: "folder", path: tree }, caller);
  expect(second.version.number).toBe(2);
  const { path } = await service.resolve(p, "folder@v1");
  expect((await stat(join(path, "inner", "two.parquet"))).isFile()).toBe(true);
  await expect(stat(join(path, "three.parquet"))).rejects.toThrow();
  const diff = await dataHandlers(service, open.store)["data.diff"]({ project: p, dataset: "folder", from: "v1", to: "v2" }, caller);
  expect(diff.files).toEqual({ added: ["three.parquet"], removed: [], changed: [], same: 2 });
});

test("operations show list, version, rows and what changed", async () => {
  const handlers = dataHandlers(service, open.store);
  await service.add(
    { project: p, name: "distances", path: await parquet("miles.parquet", "select i::double as d, 'x' as k from range(1, 1001) t(i)") },
    caller,
  );
  await service.add(
    {
      project: p,
      name: "distances",
      path: await parquet(
        "km.parquet",
        "select i * 1.609344::double as d, case when i < 50 then null when i < 500 then 'x' else 'y' end as k from range(1, 1001) t(i)",
      ),
    },
    caller,
  );
  const list = await handlers["data.list"]({ project: p }, caller);
  expect(list.datasets.find((one) => one.dataset === "distances")).toMatchObject({ versions: 2, latest: { version: "v2" } });
  const diff = await handlers["data.diff"]({ project: p, dataset: "distances", from: "v1", to: "v2" }, caller);
  expect(diff.columns.map((one) => [one.name, one.change])).toEqual([
    ["k", "values"],
    ["d", "values"],
  ]);
  expect(diff.columns[1]?.notes).toEqual(["looks like another unit: miles to kilometres"]);
  expect(diff.columns[0]?.notes).toEqual(["49 nulls, before none", "new: y"]);
  const page = await handlers["data.rows"]({ project: p, dataset: "distances", version: "v1", offset: 998, limit: 50 }, caller);
  expect(page).toMatchObject({
    rows: [
      [999, "x"],
      [1000, "x"],
    ],
    total: 1000,
  });
  const version = await handlers["data.version"]({ project: p, dataset: "distances", version: "v2" }, caller);
  expect(version.versions.map((one) => one.version)).toEqual(["v2", "v1"]);
});

test("the real flights: three million rows in one version", async () => {
  const path = flightsPath;
  const { version } = await service.add({ project: p, name: "flights", path, declared: { time: "date", licence: "BSD-3-Clause" } }, caller);
  expect(version).toMatchObject({ number: 1, rows: 3_000_000, format: "parquet" });
  expect(version.columns.map((one) => [one.name, one.kind])).toEqual([
    ["date", "time"],
    ["delay", "integer"],
    ["distance", "integer"],
    ["origin", "text"],
    ["destination", "text"],
  ]);
  const exact = await analytics.all<Record<string, number>>(
    `select count(*) as n, count(distinct delay) as delays, avg(distance) as mean, quantile_disc(distance, 0.25) as q25, count(distinct origin) as origins, count(*) filter (where delay > 139.5) as tail from read_parquet('${path}')`,
  );
  const of = (name: string) => version.profile.find((one) => one.name === name);
  expect(of("delay")?.distinct).toBe(exact[0]?.["delays"]);
  expect(of("distance")?.mean).toBeCloseTo(exact[0]?.["mean"] ?? 0, 6);
  expect(of("distance")?.quantiles[25]).toBe(exact[0]?.["q25"]);
  expect(of("origin")?.distinct).toBe(exact[0]?.["origins"]);
  expect(of("date")?.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(3_000_000);
});
