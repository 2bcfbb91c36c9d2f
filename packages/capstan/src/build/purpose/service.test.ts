import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PurposeDeclaration } from "@capstan/contract/operations/purpose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { flightsPath } from "../../testing/flights.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { type Analytics, openAnalytics } from "../data/analytics.ts";
import { purposeMigrations } from "./migrations.ts";
import type { PurposeService } from "./model.ts";
import { purposeHandlers } from "./operations.ts";
import { breakEvenPrecision } from "./rules.ts";
import { createPurposeService } from "./service.ts";

let open: TestStore;
let analytics: Analytics;
let service: PurposeService;
let folder: string;
const caller: Caller = { actor: { kind: "person", name: "local:ines" }, via: "session", roles: [], capabilities: new Set() };
const digest = "0".repeat(64);
const flights: PurposeDeclaration = {
  decision: "Will this flight arrive 15 minutes or more late?",
  positive: "delay >= 15",
  today: "hour(date) >= 17",
  time: "date",
  pays: { unit: "min per flight", true_positive: 9, false_positive: -3, false_negative: -1.5, true_negative: 0.25 },
};

beforeAll(async () => {
  open = await openTestStore(purposeMigrations);
  folder = join(dirname(open.folder), "files");
  await mkdir(folder);
  analytics = openAnalytics({ memoryLimit: "1GB", tempFolder: join(open.folder, "temp") });
  service = createPurposeService({ store: open.store, analytics });
});
afterAll(async () => {
  await analytics.close();
  await open.close();
});

test("the same text is one version; another is the next; each with its entry", async () => {
  expect(await service.declare("p", flights, caller)).toMatchObject({ created: true, version: { number: 1 } });
  expect(await service.declare("p", { ...flights }, caller)).toMatchObject({ created: false, version: { number: 1 } });
  expect(await service.declare("p", { ...flights, today: "hour(date) >= 18" }, caller)).toMatchObject({
    created: true,
    version: { number: 2 },
  });
  expect(await service.declare("p", flights, caller)).toMatchObject({ created: true, version: { number: 3 } });
  const entries = await open.store.database.all<{ action: string }>("select action from entry where project = 'p'");
  expect(entries.map((one) => one.action)).toEqual(["purpose.declared", "purpose.declared", "purpose.declared"]);
});

test("worth of three million flights equals SQL written by hand", async () => {
  await service.declare("worth", flights, caller);
  const worth = await service.worth("worth", { paths: [flightsPath], name: "flights", digest }, caller);
  const [hand] = await analytics.all<Record<string, number>>(
    `with f as (select *, (epoch(max(date) over ()) - epoch(min(date) over ())) / 604800.0 as weeks from read_parquet('${flightsPath}'))
     select any_value(weeks) as weeks,
       sum(case when delay >= 15 then -1.5 else 0.25 end) / any_value(weeks) as nothing,
       sum(case when delay >= 15 then 9 else -3 end) / any_value(weeks) as always,
       sum(case when hour(date) >= 17 then (case when delay >= 15 then 9 else -3 end) else (case when delay >= 15 then -1.5 else 0.25 end) end) / any_value(weeks) as today,
       sum(case when delay >= 15 then 9 else 0.25 end) / any_value(weeks) as perfect
     from f`,
  );
  const near = (a: number | undefined, b: number | undefined) =>
    expect(Math.abs((a ?? Number.NaN) / (b ?? Number.NaN) - 1)).toBeLessThan(1e-9);
  near(worth.weeks, hand?.["weeks"]);
  near(worth.nothing.perWeek, hand?.["nothing"]);
  near(worth.always.perWeek, hand?.["always"]);
  near(worth.today?.perWeek, hand?.["today"]);
  near(worth.perfect.perWeek, hand?.["perfect"]);
  expect(worth).toMatchObject({ rows: 3_000_000, verdict: "pass", from: "2001-01-01T00:01:00.000Z" });
  const shown = await purposeHandlers(service, async () => ({ paths: [], name: "", digest }))["purpose.get"]({ project: "worth" }, caller);
  expect(shown).toMatchObject({ purpose: { version: "v1", actor: "local:ines" }, worth: { rows: 3_000_000, rowsDigest: digest } });
});

