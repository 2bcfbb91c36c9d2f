import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, insert, statement } from "./database.ts";

export type DatabaseUnderTest = {
  database: Database;
  /** A second adapter over the same data, as another process would have; the first stays open. */
  again(): Database;
  /** Closes what is open and removes the data. */
  remove(): Promise<void>;
};

const table = "create table thing (id TEXT primary key, number BIGINT, share DOUBLE PRECISION, bytes BYTEA, text TEXT)";
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { code?: string }).code,
  );

/** What every adapter of the seam Database promises. `open` gives an empty database. */
export function databaseConformance(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`${name} is a Database`, () => {
    let under: DatabaseUnderTest;
    let database: Database;
    beforeEach(async () => {
      under = await open();
      database = under.database;
    });
    afterEach(() => under.remove());
    const put = (id: string, number: number | null = null) => insert("thing", { id, number });
    const ids = async (from = database): Promise<string[]> =>
      (await from.all<{ id: string }>("select id from thing order by id")).map((row) => row.id);

    test("reads before the first change", async () => {
      expect(await database.all("select 1 as one")).toEqual([{ one: 1 }]);
      expect(await database.find("select 1 as one where 1 = 0")).toBeUndefined();
      expect(await codeOf(database.all("select * from nowhere"))).toBe("CAP-STORE-001");
    });

    test("values come back as they went in", async () => {
      await database.commit([statement(table)]);
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const values = [
        { id: "a", number: Number.MAX_SAFE_INTEGER, share: 0.1 + 0.2, bytes, text: "Grüße, '?' -- 漢字 🎈 \\ \" $1" },
        { id: "b", number: -1_700_000_000_000, share: -1e308, bytes: new Uint8Array(0), text: "" },
        { id: "c", number: 0, share: 3, bytes: null, text: null },
        { id: "d", number: null, share: Number.POSITIVE_INFINITY, bytes: null, text: "null" },
        { id: "e", number: null, share: Number.MIN_VALUE, bytes: null, text: "1.50" },
      ];
      const [first] = await database.commit(
        values.map((row) => insert("thing", row, { tail: "returning id, number, share, bytes, text" })),
      );
      expect(first).toEqual([values[0]]);
      const rows = await database.all<(typeof values)[number]>("select * from thing order by id");
      expect(rows).toEqual(values);
      expect(rows[0]?.bytes).toBeInstanceOf(Uint8Array);
      expect(Buffer.isBuffer(rows[0]?.bytes)).toBe(false);
    });

    test("a value that is no number is absent", async () => {
      await database.commit([statement(table), insert("thing", { id: "a", share: Number.NaN })]);
      expect(await database.all("select share from thing")).toEqual([{ share: null }]);
    });

    test("counts, sums, averages and comparisons are numbers", async () => {
      await database.commit([statement(table), put("a", 3), put("b", 4)]);
      expect(
        await database.find("select count(*) as n, sum(number) as total, avg(number) as mean, max(number) as most from thing"),
      ).toEqual({ n: 2, total: 7, mean: 3.5, most: 4 });
      expect(await database.all("select number > 3 as big from thing order by id")).toEqual([{ big: 0 }, { big: 1 }]);
      expect(await database.find("select coalesce(max(number), 0) + 1 as next from thing where id = 'none'")).toEqual({ next: 1 });
    });

    test("a question mark in a string, a name or a comment is no parameter", async () => {
      const sql = `select '?' as "why?", 'it''s ?' as b, ? as c -- why?\n /* and ? */`;
      expect(await database.all(sql, ["yes"])).toEqual([{ "why?": "?", b: "it's ?", c: "yes" }]);
    });

    test("a change happens whole or not at all", async () => {
      await database.commit([statement(table)]);
      expect(await codeOf(database.commit([put("a"), statement("insert into nowhere values (1)")]))).toBe("CAP-STORE-001");
      expect(await codeOf(database.commit([put("a"), put("b"), put("a")]))).toBe("CAP-STORE-001");
      expect(await ids()).toEqual([]);
      expect(await database.commit([])).toEqual([]);
    });

    test("changes of one turn are independent of each other", async () => {
      await database.commit([statement(table), put("taken")]);
      const outcomes = await Promise.allSettled([
        database.commit([put("a")]),
        database.commit([put("b"), insert("thing", { id: "taken" }, { exists: { noun: "thing", name: "taken" } })]),
        database.commit([put("c")]),
        database.commit([
          put("d"),
          { ...statement("update thing set number = 1 where id = 'none'"), guard: { rows: 1, noun: "thing", name: "none" } },
        ]),
        database.commit([statement("no sql at all")]),
        database.commit([put("e")]),
      ]);
      expect(outcomes.map((one) => (one.status === "fulfilled" ? "done" : (one.reason as { code: string }).code))).toEqual([
        "done",
        "CAP-EXISTS-001",
        "done",
        "CAP-MOVED-001",
        "CAP-STORE-001",
        "done",
      ]);
      expect(await ids()).toEqual(["a", "c", "e", "taken"]);
    });

    test("changes are applied in the order in which they were submitted", async () => {
      await database.commit([statement(table), put("counter", 0)]);
      const next = () => database.commit([statement("update thing set number = number + 1 where id = 'counter' returning number")]);
      const answers = await Promise.all(Array.from({ length: 50 }, next));
      expect(answers.map(([rows]) => rows?.[0]?.["number"])).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    });

    test("guards count the affected rows, with and without returning", async () => {
      await database.commit([statement(table), put("a", 1), put("b", 1)]);
      const guarded = (rows: number, tail: string) =>
        codeOf(
          database.commit([
            { ...statement(`update thing set number = number + 1 where number > 0 ${tail}`), guard: { rows, noun: "thing", name: "x" } },
          ]),
        );
      expect(await guarded(2, "")).toBe("no error");
      expect(await guarded(1, "")).toBe("CAP-MOVED-001");
      expect(await guarded(3, "returning id")).toBe("CAP-MOVED-001");
      expect(await guarded(2, "returning id")).toBe("no error");
      expect(await database.all("select number from thing")).toEqual([{ number: 3 }, { number: 3 }]);
    });

    test("statements answer one by one", async () => {
      await database.commit([statement(table)]);
      const answers = await database.commit([
        put("a", 1),
        insert("thing", { id: "b", number: 2 }, { tail: "returning id, number" }),
        statement("update thing set number = 9 returning id"),
      ]);
      expect(answers.map((rows) => rows.length)).toEqual([0, 1, 2]);
      expect(answers[1]).toEqual([{ id: "b", number: 2 }]);
    });

    test("conflicts can be asked for", async () => {
      await database.commit([statement(table), put("a", 1)]);
      await database.commit([
        insert("thing", { id: "a", number: 5 }, { tail: "on conflict (id) do update set number = excluded.number + thing.number" }),
      ]);
      await database.commit([insert("thing", { id: "a", number: 5 }, { tail: "on conflict (id) do nothing" })]);
      expect(await database.all("select number from thing")).toEqual([{ number: 6 }]);
    });

    test("numbers in sequence are made inside of the change", async () => {
      await database.commit([statement(table)]);
      const add = (id: string) =>
        database.commit([
          statement("insert into thing (id, number) select ?, coalesce(max(number), 0) + 1 from thing returning number", id),
        ]);
      const answers = await Promise.all(["x", "y", "z"].map(add));
      expect(answers.map(([rows]) => rows?.[0]?.["number"])).toEqual([1, 2, 3]);
    });

    test("a read sees every change acknowledged before, from everywhere", async () => {
      await database.commit([statement(table)]);
      const other = under.again();
      for (let i = 0; i < 30; i++) {
        await database.commit([put(`n${i}`)]);
        const [mine, theirs] = await Promise.all([
          database.find<{ n: number }>("select count(*) as n from thing"),
          other.find<{ n: number }>("select count(*) as n from thing"),
        ]);
        expect([mine?.n, theirs?.n]).toEqual([i + 1, i + 1]);
      }
      await other.close();
    });

    test("a thousand concurrent changes and reads all arrive", async () => {
      await database.commit([statement(table)]);
      const work = Array.from({ length: 1000 }, (_, i) =>
        database.commit([
          put(`n${String(i).padStart(4, "0")}`, i),
          statement("update thing set share = 1 where id = ?", `n${String(i).padStart(4, "0")}`),
        ]),
      );
      const reads = Array.from({ length: 200 }, () =>
        database.find<{ n: number; whole: number }>("select count(*) as n, coalesce(sum(share), 0) as whole from thing"),
      );
      for (const one of await Promise.all(reads)) expect(one?.whole).toBe(one?.n);
      await Promise.all(work);
      expect(await database.find("select count(*) as n, sum(number) as total from thing")).toEqual({ n: 1000, total: 499_500 });
    });

    test("a large change and a large value", async () => {
      await database.commit([statement(table)]);
      const big = Buffer.alloc(8 << 20, 7);
      await database.commit([
        ...Array.from({ length: 2000 }, (_, i) => put(`n${i}`, i)),
        insert("thing", { id: "big", bytes: new Uint8Array(big) }),
      ]);
      const found = await database.find<{ bytes: Uint8Array }>("select bytes from thing where id = 'big'");
      expect(Buffer.compare(found?.bytes ?? new Uint8Array(), big)).toBe(0);
      expect(await database.find("select count(*) as n from thing")).toEqual({ n: 2001 });
    });

    test("closing waits for what was submitted; afterwards everything is refused", async () => {
      await database.commit([statement(table)]);
      const submitted = Array.from({ length: 20 }, (_, i) => database.commit([put(`n${i}`)]));
      const closed = database.close();
      await Promise.all([...submitted, closed, database.close()]);
      expect(await codeOf(database.commit([put("late")]))).toBe("CAP-STORE-001");
      expect(await codeOf(database.all("select 1"))).toBe("CAP-STORE-001");
      const other = under.again();
      expect(await ids(other)).toHaveLength(20);
      await other.close();
    });
  });
}
