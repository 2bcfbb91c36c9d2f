import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { openAnalytics, type Analytics } from "../../build/data/analytics.ts";
import { crc32c } from "./crc32c.ts";
import { servingMigrations } from "./migrations.ts";
import type { LoggedRows, Prediction, RouteTable } from "./model.ts";
import { createPredictionLog, type PredictionLog } from "./prediction-log.ts";
import { scanSegment } from "./segment-format.ts";
import type { Signature } from "../../build/inference/model.ts";

const signature: Signature = {
  inputs: [
    { name: "distance", datatype: "FP32", shape: [-1, 1] },
    { name: "origin", datatype: "BYTES", shape: [-1, 1] },
  ],
  outputs: [{ name: "probability", datatype: "FP32", shape: [-1, 1] }],
};
const arm = { arm: "live", model: "late-arrival", number: 2, digest: "d", bundle: "b", share: 1, ranges: {}, sinceMs: 0 } as const;
const table: RouteTable = {
  project: "default",
  route: "late-arrival",
  epoch: 7,
  arms: [arm],
  back: null,
  salt: "s",
  release: null,
  reason: "",
  atMs: 0,
  entryId: null,
};
const rows = (keys: readonly string[]): LoggedRows => ({
  table,
  arm,
  caller: "loopback",
  use: "replay",
  rows: keys.length,
  receivedMs: 1000,
  latencyUs: 42,
  flags: 0,
  observedMs: keys.map((_, i) => 986_119_200_000 + i * 60_000),
  keys,
  features: [
    ["distance", keys.map((_, i) => 733 + i)],
    ["origin", keys.map(() => "Ōrd'\"\n")],
  ],
  outputs: [["probability", Float32Array.from(keys, () => 0.25)]],
});

let opened: TestStore;
let engine: Analytics;
let log: PredictionLog;
beforeEach(async () => {
  opened = await openTestStore(servingMigrations);
  engine = openAnalytics({ memoryLimit: "256MB", tempFolder: join(opened.folder, "temp") });
  log = createPredictionLog({ store: opened.store, engine });
  await log.recover();
});
afterEach(async () => {
  await log.close();
  await engine.close();
  await opened.close();
});
const durably = (keys: readonly string[], mode: "strict" | "fast" = "strict"): Promise<void> =>
  new Promise((resolve, reject) => log.append(rows(keys), signature, mode, (error) => (error ? reject(error) : resolve())));
const openKeys = async (): Promise<(string | null)[]> => {
  const keys: (string | null)[] = [];
  await log.readOpen("late-arrival", (row) => keys.push(row.key));
  return keys;
};
const segmentFile = async (): Promise<string> =>
  join(
    opened.folder,
    "spool/late-arrival",
    (await readdir(join(opened.folder, "spool/late-arrival"))).find((name) => name.endsWith(".seg")) ?? "",
  );

it("computes CRC-32C as everyone does", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

describe("prediction log", () => {
  it("strict rows are in the file when they are acknowledged", async () => {
    await durably(["1", "2"]);
    expect((await readFile(await segmentFile())).includes("Ōrd")).toBe(true);
    const read: Prediction[] = [];
    await log.readOpen("late-arrival", (row) => read.push(row));
    expect(read[1]).toMatchObject({
      key: "2",
      epoch: 7,
      version: 2,
      use: "replay",
      caller: "loopback",
      features: { distance: 734, origin: "Ōrd'\"\n" },
      outputs: { probability: 0.25 },
      latencyUs: 42,
    });
  });

  it("many frames of a turn are synced together, in order", async () => {
    await Promise.all(Array.from({ length: 500 }, (_, i) => durably([String(i)], i % 2 ? "strict" : "fast")));
    expect(await openKeys()).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
  });

  it("a segment becomes a Parquet blob with an entry and lineage, and its file goes", async () => {
    await durably(["1", "2", "3"]);
    await log.flush("late-arrival");
    const [segment] = await log.closed("late-arrival");
    expect(segment).toMatchObject({ rows: 3, firstObservedMs: 986_119_200_000, lastObservedMs: 986_119_320_000 });
    const path = await opened.store.blobs.localPath(segment?.digest ?? "");
    const [row] = await engine.all(`select * from read_parquet('${path}') where key = '2'`);
    expect(row).toMatchObject({
      observed_at: "2001-04-01T10:01:00.000Z",
      feature_distance: 734,
      feature_origin: "Ōrd'\"\n",
      output_probability: 0.25,
      version: 2,
      use: "replay",
      epoch: 7,
    });
    expect(await readdir(join(opened.folder, "spool/late-arrival"))).toEqual([]);
    expect(await opened.store.database.all("select action, subject_id from entry")).toEqual([
      { action: "segment.closed", subject_id: segment?.id },
    ]);
    expect(await opened.store.database.all("select to_id from lineage_edge")).toEqual([{ to_id: "model:late-arrival@v2" }]);
  });

  it("rolls to a new segment by rows without losing any", async () => {
    await log.close();
    log = createPredictionLog({ store: opened.store, engine, limits: { segmentRows: 100, segmentBytes: 1 << 20, segmentMs: 1e9 } });
    for (let i = 0; i < 25; i++) await durably(Array.from({ length: 10 }, (_, k) => `${i}-${k}`));
    await log.flush("late-arrival");
    expect((await log.closed("late-arrival")).map((segment) => segment.rows)).toEqual([100, 100, 50]);
  });
});

describe("recovery", () => {
  it("keeps whole rows, drops a torn tail, and seals what another process left", async () => {
    await durably(["1", "2"]);
    await durably(["3"]);
    const path = await segmentFile();
    const whole = await readFile(path);
    await log.close();
    await writeFile(path, whole.subarray(0, whole.length - 5));
    log = createPredictionLog({ store: opened.store, engine });
    await log.recover();
    expect(await openKeys()).toEqual(["1", "2"]);
    await log.flush("late-arrival");
    expect((await log.closed("late-arrival")).map((segment) => segment.rows)).toEqual([2]);
  });

  it("at every length of the file it keeps the whole frames before the cut", async () => {
    await durably(["1", "2"]);
    await durably(["3"]);
    const path = await segmentFile();
    const whole = await readFile(path);
    await log.close();
    const counts = new Set<number>();
    for (let length = 0; length <= whole.length; length++) counts.add(scanSegment(whole.subarray(0, length)).rows);
    expect([...counts]).toEqual([0, 2, 3]);
    for (let at = 8; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ 0x10;
      expect(scanSegment(damaged).rows).toBeLessThan(3);
    }
  });

  it("a segment that was committed before the crash is not sealed twice", async () => {
    await durably(["1"]);
    const path = await segmentFile();
    const bytes = await readFile(path);
    await log.flush("late-arrival");
    await log.close();
    await writeFile(path, bytes);
    log = createPredictionLog({ store: opened.store, engine });
    await log.recover();
    await log.flush("late-arrival");
    expect(await log.closed("late-arrival")).toHaveLength(1);
    expect(await openKeys()).toEqual([]);
  });
});
