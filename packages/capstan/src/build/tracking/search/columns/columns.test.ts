import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../../../base/foundation/log.ts";
import { statement } from "../../../../base/storage/database.ts";
import { person as caller } from "../../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../../testing/store.ts";
import { trackingMigrations } from "../../migrations.ts";
import { createTrackingService, type TrackingService } from "../../service.ts";
import { createRunSearch, type RunSearch } from "../run-search.ts";
import { compareBytes } from "./column.ts";
import { patternOf } from "./pattern.ts";
import { sortByWeight } from "./radix.ts";

let open: TestStore;
let tracking: TrackingService;
let byStatement: ReturnType<typeof createRunSearch>;
let byColumns: ReturnType<typeof createRunSearch>;
let places: string[];
const runs: string[] = [];

/** The log of a search that must not fall back. */
const strict = { ...silentLog, warn: (what: string, facts?: object) => expect.fail(`${what} ${JSON.stringify(facts)}`) };

beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  byStatement = createRunSearch(open.store.database, silentLog, { fewRuns: 1e9 });
  byColumns = createRunSearch(open.store.database, strict, { fewRuns: -1 });
  places = [];
  for (const name of ["a", "b", "c"]) places.push(await tracking.ensureExperiment("p", name, caller));
});
afterAll(async () => {
  await byColumns.close();
  await open.close();
});

const texts = [
  "",
  "adam",
  "Adam",
  "ADAM",
  "a%b",
  "a_b",
  "a*b",
  "[x]",
  "Ärger",
  "ärger",
  "\u212am",
  "\u0130k",
  "z'z",
  "😀",
  "\uffee",
  "a😀b",
  "0.1",
  "10",
];
const numbers = [NaN, -1, -0.5, 0, 0.5, 1, 1e300, Infinity, -Infinity, 3];
const text = fc.constantFrom(...texts);
const number = fc.constantFrom(...numbers);
const key = fc.constantFrom("k", "a b", "rare");

type Write = (on: string) => Promise<unknown>;
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(key, number, fc.nat(3)).map(
    ([name, value, step]): Write =>
      (on) =>
        tracking.logBatch(on, { metrics: [{ key: name, step, timeMs: 1, value }] }, caller),
  ),
  fc.tuple(key, text).map(
    ([name, value]): Write =>
      (on) =>
        tracking.logBatch(on, { params: { [name]: value } }, caller),
  ),
  fc.tuple(key, text).map(
    ([name, value]): Write =>
      (on) =>
        tracking.setTags(on, { [name]: value }, caller),
  ),
  key.map(
    (name): Write =>
      (on) =>
        tracking.removeTag(on, name, caller),
  ),
  fc.nat(9).map(
    (ms): Write =>
      (on) =>
        tracking.endRun(on, { status: ms < 5 ? "FAILED" : "FINISHED", endedMs: 2000 + ms }, caller),
  ),
  fc.constantFrom("active" as const, "deleted" as const).map(
    (lifecycle): Write =>
      (on) =>
        tracking.changeRun(on, { lifecycle }, caller),
  ),
  text.map(
    (name): Write =>
      (on) =>
        tracking.changeRun(on, { name }, caller),
  ),
);
/** Between writes to known runs (by their number) new ones are made. */
const change = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(), write).map(
      ([at, one]) =>
        () =>
          one(runs[at % runs.length] ?? ""),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(2), fc.nat(4), text, fc.constantFrom("user" as const, "step" as const))
      .map(([place, ms, name, kind]) => async () => {
        const by = name.length > 2 ? "ann" : "bob";
        const run = await tracking.createRun(
          { project: "p", experimentId: places[place] ?? "", kind, name: `n${name}`, startedMs: 1000 + ms, by },
          caller,
        );
        runs.push(run.id);
      }),
  },
);

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const textOperator = fc.constantFrom("=", "!=", "LIKE", "ILIKE");
const numberOperator = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
const asked = fc.constantFrom("-1", "0", "0.5", "1", "1e300", "1e400", "1002", "2004.5");
const pattern = fc.oneof(text, fc.constantFrom("a%", "%b", "%a%", "_dam", "%K%", "%I_", "%_", "a_b%", "_", "%", "%%", "na%", "n_%"));
const ids = fc.array(fc.nat(), { minLength: 1, maxLength: 3 }).map((all) => all.map((at) => quoted(runs[at % runs.length] ?? "x")));
const clause = fc.oneof(
  fc.tuple(key, numberOperator, asked).map(([name, operator, value]) => `metrics.\`${name}\` ${operator} ${value}`),
  fc
    .tuple(fc.constantFrom("params", "tags"), key, textOperator, pattern)
    .map(([entity, name, operator, value]) => `${entity}.\`${name}\` ${operator} ${quoted(value)}`),
  fc
    .tuple(fc.constantFrom("params", "tags"), key, fc.constantFrom("IS NULL", "IS NOT NULL"))
    .map(([entity, name, operator]) => `${entity}.\`${name}\` ${operator}`),
  fc
    .tuple(fc.constantFrom("start_time", "end_time"), numberOperator, asked)
    .map(([name, operator, value]) => `${name} ${operator} ${value}`),
  fc
    .tuple(fc.constantFrom("run_name", "user_id", "status"), textOperator, fc.oneof(pattern, fc.constantFrom("ann", "FINISHED", "nadam")))
    .map(([name, operator, value]) => `${name} ${operator} ${quoted(value)}`),
  fc
    .tuple(fc.constantFrom("status", "run_name"), fc.constantFrom("IN", "NOT IN"))
    .map(([name, operator]) => `${name} ${operator} ('FAILED', 'nadam', 'n')`),
  fc.tuple(fc.constantFrom("IN", "NOT IN"), ids).map(([operator, list]) => `run_id ${operator} (${list.join(", ")})`),
  fc.tuple(fc.constantFrom("=", "!="), ids).map(([operator, list]) => `run_id ${operator} ${list[0]}`),
);
const order = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constantFrom("metrics", "params", "tags"), key).map(([entity, name]) => `${entity}.\`${name}\``),
      fc.constantFrom("start_time", "end_time", "run_id", "run_name", "status", "user_id"),
    ),
    fc.constantFrom("", " ASC", " DESC"),
  )
  .map(([name, direction]) => name + direction);
