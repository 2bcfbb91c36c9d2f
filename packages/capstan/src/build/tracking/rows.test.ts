import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations } from "./migrations.ts";
import { insertMany, readByRun } from "./rows.ts";

let open: TestStore;
beforeAll(async () => void (open = await openTestStore(trackingMigrations)));
afterAll(() => open.close());

test("rows of many runs are all read, each once, by statements that answer with few at a time", async () => {
  const { database } = open.store;
  const sizes = { a: 9000, b: 25_000, c: 1, d: 0, e: 12_000, f: 3 };
  for (const [run, rows] of Object.entries(sizes))
    await database.commit(
      insertMany(
        "param",
        ["project", "run_id", "key", "value"],
        Array.from({ length: rows }, (_, i) => ["p", run, `k${i}`, String(i)]),
        "",
      ),
    );
  const answers: number[] = [];
  const counted: typeof database = {
    ...database,
    all: async <T>(sql: string, params?: Parameters<typeof database.all>[1]) => {
      const rows = await database.all<T>(sql, params);
      answers.push(rows.length);
      return rows;
    },
  };
  const found: Record<string, Set<string>> = {};
  let rows = 0;
  await readByRun<{ run_id: string; key: string }>(
    counted,
    Object.keys(sizes),
    (ids) => `select run_id, key from param where run_id in ${ids} order by run_id, key`,
    (row) => {
      rows++;
      (found[row.run_id] ??= new Set()).add(row.key);
    },
  );
  const expected = Object.entries(sizes).filter(([, size]) => size > 0);
  expect(Object.entries(found).map(([run, keys]) => [run, keys.size])).toEqual(expected);
  expect(rows).toBe(expected.reduce((sum, [, size]) => sum + size, 0));
  // All but those of one run.
  expect(answers.filter((one) => one > 20_001)).toEqual([25_000]);
});
