import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { rowsSql } from "./step-rows.ts";

test("a join with values at a step takes an index, and gives every value back", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table run (id TEXT primary key); insert into run values ('a'), ('b'), ('c'), ('d'), ('e')");
  const { sql, params } = rowsSql(
    "sqlite",
    new Map([
      ["a", 0.1],
      ["b", Number.NaN],
      ["c", Number.POSITIVE_INFINITY],
      ["d", Number.NEGATIVE_INFINITY],
    ]),
  );
  const asked = `select run.id, j.value, j.is_nan from run left join ${sql} j on j.run_id = run.id order by run.id`;
  const [json] = params as readonly string[];
  expect(JSON.stringify(database.prepare(`explain query plan ${asked}`).all(json ?? ""))).toMatch(/SEARCH j USING AUTOMATIC/);
  expect(
    database
      .prepare(asked)
      .all(json ?? "")
      .map((row) => Object.values(row)),
  ).toEqual([
    ["a", 0.1, 0],
    ["b", 0, 1],
    ["c", Number.POSITIVE_INFINITY, 0],
    ["d", Number.NEGATIVE_INFINITY, 0],
    ["e", null, null],
  ]);
  database.close();
});