const search: fc.Arbitrary<() => RunSearch> = fc
  .record({
    places: fc.subarray([0, 1, 2], { minLength: 1 }),
    filter: fc.array(clause, { maxLength: 3 }),
    orders: fc.uniqueArray(order, { maxLength: 3, selector: (one) => one.split(" ")[0] }),
    lifecycle: fc.constantFrom("active" as const, "deleted" as const, "all" as const),
    limit: fc.constantFrom(1, 3, 10, 1000),
    kinds: fc.constantFrom(["user", "step"] as const, ["user"] as const),
    projects: fc.constantFrom(undefined, ["p"], ["q"]),
  })
  .map(({ places: some, filter, orders, ...rest }) => () => ({
    ...rest,
    experimentIds: some.map((at) => places[at] ?? ""),
    filter: filter.join(" AND "),
    orderBy: [...new Map(orders.map((one) => [one.replace(/ (ASC|DESC)$/, ""), one])).values()],
    artifactRoot: "mlflow-artifacts:/",
    total: true,
  }));

test("columns find what the statement finds, whatever was written between, page by page with each other's tokens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), fc.array(search, { minLength: 1, maxLength: 4 }), async (changes, searches) => {
      if (runs.length === 0)
        runs.push(
          (await tracking.createRun({ project: "p", experimentId: "1", kind: "user", name: "n", startedMs: 1, by: "x" }, caller)).id,
        );
      for (const one of changes)
        // Sealed, deleted, already written otherwise: the refusal is not what is tested here.
        await one().catch((error: unknown) => expect(error).toHaveProperty("code"));
      for (const make of searches) {
        const one = make();
        let pageToken: string | undefined;
        for (let page = 0; page === 0 || pageToken !== undefined; page++) {
          if (page === 4) break;
          const [columns, all] = await Promise.all([byColumns.search({ ...one, pageToken }), byStatement.search({ ...one, pageToken })]);
          expect(columns, JSON.stringify(one)).toEqual(all);
          pageToken = columns.next;
        }
      }
    }),
    { numRuns: 150, seed: 20261121 },
  );
}, 120_000);

