import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { readingOf } from "./blocks.ts";
import { trackingMigrations } from "./migrations.ts";
import { createTrackingService, type TrackingService } from "./service.ts";
import { valuesAtStep } from "./step-values.ts";

const caller: Caller = { actor: { kind: "person", name: "local:someone" }, via: "session", roles: [], capabilities: new Set(["log"]) };
const blocks = 70;
let open: TestStore;
let tracking: TrackingService;
let runIds: string[];

/** A run whose seventy blocks all have points around and at step 2, the latest of them in the middle; another with one; one without. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  const experimentId = await tracking.ensureExperiment("p", "e", caller);
  const run = (): Promise<{ id: string }> =>
    tracking.createRun({ project: "p", experimentId, kind: "user", name: "r", startedMs: 1 }, caller);
  const [many, one, none] = await Promise.all([run(), run(), run()]);
  runIds = [many.id, one.id, none.id];
  const log = (id: string, timeMs: number, value: number): Promise<void> =>
    tracking.logBatch(id, { metrics: [1, 2, 3].map((step) => ({ key: "c", step, timeMs, value: value * step })) }, caller);
  for (const id of runIds) await tracking.endRun(id, { status: "FINISHED", endedMs: 2 }, caller);
  for (let i = 0; i < blocks; i++) await log(many.id, 1000 - Math.abs(i - 40), i);
  await log(one.id, 5, -1);
});
afterAll(async () => {
  await tracking.close();
  await open.close();
});

const read = async (limit: number): Promise<[number | undefined, (number | undefined)[]]> => {
  const found = new Map<string, number>();
  const blocksRead = await valuesAtStep(readingOf(open.store.database), { runIds, key: "c", step: 2 }, limit, (id, value) =>
    found.set(id, value),
  );
  return [blocksRead, runIds.map((id) => found.get(id))];
};

test("of very many blocks with a step the latest point at it is found", async () => {
  expect(await read(blocks + 1)).toEqual([blocks + 1, [80, -2, undefined]]);
});

test("what would take more blocks than may be read is not read", async () => {
  expect(await read(blocks)).toEqual([undefined, [undefined, undefined, undefined]]);
  expect(await read(1)).toEqual([undefined, [undefined, undefined, undefined]]);
});
