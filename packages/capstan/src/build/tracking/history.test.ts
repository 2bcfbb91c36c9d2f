import fc from "fast-check";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { statement } from "../../base/storage/database.ts";
import { person as caller } from "../../testing/person.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { createBlockRows, partsOf, readingOf, seriesName, type StepRange } from "./blocks.ts";
import { readCurve } from "./curve.ts";
import { readHistory } from "./history.ts";
import { createMetrics } from "./metrics.ts";
import { trackingMigrations } from "./migrations.ts";
import type { Point } from "./model.ts";
import { mergePoints, noPoints, type Points, pointsOf, slicePoints } from "./points.ts";
import { bucketed } from "./series.ts";
import { createTrackingService, type TrackingService } from "./service.ts";

let open: TestStore;
let tracking: TrackingService;
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
});
afterAll(async () => {
  await tracking.idle();
  await open.close();
});

let next = 0;
/** A series whose blocks and tail are just these. */
async function series(blocks: readonly Points[], tail: readonly Point[] = []): Promise<{ runId: string; all: Points }> {
  const { database, ids } = open.store;
  const owner = { project: "p", runId: `series-${next++}` };
  const rows = createBlockRows(owner, ids);
  for (const one of blocks) rows.add("k", one);
  await database.commit(rows.statements());
  if (tail.length > 0)
    await database.commit(
      createMetrics(database, ids)
        .append(
          owner,
          tail.map((one) => ({ ...one, key: "k" })),
        )
        .map((one) => ({ ...one, sql: one.sql.replace("(select revision from run where id = ?)", "length(?)") })),
    );
  return { runId: owner.runId, all: mergePoints([...blocks, pointsOf(tail)]) };
}
const listOf = ({ step, timeMs, value }: Points) => [...step].map((one, i) => [one, timeMs[i], value[i]]);
async function read(runId: string, skip = 0): Promise<Points> {
  const pieces: Points[] = [];
  for await (const piece of readHistory(readingOf(open.store.database), runId, "k", skip)) pieces.push(piece);
  const total = noPoints(pieces.reduce((sum, one) => sum + one.step.length, 0));
  let at = 0;
  for (const piece of pieces) {
    total.step.set(piece.step, at);
    total.timeMs.set(piece.timeMs, at);
    total.value.set(piece.value, at);
    at += piece.step.length;
  }
  return total;
}

async function curveOf(runId: string, buckets: number, range: StepRange) {
  const reading = readingOf(open.store.database);
  const parts = (await partsOf(reading, [runId], ["k"], true, range)).get(seriesName(runId, "k")) ?? [];
  return readCurve(reading, { runId, key: "k" }, parts, buckets, range);
}

/** Few moments, so that parts overlap, touch and repeat. */
const point = fc.record({
  step: fc.integer({ min: -3, max: 3 }),
  timeMs: fc.integer({ min: 0, max: 12 }),
  value: fc.constantFrom(0, 1, NaN, Infinity, -Infinity),
});
const block = fc.array(point, { minLength: 1, maxLength: 40 }).map((list) => mergePoints([pointsOf(list)]));

test("a history read in pieces is the whole one, however blocks overlap, from any point on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(block, { maxLength: 20 }), fc.array(point, { maxLength: 10 }), fc.nat(60), async (blocks, tail, skip) => {
      const { runId, all } = await series(blocks, tail);
      expect(listOf(await read(runId))).toEqual(listOf(all));
      expect(listOf(await read(runId, skip))).toEqual(listOf(all).slice(skip));
    }),
    { numRuns: 60 },
  );
});

test("blocks of any order of moments are merged", async () => {
  const shape = [
    (i: number) => ({ timeMs: 5, step: i }),
    (i: number) => ({ timeMs: i, step: 0 }),
    (i: number) => ({ timeMs: (i * 7919) % 20_011, step: i }),
    () => ({ timeMs: 1, step: 1 }),
  ];
  for (const of of shape) {
    const list = Array.from({ length: 20_000 }, (_, i) => ({ ...of(i), value: i }));
    const blocks = [0, 1, 2, 3, 4].map((k) => mergePoints([pointsOf(list.slice(k * 4000, (k + 1) * 4000))]));
    const { runId, all } = await series(blocks, list.slice(15_000, 15_100));
    expect(await read(runId)).toEqual(all);
    expect(await read(runId, 9000)).toEqual(slicePoints(all, 9000, 20_000));
  }
});