test("an experiment that runs left is read anew", async () => {
  const asked = { experimentIds: places, lifecycle: "all", limit: 1000, kinds: ["user", "step"], artifactRoot: "", total: true } as const;
  const before = await byColumns.search(asked);
  const [first, second] = await tracking.runsInOrder(before.ids.slice(0, 2));
  await open.store.database.commit([
    statement("delete from run where id = ?", first?.id ?? ""),
    statement("update experiment set runs_left = runs_left + 1 where id = ?", Number(first?.experimentId)),
    statement("update run set experiment_id = ?, changed = changed + 1000000 where id = ?", Number(places[2]), second?.id ?? ""),
    statement("update experiment set runs_left = runs_left + 1 where id = ?", Number(second?.experimentId)),
  ]);
  const after = await byColumns.search(asked);
  expect(after.total).toBe((before.total ?? 0) - 1);
  expect((await byColumns.search({ ...asked, experimentIds: [places[2] ?? ""] })).ids).toContain(second?.id);
  expect(after).toEqual(await byStatement.search(asked));
});

test("an experiment made under the number of an erased one has none of its runs", async () => {
  const asked = { lifecycle: "all", limit: 1000, kinds: ["user"], artifactRoot: "", total: true } as const;
  const made = async (name: string, createdMs: number) => {
    const id = await tracking.ensureExperiment("p", name, caller);
    await open.store.database.commit([statement("update experiment set created_ms = ? where id = ?", createdMs, Number(id))]);
    const run = await tracking.createRun({ project: "p", experimentId: id, kind: "user", name, startedMs: 1, by: "x" }, caller);
    expect((await byColumns.search({ ...asked, experimentIds: [id] })).ids).toEqual([run.id]);
    return id;
  };
  const id = await made("first", 1);
  await open.store.database.commit([
    statement("delete from run where experiment_id = ?", Number(id)),
    statement("delete from experiment where id = ?", Number(id)),
  ]);
  expect(await made("second", 2)).toBe(id);
});

test("a memory too small for the runs leaves them to the statement", async () => {
  const small = createRunSearch(open.store.database, strict, { fewRuns: -1, memoryBytes: 1000 });
  const asked = { experimentIds: places, lifecycle: "all", limit: 1000, kinds: ["user"], artifactRoot: "", total: true } as const;
  expect(await small.search(asked)).toEqual(await byStatement.search(asked));
  await small.close();
});

test.each([
  ["a%b", "a😀b", true],
  ["a_b", "a😀b", true],
  ["_", "😀", true],
  ["__", "😀", false],
  ["%_", "", false],
  ["%ab%ab", "ab", false],
  ["%a_c%", "xxabcx", true],
])("LIKE %s: %s", (like, value, holds) => expect(patternOf(like, false)(value)).toBe(holds));

test("columns are forgotten for others when the memory is small, and answers stay the same", async () => {
  const asked = (search: ReturnType<typeof createRunSearch>, at: number) =>
    search.search({
      experimentIds: [places[0] ?? ""],
      filter: `params.p${at} = '${at}'`,
      orderBy: [`metrics.m${at} DESC`],
      lifecycle: "active",
      limit: 5,
      total: true,
      kinds: ["user"],
      artifactRoot: "x",
    });
  for (let i = 0; i < 40; i++) {
    const run = await tracking.createRun({ project: "p", experimentId: places[0] ?? "", kind: "user", name: "r", startedMs: i }, caller);
    const at = i % 20;
    await tracking.logBatch(
      run.id,
      { params: { [`p${at}`]: String(at) }, metrics: [{ key: `m${at}`, step: 0, timeMs: 1, value: i % 3 === 0 ? NaN : i }] },
      caller,
    );
  }
  // Room for the runs, and for some of the forty columns.
  const small = createRunSearch(open.store.database, strict, { fewRuns: -1, memoryBytes: 250_000 });
  for (let i = 0; i < 60; i++) {
    const found = await asked(small, (i * 7) % 20);
    expect(found.total).toBe(2);
    expect(found).toEqual(await asked(byStatement, (i * 7) % 20));
  }
  await small.close();
});

test("many rows are sorted by weight, then as compared", () => {
  const weights = Array.from(
    { length: 20_000 },
    (_, i) => [0, -0, -1, 1e-310, 3, Infinity, -Infinity, i % 97, -((i * 7919) % 1013) / 3][(i * 31) % 9] ?? 0,
  );
  const compare = (a: number, b: number): number => (weights[a] === weights[b] ? b - a : (weights[a] ?? 0) < (weights[b] ?? 0) ? -1 : 1);
  const rows = Uint32Array.from(weights, (_, i) => i);
  const expected = rows.slice().sort(compare);
  sortByWeight(rows, (row) => weights[row] ?? 0, compare);
  expect(rows).toEqual(expected);
});

test("texts are ordered by their bytes in UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
