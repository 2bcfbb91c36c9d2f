import { afterAll, beforeAll, expect, test } from "vitest";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import type { FullRun } from "../model.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import type { RunSearch } from "./run-search.ts";

let open: TestStore;
let tracking: TrackingService;
let places: string[];
let all: FullRun[];

/** Runs over two experiments with values of every sort, some of them missing. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  places = [await tracking.ensureExperiment("p", "a", caller), await tracking.ensureExperiment("p", "b", caller)];
  const words = ["", "Adam", "adam", "a%b", "a_b", "a*b", "[x]", "Ärger", "z'z", "zz"];
  const values = [NaN, -1, 0, 0.5, 1, 1, 1e300, Infinity, -Infinity];
  for (let i = 0; i < 60; i++) {
    const run = await tracking.createRun(
      {
        project: "p",
        experimentId: places[i % 2] ?? "",
        kind: i % 7 === 0 ? "step" : "user",
        name: `run-${i % 10}`,
        startedMs: 1000 + (i % 5),
        by: i % 3 === 0 ? "ann" : "bob",
        params: i % 4 === 0 ? {} : { opt: words[i % words.length] ?? "" },
        tags: i % 3 === 0 ? {} : { "a b": words[(i * 3) % words.length] ?? "" },
      },
      caller,
    );
    if (i % 5 !== 0)
      await tracking.logBatch(run.id, { metrics: [{ key: "acc", step: 0, timeMs: 1, value: values[i % values.length] ?? 0 }] }, caller);
    if (i % 6 === 0)
      await tracking.addInputs(
        run.id,
        {
          datasets: [
            {
              dataset: { name: `d${i % 4}`, digest: "x", sourceType: "local", source: "{}", schema: null, profile: null },
              tags: [{ key: "mlflow.data.context", value: i % 12 === 0 ? "train" : "eval" }],
            },
          ],
        },
        caller,
      );
    if (i % 4 === 1) await tracking.endRun(run.id, { status: i % 8 === 1 ? "FINISHED" : "FAILED", endedMs: 2000 + i }, caller);
    if (i % 15 === 14) await tracking.changeRun(run.id, { lifecycle: "deleted" }, caller);
  }
  all = [...(await tracking.runsById((await tracking.listRuns({ lifecycle: "all" }, 1000)).map((run) => run.id))).values()];
});
afterAll(() => open.close());

const search = (more: Partial<RunSearch> = {}) =>
  tracking.searchRuns({
    experimentIds: places,
    lifecycle: "all",
    limit: 1000,
    kinds: ["user", "step"],
    artifactRoot: "mlflow-artifacts:/",
    ...more,
  });
const ids = (runs: readonly { id: string }[]): string[] => runs.map((run) => run.id);

const acc = (run: FullRun): number | undefined => run.metrics.find((one) => one.key === "acc")?.value;
const has = (value: string | undefined, of: (text: string) => boolean): boolean => value !== undefined && of(value);

test.each<[string, (run: FullRun) => boolean]>([
  ["metrics.acc > -1", (run) => (acc(run) ?? -2) > -1],
  ["metrics.acc <= 0", (run) => (acc(run) ?? 1) <= 0],
  ["metrics.acc != 1", (run) => acc(run) !== undefined && acc(run) !== 1],
  ["metrics.`acc` <= 0.5 and metric.acc >= 0", (run) => (acc(run) ?? -2) >= 0 && (acc(run) ?? 2) <= 0.5],
  ["params.opt = 'a%b'", (run) => run.params["opt"] === "a%b"],
  ["params.opt != 'a%b'", (run) => has(run.params["opt"], (text) => text !== "a%b")],
  ["params.opt LIKE 'a%'", (run) => has(run.params["opt"], (text) => text.startsWith("a"))],
  ["params.opt ILIKE 'A_AM'", (run) => has(run.params["opt"], (text) => /^a.am$/i.test(text))],
  ["params.opt LIKE 'a*b'", (run) => run.params["opt"] === "a*b"],
  ["params.opt LIKE '[x]'", (run) => run.params["opt"] === "[x]"],
  ["params.opt LIKE '_rger'", (run) => run.params["opt"] === "Ärger"],
  ["params.opt = 'z''z'", (run) => run.params["opt"] === "z'z"],
  ["params.opt IS NULL", (run) => run.params["opt"] === undefined],
  ["tags.`a b` IS NOT NULL AND tags.`a b` != ''", (run) => has(run.tags["a b"], (text) => text !== "")],
  ["attributes.status = 'FAILED'", (run) => run.status === "FAILED"],
  ["run_name IN ('run-1', 'run-2') and user_id = 'ann'", (run) => ["run-1", "run-2"].includes(run.name) && run.by === "ann"],
  ["run name NOT IN ('run-1')", (run) => run.name !== "run-1"],
  ["created >= 1002 and end_time < 2030.5", (run) => run.startedMs >= 1002 && (run.endedMs ?? 9999) < 2030.5],
  ["start_time < 1e30", () => true],
  ["dataset.name = 'd2'", (run) => run.datasets.some((one) => one.dataset.name === "d2")],
  ["datasets.context LIKE 'tr%'", (run) => run.datasets.some((one) => one.tags.some((tag) => tag.value === "train"))],
  ["artifact_uri LIKE 'mlflow-artifacts:/1/%'", (run) => run.experimentId === "1"],
])("%s finds what a reader of every run finds", async (filter, holds) => {
  const { runs, next } = await search({ filter });
  expect(ids(runs).sort()).toEqual(ids(all.filter(holds)).sort());
  expect(next).toBeUndefined();
});

const rank = (run: FullRun): number => {
  const value = run.metrics.find((one) => one.key === "acc")?.value;
  return value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;
};
const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const newest = (a: FullRun, b: FullRun): number => b.startedMs - a.startedMs || bytes(a.id, b.id);
test.each<[string[], (a: FullRun, b: FullRun) => number]>([
  [[], newest],
  [["start_time ASC"], (a, b) => a.startedMs - b.startedMs || bytes(a.id, b.id)],
  [["metrics.acc DESC"], (a, b) => rank(a) - rank(b) || Math.sign((acc(b) ?? 0) - (acc(a) ?? 0)) || newest(a, b)],
  [["metrics.acc"], (a, b) => rank(a) - rank(b) || Math.sign((acc(a) ?? 0) - (acc(b) ?? 0)) || newest(a, b)],
  [
    ["params.opt DESC", "run_id DESC"],
    (a, b) =>
      Number(a.params["opt"] === undefined) - Number(b.params["opt"] === undefined) ||
      bytes(b.params["opt"] ?? "", a.params["opt"] ?? "") ||
      bytes(b.id, a.id),
  ],
  [
    ["end_time DESC"],
    (a, b) => Number(a.endedMs === null) - Number(b.endedMs === null) || (b.endedMs ?? 0) - (a.endedMs ?? 0) || newest(a, b),
  ],
  [["status", "run_name DESC"], (a, b) => bytes(a.status, b.status) || bytes(b.name, a.name) || newest(a, b)],
])("in the order %j, whole and in pages", async (orderBy, compare) => {
  const expected = ids([...all].sort(compare));
  expect(ids((await search({ orderBy })).runs)).toEqual(expected);
  const paged: string[] = [];
  for (let pageToken: string | undefined, pages = 0; pages === 0 || pageToken !== undefined; pages++) {
    const { runs, next } = await search({ orderBy, limit: 7, pageToken });
    paged.push(...ids(runs));
    pageToken = next;
  }
  expect(paged).toEqual(expected);
});

test("deleted runs, and runs of a deleted experiment, are seen only when asked for", async () => {
  expect((await search({ lifecycle: "active" })).runs).toHaveLength(56);
  expect((await search({ lifecycle: "deleted" })).runs).toHaveLength(4);
  await tracking.experiments.change(places[1] ?? "", { lifecycle: "deleted" }, caller);
  expect((await search({ lifecycle: "active" })).runs.every((run) => run.experimentId === places[0])).toBe(true);
  expect((await search({ lifecycle: "deleted" })).runs.filter((run) => run.experimentId === places[1])).toHaveLength(30);
  const inDeleted = all.find((run) => run.experimentId === places[1] && run.seal === null && run.lifecycle === "active") as FullRun;
  await expect(tracking.setTags(inDeleted.id, { a: "b" }, caller)).rejects.toMatchObject({ code: "CAP-STATE-001" });
  await tracking.experiments.change(places[1] ?? "", { lifecycle: "active" }, caller);
  await tracking.setTags(inDeleted.id, { a: "b" }, caller);
});

test("projects and kinds narrow; a token of another search is refused", async () => {
  expect((await search({ projects: ["q"] })).runs).toEqual([]);
  expect((await search({ projects: [] })).runs).toEqual([]);
  expect((await search({ kinds: ["step"] })).runs.every((run) => run.kind === "step")).toBe(true);
  expect((await search({ experimentIds: [] })).runs).toEqual([]);
  const { next } = await search({ limit: 3 });
  await expect(search({ limit: 3, pageToken: next, filter: "metrics.acc > 0" })).rejects.toThrow("belongs to another search");
  for (const pageToken of ["nonsense", Buffer.from("[1]").toString("base64"), Buffer.from('["x",{},[]]').toString("base64")])
    await expect(search({ pageToken })).rejects.toThrow("Invalid page token");
});
