import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../../base/foundation/log.ts";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createRunSearch } from "../search/run-search.ts";
import { createTrackingService } from "../service.ts";
import type { RunQuestion } from "./matching.ts";
import { createOrders } from "./order.ts";
import { createRunTable } from "./table.ts";
import { askedOf } from "./vocabulary.ts";

const never = async (): Promise<undefined> => undefined;
let open: TestStore;
let search: ReturnType<typeof createRunSearch>;
let answered = 0;

/** Ninety runs with numbers, words and gaps; some below others, some deleted, some ended. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  const tracking = createTrackingService({ store: open.store });
  search = createRunSearch(open.store.database, silentLog, { fewRuns: -1 });
  const places = [await tracking.ensureExperiment("p", "a", caller), await tracking.ensureExperiment("p", "b", caller)];
  const words = ["10", "9", "1e-5", "-2", "adam", "Adam", "", "2020-01-01", ".5", "x 1", "+3", "12abc"];
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
    if (i % 9 === 2) await tracking.endRun(run.id, { status: i % 2 === 0 ? "FINISHED" : "FAILED", endedMs: 2000 + i }, caller);
    if (i % 11 === 5) await tracking.changeRun(run.id, { lifecycle: "deleted" }, caller);
  }
});
afterAll(async () => {
  await search.close();
  await open.close();
});

const counted = async <T>(answer: Promise<T | undefined>): Promise<T | undefined> => {
  const found = await answer;
  if (found !== undefined) answered++;
  return found;
};

test("columns and statements answer the same", async () => {
  const { database } = open.store;
  const columns = {
    orders: createOrders(database, (one, held) => counted(search.ids(one, held))),
    table: createRunTable(database, (one, groups) => counted(search.groups(one, groups))),
  };
  const statements = { orders: createOrders(database, never), table: createRunTable(database, never) };
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
    { ...base, state: "deleted" as const },
    { ...base, roots: true },
  ].map((one) => ({ ...one, conditions: askedOf(one.filter, 5000) }));
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
  ];
  for (const question of questions) {
    for (const order of orders) {
      const [a, b] = await Promise.all([
        columns.orders.snapshot(question, order, undefined),
        statements.orders.snapshot(question, order, undefined),
      ]);
      expect(a.slice(0, 1000), JSON.stringify([question, order])).toEqual(b.slice(0, 1000));
    }
    for (const by of ["params.opt", "status", "kind", "user", "verdict", "experiment"]) {
      const [a, b] = await Promise.all([
        columns.table.groups(question, by, ["metrics.m", "metrics.m@max"], 5),
        statements.table.groups(question, by, ["metrics.m", "metrics.m@max"], 5),
      ]);
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
  const some = createOrders(database, ids, { firstIds: 10, wholeUpTo: 20 });
  const question: RunQuestion = { project: "p", kinds: ["user", "step"], filter: "", conditions: [], state: "active", roots: false };
  const whole = await createOrders(database, never).snapshot(question, ["-metrics.m"], undefined);
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
