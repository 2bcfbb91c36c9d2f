import { expect, test } from "vitest";
import type { Condition } from "../search/vocabulary.ts";
import { askedOf, columnOf } from "./vocabulary.ts";

const nowMs = Date.parse("2026-11-12T15:30:00Z");
const asker = { nowMs, me: ["local:ann", "ann"] };
const dayMs = 86_400_000;
/** A condition as one reads it. */
const said = (one: Condition): string =>
  "all" in one
    ? `(${one.all.map(said).join(" & ")})`
    : "any" in one
      ? `(${one.any.map(said).join(" | ")})`
      : "not" in one
        ? `!${said(one.not)}`
        : [`${one.entity}.${one.key}${one.statistic ? `@${one.statistic}` : ""}`, one.operator, one.values.join()]
            .filter(Boolean)
            .join(" ");
const asked = (text: string): string => askedOf(text, asker).map(said).join(" & ");

test("AND binds more than OR, NOT most, parentheses decide", () => {
  expect(asked("metrics.a > 1 OR metrics.b < 2 AND NOT params.c = 'x'")).toBe("(metric.a > 1 | (metric.b < 2 & !param.c = x))");
  expect(asked("(metrics.a > 1 or metrics.b < 2) and not (params.c = 'x')")).toBe("(metric.a > 1 | metric.b < 2) & !param.c = x");
  expect(asked("NOT NOT kind = 'step'")).toBe("!!attribute.kind = step");
});

test("words stand alone, beside each other and among comparisons", () => {
  expect(asked("fit 0.1")).toBe("attribute.run_name ILIKE %fit% & attribute.run_name ILIKE %0.1%");
  expect(asked("fit OR 'two words'")).toBe("(attribute.run_name ILIKE %fit% | attribute.run_name ILIKE %two words%)");
  expect(asked("fit boost metrics.a > 1")).toBe("attribute.run_name ILIKE %fit% & attribute.run_name ILIKE %boost% & metric.a > 1");
  expect(asked("NOT 7f3c9a1e")).toBe("!attribute.run_id LIKE 7f3c9a1e%");
  expect(asked("run name = 'x'")).toBe("attribute.run_name = x");
});

test("a metric names its statistic, numbers their unit, texts need no quotes", () => {
  expect(asked("metrics.auc@max >= 90% AND metrics.`a b`@last < 2")).toBe("metric.auc@max >= 0.9 & metric.a b < 2");
  expect(asked("seconds > 10min OR seconds <= 2 h")).toBe("(attribute.seconds > 600 | attribute.seconds <= 7200)");
  expect(asked("status = FAILED AND params.lr IN (1e-5, '0.10') AND tags.x ~ sweep")).toBe(
    "attribute.status = FAILED & param.lr IN 1e-5,0.10 & tag.x ILIKE %sweep%",
  );
  expect(asked("metrics.m BETWEEN 1 AND 2 AND has:params.lr AND has:tags.`a b`")).toBe(
    "(metric.m >= 1 & metric.m <= 2) & param.lr IS NOT NULL & tag.a b IS NOT NULL",
  );
  expect(asked("metrics.m IS NULL AND dataset.name IS NULL AND ended IS NULL")).toBe(
    "metric.m IS NULL & dataset.name IS NULL & attribute.end_time IS NULL",
  );
});

test("times are days, moments, or so long ago", () => {
  const day = Date.parse("2026-11-12T00:00:00Z");
  expect(asked("started > -3d")).toBe(`attribute.start_time > ${nowMs - 3 * dayMs}`);
  expect(asked("started = today")).toBe(`attribute.start_time >= ${day} & attribute.start_time < ${day + dayMs}`);
  expect(asked("ended <= yesterday")).toBe(`attribute.end_time < ${day}`);
  expect(asked("started > 2026-11-11")).toBe(`attribute.start_time >= ${day}`);
  expect(asked("started >= 2026-11-12T06:00Z")).toBe(`attribute.start_time >= ${day + 6 * 3_600_000}`);
  expect(asked("started BETWEEN -1w AND '2026-11-11'")).toBe(
    `attribute.start_time >= ${nowMs - 7 * dayMs} & attribute.start_time < ${day}`,
  );
  expect(asked("started != today OR started < 1000")).toBe(
    `((attribute.start_time < ${day} | attribute.start_time >= ${day + dayMs}) | attribute.start_time < 1000)`,
  );
});

test("params and tags are asked for with numbers by <, <=, >, >= and BETWEEN, with texts by all else", () => {
  expect(asked("params.lr > 0.01 AND tags.n BETWEEN 2 AND 10min AND params.lr = 1")).toBe(
    "param.lr > 0.01 & (tag.n >= 2 & tag.n <= 600) & param.lr = 1",
  );
  const [more, same] = askedOf("params.lr > 0.01 AND params.lr = 0.01", asker);
  expect([more, same]).toMatchObject([
    { type: "number", values: [0.01] },
    { type: "text", values: ["0.01"] },
  ]);
});

test("a metric is asked for at a step", () => {
  expect(asked("metrics.auc@step(600) > 0.5 AND metrics.`a b`@step(-1) = 0 AND has:metrics.auc@step(007)")).toBe(
    "metric.auc@step(600) > 0.5 & metric.a b@step(-1) = 0 & metric.auc@step(7) IS NOT NULL",
  );
  expect(columnOf("metrics.auc@step(600)")).toEqual({ entity: "metric", key: "auc", statistic: "step(600)" });
  expect(columnOf("metrics.auc@step(x)")).toEqual({ entity: "metric", key: "auc@step(x)", statistic: "last" });
});

test("me is the one who asks, by all names", () => {
  expect(asked("by = me")).toBe("attribute.user_id IN local:ann,ann");
  expect(asked("user != me AND user_id IN (me, bob) AND by = 'me' AND name = me")).toBe(
    "attribute.user_id NOT IN local:ann,ann & attribute.user_id IN local:ann,ann,bob & attribute.user_id = me & attribute.run_name = me",
  );
});

test.each([
  ["(metrics.a > 1", 15, "expected )"],
  ["metrics.a > 1)", 14, "unexpected"],
  ["metrics.a > 1 OR", 17, "expected a name"],
  ["metrics.a > 1 metrics.b > 2", 15, "expected AND or OR"],
  ["metrics.a AND kind = 'x'", 11, "comparison operator"],
  ["started > soon", 11, "no time"],
  ["metrics.a > high", 13, "Expected numeric value"],
  ["params.a > high", 12, "Expected a number"],
  ["params.a >= '1'", 13, "Expected a number"],
  ["metrics.a@step > 1", 16, "expected \\( and a step"],
  ["metrics.a@step(1.5) > 1", 16, "whole number"],
  ["metrics.a@step(5 > 1", 18, "expected )"],
  ["by > me", 4, "Invalid comparator"],
  ["score > 2", 1, "Invalid attribute key"],
  ["metrics.a BETWEEN 1 OR 2", 21, "expected AND"],
  [`${"(".repeat(60)}a = 1`, 51, "nested"],
])("a mistake in %s is told with its place", (text, at, problem) => {
  expect(() => askedOf(text, asker)).toThrow(new RegExp(`${problem.replace(")", "\\)")}.*at character ${at}$`));
});
