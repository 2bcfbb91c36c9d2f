import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRecordService, type RecordService } from "../../base/record/service.ts";
import { type Analytics, openAnalytics } from "../../build/data/analytics.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { servingMigrations } from "./migrations.ts";
import type { LoggedRows, RouteTable, Segment } from "./model.ts";
import { createPredictionLog } from "./prediction-log.ts";
import { segmentSeals } from "./segment-seals.ts";

const arm = { arm: "live", model: "m", number: 1, digest: "d", bundle: "b", share: 1, ranges: {}, sinceMs: 0 } as const;
const table: RouteTable = {
  project: "default",
  route: "answers",
  epoch: 1,
  arms: [arm],
  back: null,
  salt: "s",
  release: null,
  reason: "",
  atMs: 0,
  entryId: null,
};
const rows: LoggedRows = {
  table,
  arm,
  caller: "loopback",
  use: null,
  rows: 2,
  receivedMs: 1000,
  latencyUs: 42,
  flags: 0,
  observedMs: [986_119_200_000, 986_119_260_000],
  keys: ["1", "2"],
  features: [["x", [1, 2]]],
  outputs: [["y", Float32Array.of(0.25, 0.75)]],
};
const signature = {
  inputs: [{ name: "x", datatype: "FP32" as const, shape: [-1, 1] }],
  outputs: [{ name: "y", datatype: "FP32" as const, shape: [-1, 1] }],
};

let opened: TestStore;
let engine: Analytics;
let record: RecordService;
let segments: Segment[];
beforeEach(async () => {
  opened = await openTestStore(servingMigrations);
  engine = openAnalytics({ memoryLimit: "256MB", tempFolder: join(opened.folder, "temp") });
  const log = createPredictionLog({ store: opened.store, engine });
  await log.recover();
  for (let i = 0; i < 3; i++) {
    await new Promise<void>((resolve, reject) =>
      log.append({ ...rows, receivedMs: 1000 + i }, signature, "strict", (error) => (error ? reject(error) : resolve())),
    );
    await log.flush("answers");
  }
  segments = await log.closed("answers");
  await log.close();
  record = createRecordService({ store: opened.store, tilesFolder: join(opened.folder, "tiles") });
  record.addSealCheck(segmentSeals(opened.store));
});
afterEach(async () => {
  await engine.close();
  await opened.close();
});

const seals = async (deep = false) => (await record.verify({ deep })).parts.find((part) => part.part === "seals");

test("closed segments are what their entries sealed, and what was read is said", async () => {
  expect(segments).toHaveLength(3);
  expect(await seals()).toMatchObject({ verdict: "pass", text: "3 prediction segments, 3 read and hashed" });
});

test("one changed byte in a stored row is found and its segment named", async () => {
  const [, tampered] = segments;
  const path = await opened.store.blobs.localPath(tampered?.digest ?? "");
  const bytes = await readFile(path);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(path, bytes);
  expect(await seals()).toMatchObject({ verdict: "fail", text: expect.stringContaining(`segment ${tampered?.id} of answers`) });
});

test.each([
  ["row_count", 1],
  ["digest", "0".repeat(64)],
  ["first_observed_ms", 5],
  ["route", "other"],
])("a segment whose %s was edited in the database is named", async (column, value) => {
  await opened.store.database.commit([{ sql: `update segment set ${column} = ? where id = ?`, params: [value, segments[0]?.id ?? ""] }]);
  expect(await seals()).toMatchObject({ verdict: "fail", text: expect.stringContaining(segments[0]?.id ?? "-") });
});

test("a segment that was removed, or put in without an entry, is named", async () => {
  const { database } = opened.store;
  await database.commit([{ sql: "update segment set id = 'another' where id = ?", params: [segments[2]?.id ?? ""] }]);
  await opened.store.recorder.look();
  const found = await segmentSeals(opened.store).check({ deep: false });
  expect(found.problems).toEqual([
    expect.stringContaining("segment another of answers"),
    expect.stringMatching(new RegExp(`entry \\d+ closed segment ${segments[2]?.id}, which is gone`)),
  ]);
});

test("a segment whose bytes are gone is named", async () => {
  await opened.store.blobs.delete(segments[0]?.digest ?? "");
  expect(await seals()).toMatchObject({ verdict: "fail", text: expect.stringContaining("missing") });
});
