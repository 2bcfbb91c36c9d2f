import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../../base/foundation/log.ts";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createRunSearch } from "../search/run-search.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import type { RunQuestion } from "./matching.ts";
import { createOrders } from "./order.ts";
import { createRunTable } from "./table.ts";
import { askedOf, columnOf } from "./vocabulary.ts";

const never = async (): Promise<undefined> => undefined;
let open: TestStore;
let tracking: TrackingService;
let search: ReturnType<typeof createRunSearch>;
let answered = 0;

/** A curve that reaches step 2 in the tail, in a block, in several blocks out of order, never, or as its last; twice at one step it is the later that counts. */
function curveOf(i: number): { key: string; step: number; timeMs: number; value: number }[] {
  const steps =
    [
      [0, 1, 2, 3],
      [2, 1, 3, 2],
      [0, 1, 2],
      [0, 1],
      [5, 2, 9],
      [1, 3, 5],
      [-2, 2, 6],
    ][i % 7] ?? [];
  const long = Array.from({ length: 9000 }, (_, at) => at % 4);
  const special = [NaN, Infinity, -Infinity][i % 13];
  return (i === 2 ? long : steps).map((step, at) => ({ key: "c", step, timeMs: 10 + at, value: step === 2 ? (special ?? i + at) : step }));
}

