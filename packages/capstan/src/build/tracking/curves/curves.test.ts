import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { statement } from "../../../base/storage/database.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { createBlockRows } from "../blocks.ts";
import { createMetrics } from "../metrics.ts";
import { trackingMigrations } from "../migrations.ts";
import type { Point } from "../model.ts";
import { mergePoints, type Points, pointsOf } from "../points.ts";
import { bucketed } from "../series.ts";
import { createCurves } from "./curves.ts";

let open: TestStore;
let here: ReturnType<typeof createCurves>;
let there: ReturnType<typeof createCurves>;
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  here = createCurves(open.store.database, { fewPoints: Infinity });
  there = createCurves(open.store.database, { fewPoints: -1 });
});
afterAll(async () => {
  await there.close();
  await open.close();
});

type Given = { blocks: Points[]; tail: Point[] };
let next = 0;
async function runOf({ blocks, tail }: Given): Promise<string> {
  const { database, ids } = open.store;
  const owner = { project: "p", runId: `run-${next++}` };
  const rows = createBlockRows(owner, ids);
  for (const one of blocks) if (one.step.length > 0) rows.add("k", one);
  const keyed = tail.map((one) => ({ ...one, key: "k" }));
  const appended = keyed.length > 0 ? createMetrics(database, ids).append(owner, keyed) : [];
  await database.commit([
    ...rows.statements(),
    ...appended.map((one) => ({ ...one, sql: one.sql.replace("(select revision from run where id = ?)", "length(?)") })),
  ]);
  return owner.runId;
}

/** What MLflow's server does, over whole histories. */
function expected(runs: readonly Points[], fromStep: number, toStep: number | undefined, limit: number): number[][][] {
  const all = [...new Set(runs.flatMap((one) => [...one.step]))].sort((a, b) => a - b);
  const inside = all.filter((step) => step >= fromStep && step <= (toStep ?? Infinity));
  const every = inside.length / limit;
  const chosen = new Set(inside.length <= limit ? inside : Array.from({ length: limit }, (_, i) => inside[Math.floor(i * every)]));
  if (inside.length > 0) chosen.add(inside.at(-1));
  for (const { step } of runs) for (const end of [Math.min(...step), Math.max(...step)]) if (inside.includes(end)) chosen.add(end);
  return runs.map(({ step, timeMs, value }) =>
    [...step.keys()]
      .filter((i) => chosen.has(step[i] ?? 0))
      .map((i) => [step[i] ?? 0, timeMs[i] ?? 0, value[i] ?? 0])
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
  );
}
const listOf = ({ step, timeMs, value }: Points) => [...step].map((one, i) => [one, timeMs[i], value[i]]);

const regular = fc
  .record({ first: fc.integer({ min: -20, max: 40 }), stride: fc.constantFrom(1, 1, 2, 5), count: fc.integer({ min: 1, max: 60 }) })
  .map(({ first, stride, count }) =>
    pointsOf(Array.from({ length: count }, (_, i) => ({ step: first + i * stride, timeMs: 1000 + i, value: i / 7 }))),
  );
const point = fc.record({
  step: fc.integer({ min: -9, max: 60 }),
  timeMs: fc.constantFrom(5, 1003, 2 ** 52),
  value: fc.constantFrom(0, 0.1, NaN, Infinity),
});
const irregular = fc.array(point, { minLength: 1, maxLength: 40 }).map((list) => mergePoints([pointsOf(list)]));
const run = fc.record({
  blocks: fc.array(fc.oneof(regular, irregular), { maxLength: 4 }),
  tail: fc.array(point, { maxLength: 8 }),
});

test("points at evenly spaced steps are those of whole histories, whoever reads them", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(run, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.tuple(fc.integer({ min: -12, max: 30 }), fc.integer({ min: 0, max: 60 }))),
      async (given, limit, range) => {
        const runIds = await Promise.all(given.map(runOf));
        const whole = given.map((one) => mergePoints([...one.blocks, pointsOf(one.tail)]));
        const [fromStep, toStep] = range ? [range[0], range[0] + range[1]] : [0, undefined];
        const wanted = expected(whole, fromStep, toStep, limit);
        for (const curves of [here, there]) {
          const found = await curves.samples({ runIds, key: "k", fromStep, toStep, steps: limit, points: 25_000 });
          expect([...found.keys()]).toEqual(runIds);
          expect([...found.values()].map(listOf)).toEqual(wanted);
        }
      },
    ),
    { numRuns: 60 },
  );
});