test("a perfect model that earns nothing fails with that sentence", async () => {
  await service.declare(
    "bad",
    { ...flights, pays: { unit: "EUR", true_positive: 0, false_positive: 5, false_negative: 0, true_negative: 1 } },
    caller,
  );
  expect(await service.worth("bad", { paths: [flightsPath], name: "flights", digest }, caller)).toMatchObject({
    verdict: "fail",
    sentence: expect.stringContaining("do not build this"),
  });
});

test("expressions are expressions over the rows, nothing else", async () => {
  await expect(service.declare("x", { ...flights, positive: "1) from x; drop table y; select (1" }, caller)).rejects.toMatchObject({
    code: "CAP-PURPOSE-001",
  });
  await service.declare("x", { ...flights, positive: "dealy >= 15" }, caller);
  await expect(service.worth("x", { paths: [flightsPath], name: "flights", digest }, caller)).rejects.toMatchObject({
    code: "CAP-PURPOSE-001",
    params: { field: "positive" },
  });
  await service.declare("x", { ...flights, positive: "(select count(*) from read_csv('/etc/passwd')) > 0" }, caller);
  await expect(service.worth("x", { paths: [flightsPath], name: "flights", digest }, caller)).rejects.toMatchObject({
    code: "CAP-PURPOSE-001",
  });
  await service.declare("x", { ...flights, time: "dat" }, caller);
  await expect(service.worth("x", { paths: [flightsPath], name: "flights", digest }, caller)).rejects.toMatchObject({
    code: "CAP-PURPOSE-003",
  });
  await expect(service.worth("nobody", { paths: [flightsPath], name: "flights", digest }, caller)).rejects.toMatchObject({
    code: "CAP-PURPOSE-002",
  });
});

test("the value of scores: best threshold, value at one, interval over weeks", async () => {
  const path = join(folder, "scores.parquet");
  await analytics.all(
    `copy (select timestamp '2001-04-01' + to_minutes((i * 10)::int) as date, ((hash(i) % 100) / 100.0)::double as score, case when (hash(i + 5) % 100) / 100.0 < (hash(i) % 100) / 100.0 then 20 else 0 end as delay from range(10000) t(i)) to '${path}' (format parquet)`,
  );
  await service.declare("curve", flights, caller);
  const curve = await service.valueCurve("curve", { paths: [path], name: "scores", score: "score" }, { threshold: 0.5 });
  const hand = await analytics.all<{ threshold: number; value: number }>(
    `with t as (select distinct score as threshold from read_parquet('${path}'))
     select t.threshold as threshold, sum(case when score >= t.threshold then (case when delay >= 15 then 9 else -3 end) else (case when delay >= 15 then -1.5 else 0.25 end) end) as value from t, read_parquet('${path}') group by 1 order by value desc`,
  );
  expect(curve.best.total).toBeCloseTo(hand[0]?.value ?? 0, 6);
  expect(curve.best.threshold).toBe(hand[0]?.threshold);
  expect(curve.at?.total).toBeCloseTo(hand.find((one) => one.threshold === 0.5)?.value ?? 0, 6);
  expect(curve.best.interval?.[0]).toBeLessThan(curve.best.perWeek);
  expect(curve.best.interval?.[1]).toBeGreaterThan(curve.best.perWeek);
  // Calibrated scores: acting pays where the chance exceeds the break-even precision.
  expect(curve.best.threshold).toBeCloseTo(
    breakEvenPrecision(flights.pays ?? { unit: "", true_positive: 0, false_positive: 0, false_negative: 0, true_negative: 0 }) ?? 0,
    1,
  );
  expect(await service.valueCurve("curve", { paths: [path], name: "scores", score: "score" }, { threshold: 0.5 })).toEqual(curve);
});

test("operations: nothing declared is null, rows come by reference", async () => {
  const handlers = purposeHandlers(service, async (_, reference) => ({ paths: [flightsPath], name: reference, digest }));
  expect(await handlers["purpose.get"]({ project: "empty" }, caller)).toEqual({ purpose: null, worth: null, versions: [] });
  await handlers["purpose.declare"]({ project: "ops", declaration: { ...flights, rows: "data:flights" } }, caller);
  expect(await handlers["purpose.worth"]({ project: "ops" }, caller)).toMatchObject({ unit: "min per flight", rows: 3_000_000 });
});