/** Ninety runs with numbers, words and gaps; some below others, some deleted, some ended. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  search = createRunSearch(open.store.database, silentLog, { fewRuns: -1 });
  const places = [await tracking.ensureExperiment("p", "a", caller), await tracking.ensureExperiment("p", "b", caller)];
  const words = [
    "10",
    "9",
    "1e-5",
    "-2",
    "adam",
    "Adam",
    "",
    "2020-01-01",
    ".5",
    "x 1",
    "+3",
    "12abc",
    "1e999",
    "0x10",
    "1e-400",
    "12",
    "9".repeat(80),
  ];
  const numbers = [NaN, -1, 0, 0.5, Infinity, -Infinity, 7, 0.5];
  const ids: string[] = [];
  for (let i = 0; i < 90; i++) {
    const run = await tracking.createRun(
      {
        project: "p",
        experimentId: places[i % 3 === 0 ? 1 : 0] ?? "",
        kind: i % 8 === 0 ? "step" : "user",
        name: `Run ${i % 10}`,
        startedMs: 1000 + (i % 6),
        by: i % 4 === 0 ? "ann" : "bob",
        params: i % 5 === 0 ? {} : { opt: words[i % words.length] ?? "" },
        ...(i % 7 === 3 && { parentId: ids[0] ?? "" }),
      },
      caller,
    );
    ids.push(run.id);
    if (i % 4 !== 1)
      await tracking.logBatch(run.id, { metrics: [{ key: "m", step: 0, timeMs: 1, value: numbers[i % numbers.length] ?? 0 }] }, caller);
    if (i % 3 !== 1) await tracking.logBatch(run.id, { metrics: curveOf(i) }, caller);
    if (i % 9 === 2) await tracking.endRun(run.id, { status: i % 2 === 0 ? "FINISHED" : "FAILED", endedMs: 2000 + i }, caller);
    if (i % 11 === 5) await tracking.changeRun(run.id, { lifecycle: "deleted" }, caller);
  }
});
afterAll(async () => {
  await search.close();
  await tracking.close();
  await open.close();
});

const counted = async <T>(answer: Promise<T | undefined>): Promise<T | undefined> => {
  const found = await answer;
  if (found !== undefined) answered++;
  return found;
};

test("columns and statements answer the same", async () => {
  const { database } = open.store;
  const { valuesAtStep } = tracking;
  const columns = {
    orders: createOrders(database, (one, held) => counted(search.ids(one, held)), valuesAtStep),
    table: createRunTable(database, (one, groups) => counted(search.groups(one, groups)), valuesAtStep),
  };
  const statements = { orders: createOrders(database, never, valuesAtStep), table: createRunTable(database, never, valuesAtStep) };
  const base = { project: "p", kinds: ["user", "step"] as const, filter: "", state: "active" as const, roots: false };
  const questions: RunQuestion[] = [
    base,
    { ...base, experiment: "1" },
    { ...base, kinds: ["user"] as const, filter: "metrics.m >= 0" },
    { ...base, filter: "params.opt != '9' AND user = 'bob'" },
    { ...base, filter: "run 3" },
    { ...base, filter: "kind = 'step' AND step IS NULL" },
    { ...base, filter: "status IN ('FAILED', 'FINISHED') AND params.opt IS NULL" },
    { ...base, filter: "metrics.m > 0 OR params.opt = 'adam' AND NOT user = 'bob'" },
    { ...base, filter: "NOT (metrics.m >= 0 OR params.opt IN ('9', '10'))" },
    { ...base, filter: "NOT ended > 2010 AND started < today AND metrics.m@min <= 0.5" },
    { ...base, filter: "experiment = 1 AND has:metrics.m AND NOT has:params.opt OR seconds > 1ms" },
    { ...base, filter: "experiment IS NULL OR verdict IS NULL AND metrics.m IS NULL" },
    { ...base, filter: "params.opt > 8.5 AND NOT params.opt >= 11" },
    { ...base, filter: "params.opt BETWEEN -2 AND 1e-5 OR params.opt < 1e-300" },
    { ...base, filter: "NOT params.opt <= 1e300 AND has:params.opt" },
    { ...base, filter: "metrics.m@min IS NULL AND NOT metrics.m@max < 7" },
    { ...base, filter: "metrics.c@step(2) >= 20 AND metrics.c@step(2) < 60" },
    { ...base, filter: "metrics.c@step(2) != 40 AND NOT metrics.c@step(-1) = 0" },
    { ...base, experiment: "1", filter: "NOT has:metrics.c@step(2) OR metrics.c@step(3) = 3" },
    { ...base, filter: "metrics.c@step(2) IS NULL AND by IN (me, bob)" },
    { ...base, state: "deleted" as const },
    { ...base, roots: true },
  ].map((one) => ({ ...one, conditions: askedOf(one.filter, { nowMs: 5000, me: ["local:ann", "ann"] }) }));
  const orders = [
    [],
    ["metrics.m"],
    ["-metrics.m"],
    ["params.opt"],
    ["-params.opt", "name"],
    ["-ended"],
    ["name", "started"],
    ["-metrics.m@max"],
    ["metrics.m@min", "name"],
    ["-seconds"],
    ["experiment", "name"],
    ["verdict", "-kind"],
    ["metrics.c@step(2)"],
    ["-metrics.c@step(2)", "params.opt"],
  ];
  const metrics = ["metrics.m", "metrics.m@max", "metrics.c@step(2)"];
  for (const question of questions) {
    for (const order of orders) {
      const [a, b] = await Promise.all([
        columns.orders.snapshot(question, order, undefined),
        statements.orders.snapshot(question, order, undefined),
      ]);
      expect(a.slice(0, 1000), JSON.stringify([question, order])).toEqual(b.slice(0, 1000));
    }
    for (const by of ["params.opt", "status", "kind", "user", "verdict", "experiment"]) {
      const [a, b] = await Promise.all([columns.table.groups(question, by, metrics, 5), statements.table.groups(question, by, metrics, 5)]);
      expect(a, JSON.stringify([question, by])).toEqual(b);
    }
  }
  // PostgreSQL leaves ILIKE to its statements.
  expect(answered).toBeGreaterThanOrEqual((questions.length - 1) * (orders.length + 6));
});

test("of very many runs the first are put in order, and all of them once somebody looks further, under the same name", async () => {
  const { database } = open.store;
  const held: number[] = [];
  const ids: typeof search.ids = async (one, asked) => {
    const found = await search.ids(one, asked);
    if (found) held.push(found.ids.length / 16);
    return found;
  };
  const some = createOrders(database, ids, tracking.valuesAtStep, { firstIds: 10, wholeUpTo: 20 });
  const question: RunQuestion = { project: "p", kinds: ["user", "step"], filter: "", conditions: [], state: "active", roots: false };
  const whole = await createOrders(database, never, tracking.valuesAtStep).snapshot(question, ["-metrics.m"], undefined);
  expect(whole.total).toBeGreaterThan(50);
  const first = await some.snapshot(question, ["-metrics.m"], undefined, 10);
  expect([first.total, first.slice(0, 10)]).toEqual([whole.total, whole.slice(0, 10)]);
  const again = await some.snapshot(question, ["-metrics.m"], first.name, 8);
  expect([again.name, held]).toEqual([first.name, [10]]);
  const further = await some.snapshot(question, ["-metrics.m"], first.name, 30);
  expect([further.name, further.slice(0, 1000)]).toEqual([first.name, whole.slice(0, 1000)]);
  const few = await some.snapshot({ ...question, parent: "none" }, ["-metrics.m"], undefined, 10);
  expect(few.total).toBe(0);
  expect(held).toEqual([10, whole.total, 0]);
});

test("a value at a step is the last that was logged there, in the tail and in blocks, and follows what comes", async () => {
  const { database } = open.store;
  const { valuesAtStep } = tracking;
  const runs = await database.all<{ id: string }>("select id from run order by started_ms, id");
  const runIds = runs.map((one) => one.id);
  const read = async (): Promise<Map<string, number>> => {
    const found = new Map<string, number>();
    for (const id of runIds) {
      const { step, value } = await tracking.history(id, "c");
      const at = step.lastIndexOf(2);
      if (at >= 0) found.set(id, value[at] ?? 0);
    }
    return found;
  };
  expect(new Map([...(await valuesAtStep({ runIds, key: "c", step: 2 }))].sort())).toEqual(new Map([...(await read())].sort()));
  const question: RunQuestion = { project: "p", kinds: ["user", "step"], filter: "", conditions: [], state: "active", roots: false };
  const asked = (filter: string): RunQuestion => ({ ...question, filter, conditions: askedOf(filter, { nowMs: 5000, me: [] }) });
  const columns = createOrders(database, search.ids, valuesAtStep);
  const total = async (filter: string): Promise<number> => (await columns.snapshot(asked(filter), [], undefined)).total;
  expect(await total("metrics.late@step(600) > 1")).toBe(0);
  const openRun = await database.find<{ id: string }>(
    "select id from run where seal is null and lifecycle = 'active' and kind = 'user' limit 1",
  );
  const log = (...points: [number, number, number][]): Promise<void> =>
    tracking.logBatch(
      openRun?.id ?? "",
      { metrics: points.map(([step, timeMs, value]) => ({ key: "late", step, timeMs, value })) },
      caller,
    );
  await log([600, 5, 2]);
  expect([await total("metrics.late@step(600) = 2"), await total("metrics.late@step(601) = 2")]).toEqual([1, 0]);
  await log([700, 6, 9], [600, 7, 3], [600, 4, 8]);
  expect([await total("metrics.late@step(600) = 3"), await total("has:metrics.late@step(600)")]).toEqual([1, 1]);
  const [row] = await createRunTable(database, never, valuesAtStep).cells(
    await createRunTable(database, never, valuesAtStep).runs([openRun?.id ?? ""]),
    ["metrics.late@step(600)", "metrics.late", "metrics.late@step(1)"].map((one) => columnOf(one)),
  );
  expect(row).toEqual([3, 9, null]);
});

test("values at a step that stand in too many pieces of curves are refused, and nothing else is", async () => {
  const few = createRunSearch(open.store.database, silentLog, { fewRuns: -1, stepBlocks: 20 });
  const question: RunQuestion = { project: "p", kinds: ["user", "step"], filter: "", conditions: [], state: "active", roots: false };
  const orders = createOrders(open.store.database, few.ids, tracking.valuesAtStep);
  try {
    for (const order of ["metrics.c@step(2)", "metrics.c@step(1)"])
      await expect(orders.snapshot(question, [order], undefined)).rejects.toMatchObject({ code: "CAP-TRACK-006" });
    expect((await orders.snapshot(question, ["metrics.c@step(99)"], undefined)).total).toBeGreaterThan(50);
    expect((await orders.snapshot(question, ["metrics.c"], undefined)).total).toBeGreaterThan(50);
  } finally {
    await few.close();
  }
});
