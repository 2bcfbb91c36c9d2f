import { expect, test } from "vitest";
import { FilterError, readFilter } from "./row-filter.ts";

const nowMs = Date.parse("2026-11-12T12:00:00Z");
const rows = [
  {
    id: "a1",
    kind: "step",
    state: "FAILED",
    took: 3,
    started: "2026-11-12T06:00:00Z",
    metrics: { auc: 0.7, "val.auc": 0.6 },
    tags: { team: "north" },
  },
  {
    id: "b2",
    kind: "user",
    state: "FINISHED",
    took: 90,
    started: "2026-11-01T06:00:00Z",
    metrics: { auc: 0.9 },
    params: { lr: "12abc" },
    because: null,
  },
  {
    id: "c3",
    kind: "user",
    state: "FINISHED",
    took: null,
    started: "2026-11-11T06:00:00Z",
    metrics: {},
    params: { lr: "1e1" },
    title: "it's late",
  },
];
const found = (text: string): string =>
  rows
    .filter(readFilter(text, nowMs))
    .map((row) => row.id)
    .join(" ");

test.each([
  ["", "a1 b2 c3"],
  ["kind = step", "a1"],
  ["kind = 'user' AND state = FINISHED", "b2 c3"],
  ["kind = user state = FINISHED took > 1min", "b2"],
  ["kind = step OR metrics.auc > 0.8", "a1 b2"],
  ["NOT (kind = step OR metrics.auc > 0.8)", "c3"],
  ["metrics.auc > 80%", "b2"],
  ["metrics.auc != 0.7", "b2"],
  ["metrics.auc@last > 80%", "b2"],
  ["params.lr > 5", "c3"],
  ["params.lr < 1000", "c3"],
  ["params.lr BETWEEN 5 AND 20", "c3"],
  ["metrics.`val.auc` < 1", ""],
  ["`metrics.val.auc` < 1", "a1"],
  ["took BETWEEN 2 AND 3", "a1"],
  ["took IS NULL", "c3"],
  ["because IS NOT NULL", ""],
  ["has:metrics.auc", "a1 b2"],
  ["kind IN (step, 'pipeline')", "a1"],
  ["kind NOT IN (step)", "b2 c3"],
  ["state LIKE 'FIN%'", "b2 c3"],
  ["state ilike 'fin%'", "b2 c3"],
  ["state ~ fail", "a1"],
  ["started >= -3d", "a1 c3"],
  ["started >= today", "a1"],
  ["started < 2026-11-02", "b2"],
  ["title = 'it''s late'", "c3"],
  ["north", "a1"],
  ["late", "c3"],
  ["attributes.kind = step", "a1"],
])("%s", (text, expected) => {
  expect(found(text)).toBe(expected);
});

test.each([
  ["kind =", 6, "a value is missing"],
  ["(kind = a", 9, "`)` is missing"],
  ["= a", 0, "a name is expected"],
  ["kind = a )", 9, "too much"],
  ["took BETWEEN 1", 14, "two values"],
  ["took IS 3", 8, "NULL"],
  ["metrics.auc@max > 1", 11, "table of runs for @max"],
  ["has:metrics.auc@step(6)", 15, "table of runs for @step"],
  ["by = me", 5, "write the name"],
  ["a = 'b", 4, "cannot be read"],
])("%s is refused at its place", (text, at, says) => {
  const error = (() => {
    try {
      readFilter(text, nowMs);
    } catch (thrown) {
      return thrown as FilterError;
    }
    return undefined;
  })();
  expect([error?.at, error?.message]).toEqual([at, expect.stringContaining(says)]);
});
