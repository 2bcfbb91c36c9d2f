import { runTableOperations } from "@capstan/contract/operations/run-table";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import { runTableHandlers } from "./operations.ts";

let open: TestStore;
let tracking: TrackingService;
let handlers: ReturnType<typeof runTableHandlers>;
let experiment: string;
const ids: string[] = [];

async function call<K extends keyof typeof runTableOperations>(
  name: K,
  input: object = {},
  as: Caller = caller,
): Promise<ReturnType<(typeof runTableOperations)[K]["output"]["parse"]>> {
  const operation = runTableOperations[name];
  const output = await (handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>)(
    operation.input.parse({ project: "p", ...input }),
    as,
  );
  return operation.output.parse(JSON.parse(JSON.stringify(output))) as never;
}
const names = async (input: object): Promise<string[]> => (await call("runs.search", input)).rows.map((row) => row.name);

/** Twelve runs, r0 to r11, each a second newer; every third without a score, one with NaN; r1 to r3 below r0. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  handlers = runTableHandlers(tracking, open.store);
  experiment = await tracking.ensureExperiment("p", "late", caller);
  for (let i = 0; i < 12; i++) {
    const run = await tracking.createRun(
      {
        project: "p",
        experimentId: experiment,
        kind: i === 11 ? "step" : "user",
        name: `r${i}`,
        startedMs: 1_000_000 + i * 1000,
        params: { lr: String([0.5, 0.1, 10, 2][i % 4]), ...(i % 2 === 0 && { opt: i % 4 === 0 ? "adam" : "sgd" }) },
        tags: i === 4 ? { note: "50% done" } : {},
        ...(i >= 1 && i <= 3 && { parentId: ids[0] ?? "" }),
      },
      caller,
    );
    ids.push(run.id);
    if (i % 3 !== 0)
      await tracking.logBatch(
        run.id,
        {
          metrics: [
            { key: "score", step: 0, timeMs: 1, value: i === 7 ? NaN : i },
            { key: "curve", step: 0, timeMs: 1, value: 5 },
            { key: "curve", step: 1, timeMs: 2, value: i },
          ],
        },
        caller,
      );
  }
});
afterAll(() => open.close());

test("a page anywhere in the order, with the asked columns and the exact total", async () => {
  const first = await call("runs.search", {
    experiment,
    limit: 2,
    columns: ["metrics.score", "params.opt", "metrics.curve@max", "status"],
  });
  expect(first.total).toBe(12);
  expect(first.rows.map((row) => row.name)).toEqual(["r11", "r10"]);
  expect(first.rows[1]?.values).toEqual([10, "sgd", 10, "RUNNING"]);
  const last = await call("runs.search", { experiment, offset: 10, limit: 5, snapshot: first.snapshot });
  expect(last.rows.map((row) => row.name)).toEqual(["r1", "r0"]);
  expect(last.snapshot).toBe(first.snapshot);
  expect(last.rows[1]?.children).toBe(3);
  expect((await call("runs.search", { experiment, snapshot: "forgotten.1" })).total).toBe(12);
});

test("the newest runs are those that a search without a filter begins with", async () => {
  const asked = { columns: ["metrics.score"], limit: 5 };
  const { rows } = await call("runs.newest", asked);
  const searched = (await call("runs.search", { ...asked, order: ["-started"] })).rows;
  // They still run: how long is another moment.
  expect(rows.map((row) => ({ ...row, seconds: 0 }))).toEqual(searched.map((row) => ({ ...row, seconds: 0 })));
  expect(rows.map((row) => row.name)).toEqual(["r11", "r10", "r9", "r8", "r7"]);
  const newest = async (input: object) => (await call("runs.newest", input)).rows.map((row) => row.name);
  expect(await newest({ experiment, kind: "user", limit: 2 })).toEqual(["r10", "r9"]);
  expect(await newest({ roots: true, limit: 200 })).toHaveLength(9);
  expect(await newest({ state: "deleted" })).toEqual([]);
});

test("what is missing comes last, both ways; numbers in params are ordered as numbers", async () => {
  expect((await names({ order: ["-metrics.score"] })).slice(0, 3)).toEqual(["r11", "r10", "r8"]);
  expect((await names({ order: ["metrics.score"] })).slice(0, 2)).toEqual(["r1", "r2"]);
  expect((await names({ order: ["metrics.score"] })).slice(-5)).toEqual(["r7", "r9", "r6", "r3", "r0"]);
  expect((await names({ order: ["params.lr", "name"] })).slice(0, 4)).toEqual(["r1", "r5", "r9", "r0"]);
  expect(await names({ order: ["name"], limit: 3 })).toEqual(["r0", "r1", "r10"]);
});

test("a filter speaks of metrics, params, tags and attributes; words are looked for in names", async () => {
  expect(await names({ filter: "metrics.score >= 4 AND params.opt = 'adam'" })).toEqual(["r8", "r4"]);
  expect(await names({ filter: "kind = 'step'" })).toEqual(["r11"]);
  expect(await names({ filter: "r1" })).toEqual(["r11", "r10", "r1"]);
  expect(await names({ filter: "tags.note LIKE '50%'" })).toEqual(["r4"]);
  expect(await names({ filter: "params.opt IS NULL AND started < 1002000" })).toEqual(["r1"]);
  // NaN is no number, and so another than each.
  expect(await names({ filter: "metrics.score = 0" })).toEqual([]);
  expect(await names({ filter: "metrics.score != 4 AND metrics.score != 8" })).toEqual(["r11", "r10", "r7", "r5", "r2", "r1"]);
  expect(await names({ filter: "NOT has:metrics.score AND (params.opt = 'adam' OR params.lr = 2)" })).toEqual(["r3", "r0"]);
  expect(await names({ filter: "metrics.curve@max >= 8 OR r2" })).toEqual(["r11", "r10", "r8", "r2"]);
  expect(await names({ filter: "started < 1970-01-02 AND started >= -1w" })).toEqual([]);
  expect(await names({ filter: ids[3]?.slice(0, 8) })).toEqual(["r3"]);
});

test("params are compared as numbers, metrics at a step, and me is who asks", async () => {
  expect(await names({ filter: "params.lr > 0.1 AND params.lr < 1e1" })).toEqual(["r11", "r8", "r7", "r4", "r3", "r0"]);
  expect(await names({ filter: "NOT params.lr BETWEEN 0.5 AND 10" })).toEqual(["r9", "r5", "r1"]);
  expect(await names({ filter: "params.opt > 0" })).toEqual([]);
  expect(await names({ filter: "metrics.curve@step(1) >= 8 OR metrics.curve@step(0) = 5 AND r2" })).toEqual(["r11", "r10", "r8", "r2"]);
  expect((await names({ order: ["metrics.curve@step(1)"] })).slice(0, 3)).toEqual(["r1", "r2", "r4"]);
  const { rows } = await call("runs.search", {
    filter: "r2",
    columns: ["metrics.curve@step(0)", "metrics.curve@step(1)", "metrics.curve@step(2)"],
  });
  expect(rows[0]?.values).toEqual([5, 2, null]);
  const grouped = await call("runs.groups", { by: "status", metrics: ["metrics.curve@step(1)"], filter: "metrics.curve@step(1) > 7" });
  expect(grouped.groups[0]?.metrics).toEqual([{ count: 3, min: 8, mean: 29 / 3, max: 11 }]);
  const mine = await call("runs.search", { filter: "by = me" });
  expect(mine.total).toBe(12);
  const other: Caller = { ...caller, actor: { kind: "person", name: "local:other" } };
  expect((await call("runs.search", { filter: "by = me", snapshot: mine.snapshot }, other)).total).toBe(0);
  expect((await call("runs.search", { filter: "by != me" }, other)).total).toBe(12);
});

test("a mistake is told with its place", async () => {
  await expect(call("runs.search", { filter: "metrics.score >" })).rejects.toThrow(/at character 16/);
  await expect(call("runs.search", { filter: "score > 2" })).rejects.toThrow(/at character 1$/);
  await expect(call("runs.search", { order: ["-nothing"] })).rejects.toThrow(/is no column/);
});

test("roots and what is below one", async () => {
  expect(await names({ roots: true })).toEqual(["r11", "r10", "r9", "r8", "r7", "r6", "r5", "r4", "r0"]);
  expect(await names({ parent: ids[0], order: ["started"] })).toEqual(["r1", "r2", "r3"]);
});

test("groups count all members and span finite values", async () => {
  const { groups, total, runs } = await call("runs.groups", { by: "params.opt", metrics: ["metrics.score", "metrics.curve@max"] });
  expect({ total, runs }).toEqual({ total: 3, runs: 12 });
  expect(groups.map((one) => [one.value, one.runs])).toEqual([
    [null, 6],
    ["adam", 3],
    ["sgd", 3],
  ]);
  expect(groups[1]?.metrics).toEqual([
    { count: 2, min: 4, mean: 6, max: 8 },
    { count: 2, min: 5, mean: 6.5, max: 8 },
  ]);
  expect(groups[0]?.metrics[0]).toEqual({ count: 3, min: 1, mean: 17 / 3, max: 11 });
  const few = await call("runs.groups", { by: "status", limit: 1 });
  expect(few.groups[0]).toMatchObject({ value: "RUNNING", runs: 12, running: 12 });
  await expect(call("runs.groups", { by: "metrics.score" })).rejects.toThrow(/put together by/);
});

test("names by use, with whether they vary, and values of one", async () => {
  const { names: found, sampled } = await call("runs.names", { experiment });
  expect(sampled).toBe(12);
  expect(found[0]).toEqual({ key: "params.lr", runs: 12, varies: true, numeric: true, points: 0 });
  expect(found.find((one) => one.key === "metrics.curve")).toMatchObject({ runs: 8, points: 2 });
  expect((await call("runs.names", { q: "COR" })).names.map((one) => one.key)).toEqual(["metrics.score"]);
  expect((await call("runs.values", { key: "params.opt" })).values).toEqual([
    { value: "adam", runs: 3 },
    { value: "sgd", runs: 3 },
  ]);
});

test("deleted runs leave the table and come back; a step stays with its pipeline", async () => {
  const few = [ids[5] ?? "", ids[6] ?? "", ids[11] ?? ""];
  expect(await call("runs.delete", { runs: few })).toEqual({ runs: few.slice(0, 2), kept: 1 });
  expect((await call("runs.search", {})).total).toBe(10);
  expect(await names({ state: "deleted", order: ["name"] })).toEqual(["r5", "r6"]);
  expect(await call("runs.restore", { runs: few.slice(0, 2) })).toEqual({ runs: few.slice(0, 2), kept: 0 });
  expect((await call("runs.search", {})).total).toBe(12);
  await expect(call("runs.delete", { project: "q", runs: few })).rejects.toThrow(/no run/i);
});