const whole = { groups: 20 * 4096, steps: (i: number) => i };
const long = async (steps: (i: number) => number) => {
  const list = Array.from({ length: whole.groups }, (_, i) => ({
    step: steps(i),
    timeMs: 1000 + i,
    value: i % 1000 === 7 ? NaN : Math.sin(i / 500) + (i === 33_333 ? 50 : 0),
  }));
  const blocks = Array.from({ length: 20 }, (_, k) => pointsOf(list.slice(k * 4096, (k + 1) * 4096)));
  return series(blocks, [{ step: whole.groups, timeMs: 1e6, value: -9 }]);
};
const total = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);
const finite = (values: readonly number[]): number[] => values.filter((one) => Number.isFinite(one));

test("a long curve is drawn from pyramids: each point is in one bucket, least and greatest are kept, steps ascend", async () => {
  for (const steps of [(i: number) => i, (i: number) => (i * 31) % 4096, (i: number) => Math.floor(i / 3)]) {
    const { runId, all } = await long(steps);
    for (const range of [{}, { fromStep: 1000.5, toStep: 70_000 }, { fromStep: 5 }]) {
      const curve = await curveOf(runId, 100, range);
      const exact = bucketed(all, 100, range);
      expect([curve.points, curve.nonFinite, total(curve.count)]).toEqual([exact.points, exact.nonFinite, exact.points]);
      expect(Math.min(...finite(curve.min))).toBe(Math.min(...finite(exact.min)));
      expect(Math.max(...finite(curve.max))).toBe(Math.max(...finite(exact.max)));
      expect([curve.first[0], curve.step[0], curve.timeMs[0]]).toEqual([exact.first[0], exact.step[0], exact.timeMs[0]]);
      expect(curve.last.at(-1)).toBe(exact.last.at(-1));
      expect(curve.step).toEqual(curve.step.toSorted((a, b) => a - b));
    }
  }
});

test("a short range of a long curve is exact, and so is one of a store from before pyramids", async () => {
  const { runId, all } = await long((i) => i);
  const range = { fromStep: 40_000, toStep: 44_000 };
  expect(await curveOf(runId, 500, range)).toEqual(bucketed(all, 500, range));
  await open.store.database.commit([statement("delete from metric_pyramid where run_id = ?", runId)]);
  expect(await curveOf(runId, 100, {})).toEqual(bucketed(all, 100, {}));
  expect(await read(runId)).toEqual(all);
});

test("a history of a million points holds up neither small writes nor the event loop", { timeout: 60_000 }, async () => {
  const list = (from: number): Points =>
    pointsOf(Array.from({ length: 4096 }, (_, i) => ({ step: from + i, timeMs: from + i, value: Math.sqrt(from + i) })));
  const { runId } = await series(Array.from({ length: 245 }, (_, k) => list(k * 4096)));
  const run = await tracking.createRun(
    { project: "p", experimentId: await tracking.ensureExperiment("p", "e", caller), kind: "user", name: "r", startedMs: 1 },
    caller,
  );
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let points = 0;
  let reading = true;
  const history = (async () => {
    for await (const piece of tracking.historyPieces(runId, "k")) points += piece.step.length;
    reading = false;
  })();
  delay.enable();
  const times: number[] = [];
  for (let i = 0; reading; i++) {
    const began = performance.now();
    await tracking.logBatch(run.id, { metrics: [{ key: "k", value: i, step: i, timeMs: i }] }, caller);
    times.push(performance.now() - began);
  }
  await history;
  delay.disable();
  expect(points).toBe(245 * 4096);
  expect(times.length).toBeGreaterThan(5);
  // The share that a busy machine may take for itself.
  expect(delay.percentile(95) / 1e6).toBeLessThan(50);
  expect(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)]).toBeLessThan(50);
});
