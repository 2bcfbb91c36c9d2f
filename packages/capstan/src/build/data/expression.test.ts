import { expect, test } from "vitest";
import { expressionProblem } from "./expression.ts";

test.each(["delay >= 15", "origin in ('JFK', 'O''Hare;--')", 'case when "a)b" > 1 then 1 else 0 end', "abs(a - b) / 2", "a = [1, 2]"])(
  "%s is an expression",
  (sql) => {
    expect(expressionProblem(sql)).toBeUndefined();
  },
);

test.each([
  "1) from t; drop table t; select (1",
  "1; select 2",
  "1 -- rest",
  "1 /* x",
  "select 1",
  "'open",
  "(1",
  "",
  "1) or (1",
  "$$text$$",
  "? = 1",
  "COPY t to 'x'",
])("%s is none", (sql) => {
  expect(expressionProblem(sql)).toBeTypeOf("string");
});