type WirePoint = { key: string; value: number | "NaN"; timestamp: number; step: number };
async function pageOf(curves: typeof here, runId: string, from: number, limit: number): Promise<{ points: unknown[]; more: boolean }> {
  const texts: string[] = [];
  const pieces = curves.history(runId, "k", from, limit);
  for (;;) {
    const { value, done } = await pieces.next();
    if (!done) texts.push(Buffer.from(value).toString());
    else {
      const points = JSON.parse(`[${texts.join(",")}]`) as WirePoint[];
      return { points: points.map((one) => [one.step, one.timestamp, one.value]), more: value };
    }
  }
}
const wireOf = (points: Points): unknown[] =>
  listOf(points).map(([step, timeMs, value = 0]) => [
    step,
    timeMs,
    Number.isNaN(value) ? "NaN" : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)),
  ]);

test("pages of a history as text are those of the whole one, whoever makes them", { timeout: 60_000 }, async () => {
  const later = fc.nat(40).chain((many) =>
    fc.array(fc.boolean(), { maxLength: many }).map((gaps) => {
      let timeMs = 2000;
      return gaps.map((gap) =>
        pointsOf(Array.from({ length: 7 }, (_, i) => ({ step: i, timeMs: (timeMs += gap && i === 0 ? -3 : 1), value: i }))),
      );
    }),
  );
  await fc.assert(
    fc.asyncProperty(run, later, fc.integer({ min: 1, max: 90 }), fc.nat(60), async (given, blocks, limit, from) => {
      const all = { ...given, blocks: [...given.blocks, ...blocks] };
      const runId = await runOf(all);
      const whole = wireOf(mergePoints([...all.blocks, pointsOf(all.tail)]));
      for (const curves of [here, there]) {
        expect(await pageOf(curves, runId, 0, Infinity)).toEqual({ points: whole, more: false });
        expect(await pageOf(curves, runId, from, limit)).toEqual({
          points: whole.slice(from, from + limit),
          more: from + limit < whole.length,
        });
      }
    }),
    { numRuns: 80 },
  );
});

test("many points at one step are no more than the limit, the first by time and value", async () => {
  const blocks = Array.from({ length: 12 }, (_, b) =>
    pointsOf(Array.from({ length: 500 }, (_point, i) => ({ step: 3, timeMs: 10_000 - b, value: i }))),
  );
  const runId = await runOf({ blocks, tail: [{ step: 3, timeMs: 1, value: 0.5 }] });
  const all = mergePoints([...blocks, pointsOf([{ step: 3, timeMs: 1, value: 0.5 }])]);
  const found = await there.samples({ runIds: [runId], key: "k", fromStep: 0, toStep: undefined, steps: 10, points: 700 });
  expect(listOf(found.get(runId) as Points)).toEqual(listOf(all).slice(0, 700));
});

test("curves of many points come from a thread as they come from here, in the order asked", async () => {
  const long = Array.from({ length: 20 }, (_, b) =>
    pointsOf(
      Array.from({ length: 4096 }, (_point, i) => ({ step: b * 4096 + i, timeMs: b * 4096 + i, value: Math.sin((b * 4096 + i) / 900) })),
    ),
  );
  const few = pointsOf([{ step: 1, timeMs: 2, value: 3 }]);
  const runIds = [
    await runOf({ blocks: [few], tail: [] }),
    await runOf({ blocks: long, tail: [{ step: 90_000, timeMs: 1e6, value: NaN }] }),
  ];
  const series = [...runIds, ...runIds.toReversed()].map((runId) => ({ runId, key: "k", points: 1e6 }));
  for (const range of [{}, { fromStep: 500.5, toStep: 60_000 }]) {
    const [mine, theirs] = await Promise.all([here, there].map((one) => Array.fromAsync(one.charts(series, 50, range))));
    expect(theirs).toEqual(mine);
    expect(mine?.map((one) => one.points)).toEqual(
      [few, mergePoints([...long, pointsOf([{ step: 90_000, timeMs: 1e6, value: NaN }])])]
        .map((one) => bucketed(one, 50, range).points)
        .flatMap((n, i, all) => (i === 0 ? [n, all[1] ?? 0, all[1] ?? 0, n] : [])),
    );
  }
});

test("what a store from before strides holds is found, too", async () => {
  const points = pointsOf(Array.from({ length: 900 }, (_, i) => ({ step: i * 3, timeMs: i, value: i })));
  const runId = await runOf({ blocks: [points], tail: [] });
  const asked = { runIds: [runId], key: "k", fromStep: 0, toStep: undefined, steps: 7, points: 25_000 };
  const before = await there.samples(asked);
  expect(listOf(before.get(runId) as Points)).toEqual(expected([points], 0, undefined, 7)[0]);
  for (const sql of ["update metric_pyramid set stride = null where run_id = ?", "delete from metric_pyramid where run_id = ?"]) {
    await open.store.database.commit([statement(sql, runId)]);
    expect(await there.samples(asked)).toEqual(before);
  }
});
