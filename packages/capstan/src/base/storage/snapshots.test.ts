import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { statement } from "./database.ts";
import { openSnapshots, OtherIds, type Scan, type SnapshotReader } from "./snapshots.ts";

let open: TestStore;
let reader: SnapshotReader;
const idOf = (i: number): string => i.toString(16).padStart(32, "0");

beforeAll(async () => {
  open = await openTestStore();
  const { database } = open.store;
  if (!database.source) throw new Error("the store has no source");
  await database.commit([
    statement("create table thing (number BIGINT primary key, id TEXT not null, name TEXT not null, value DOUBLE PRECISION, text TEXT)"),
    statement("create index thing_by_name on thing (name)"),
  ]);
  // On SQLite its place in the table, so that pieces are far from each other, and some empty.
  const placed = database.dialect === "sqlite";
  const rows = Array.from({ length: 500 }, (_, i) =>
    statement(
      `insert into thing (number, ${placed ? "rowid, " : ""}id, name, value, text) values (?, ${placed ? "?, " : ""}?, ?, ?, ?)`,
      i,
      ...(placed ? [i * 10_007] : []),
      idOf(i),
      i % 2 === 0 ? "even" : "odd",
      [null, 0.1 + 0.2, Infinity, -Infinity, 5e-324][i % 5] ?? null,
      i % 7 === 0 ? null : `t"${i}\n😀`,
    ),
  );
  await database.commit(rows);
  reader = await openSnapshots(database.source);
});
afterAll(async () => {
  await reader.close();
  await open.close();
});

type Found = Record<string, [number, string | null]>;
const scanned = (scan: Pick<Scan, "where" | "params" | "pieces">): Promise<Found> =>
  reader.read(async (snapshot) => {
    const found: Found = {};
    await snapshot.scan(
      {
        id: "x.id",
        columns: [
          { sql: "x.value", type: "number" },
          { sql: "x.text", type: "text" },
        ],
        from: "thing x",
        ...scan,
      },
      ({ count, ids, columns: [values = [], texts = []] }) => {
        for (let i = 0; i < count; i++)
          found[Buffer.from(ids.subarray(i * 32, i * 32 + 32)).toString()] = [values[i] as number, texts[i] as string | null];
      },
    );
    return found;
  });

describe("a scan", () => {
  const expected: Found = Object.fromEntries(
    Array.from({ length: 250 }, (_, half): [string, [number, string | null]] => {
      const i = 2 * half + 1;
      return [idOf(i), [[NaN, 0.1 + 0.2, Infinity, -Infinity, 5e-324][i % 5] ?? NaN, i % 7 === 0 ? null : `t"${i}\n😀`]];
    }),
  );

  test("hands over every row with its id and values, in one piece", async () => {
    expect(await scanned({ where: "x.name = ?", params: ["odd"] })).toEqual(expected);
  });
  test("does so piece by piece, by an index and without", async () => {
    const pieces = { table: "thing", alias: "x" };
    expect(await scanned({ where: "x.name = ?", params: ["odd"], pieces: { ...pieces, index: "thing_by_name" } })).toEqual(expected);
    expect(await scanned({ where: "x.name = ?", params: ["odd"], pieces })).toEqual(expected);
  });
  test("of nothing hands over nothing", async () => {
    expect(await scanned({ where: "x.name = ?", params: ["none"], pieces: { table: "thing", alias: "x" } })).toEqual({});
  });
  test("refuses ids that would run into each other", async () => {
    await open.store.database.commit([statement("insert into thing (number, id, name) values (-1, 'short', 'other')")]);
    await expect(scanned({ where: "x.name = ?", params: ["other"] })).rejects.toThrow(OtherIds);
  });
});
