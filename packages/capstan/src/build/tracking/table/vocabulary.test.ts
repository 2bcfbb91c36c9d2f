import { expect, test } from "vitest";
import type { Condition } from "../search/vocabulary.ts";
import { askedOf } from "./vocabulary.ts";

const nowMs = Date.parse("2026-11-12T15:30:00Z");
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
const asked = (text: string): string => askedOf(text, nowMs).map(said).join(" & ");

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

test.each([
  ["(metrics.a > 1", 15, "expected )"],
  ["metrics.a > 1)", 14, "unexpected"],
  ["metrics.a > 1 OR", 17, "expected a name"],
  ["metrics.a > 1 metrics.b > 2", 15, "expected AND or OR"],
  ["metrics.a AND kind = 'x'", 11, "comparison operator"],
  ["started > soon", 11, "no time"],
  ["metrics.a > high", 13, "Expected numeric value"],
  ["score > 2", 1, "Invalid attribute key"],
  ["metrics.a BETWEEN 1 OR 2", 21, "expected AND"],
  [`${"(".repeat(60)}a = 1`, 51, "nested"],
])("a mistake in %s is told with its place", (text, at, problem) => {
  expect(() => askedOf(text, nowMs)).toThrow(new RegExp(`${problem.replace(")", "\\)")}.*at character ${at}$`));
});
