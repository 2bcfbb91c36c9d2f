import { expect, test } from "vitest";
import {
  contextAt,
  keyText,
  operatorsFor,
  piecesOf,
  placeOfMistake,
  statisticsAt,
  unfinished,
  valueBehind,
  withClause,
} from "./filter-text.ts";

const kindsOf = (text: string) => piecesOf(text).flatMap((one) => (one.kind === "space" ? [] : [`${one.kind}:${one.text}`]));

test("a filter is coloured by what its pieces are, and nothing of it is lost", () => {
  expect(kindsOf("metrics.auc >= 0.7 AND params.kind LIKE 'b%'")).toEqual([
    "key:metrics.auc",
    "operator:>=",
    "number:0.7",
    "and:AND",
    "key:params.kind",
    "operator:LIKE",
    "text:'b%'",
  ]);
  for (const text of ["metrics.`a b` > 1", "name = 'un closed", "(((", "a!b", "tags.x IN ('a', 'b')"])
    expect(
      piecesOf(text)
        .map((one) => one.text)
        .join(""),
    ).toBe(text);
});

const at = (text: string) => {
  const { wants, typed } = contextAt(text, text.length);
  return `${wants} ${typed}`;
};
test("the caret asks for a name, an operator, a value or AND", () => {
  expect(at("")).toBe("key ");
  expect(at("metrics.v")).toBe("key metrics.v");
  expect(at("metrics.val_auc ")).toBe("operator ");
  expect(at("params.kind LI")).toBe("operator LI");
  expect(at("params.kind = ")).toBe("value ");
  expect(at("params.kind = 'bo")).toBe("value bo");
  expect(at("params.kind = 'a' ")).toBe("and ");
  expect(at("params.kind = 'a' AND tag")).toBe("key tag");
  expect(at("metrics.auc > 0.7 AND metrics.`a b` ")).toBe("operator ");
  expect(at("params.kind IS NULL ")).toBe("and ");
  expect(at("(metrics.auc > 1 OR tag")).toBe("key tag");
  expect(at("NOT (par")).toBe("key par");
  expect(at("metrics.auc > 1 ")).toBe("and ");
  expect(at("(metrics.auc > 1) O")).toBe("and O");
  expect(at("params.kind NOT I")).toBe("operator NOT I");
  expect(at("params.kind IN ('a', 'b') ")).toBe("and ");
  expect(at("metrics.auc BETWEEN 1 ")).toBe("and ");
  expect(at("metrics.auc BETWEEN 1 AND ")).toBe("value ");
  expect(at("metrics.auc BETWEEN 1 AND 2 ")).toBe("and ");
  expect(at("started > -3d OR ")).toBe("key ");
  expect(contextAt("metrics.auc > 1 AND par", 23)).toMatchObject({ wants: "key", from: 20 });
});

test("a metric is asked for at a step, params with numbers", () => {
  const text = "metrics.auc@step(600) > 0.5 AND metrics.`a b`@step(-1) < 2";
  expect(kindsOf(text)).toEqual([
    "key:metrics.auc@step(600)",
    "operator:>",
    "number:0.5",
    "and:AND",
    "key:metrics.",
    "key:`a b`",
    "key:@step(-1)",
    "operator:<",
    "number:2",
  ]);
  expect(at("metrics.auc@step(600) ")).toBe("operator ");
  expect(at("metrics.`a b`@max ")).toBe("operator ");
  expect(at("metrics.auc@step(600) > 0.5 AND par")).toBe("key par");
  expect(at("metrics.auc@step(600) > ")).toBe("value ");
  expect(contextAt("params.lr > ", 12)).toMatchObject({ wants: "value", key: "params.lr", operator: ">" });
  expect(statisticsAt("metrics.auc@").map((one) => one.text)).toEqual([
    "metrics.auc@max",
    "metrics.auc@min",
    "metrics.auc@last",
    "metrics.auc@step(",
  ]);
  expect(statisticsAt("metrics.auc@st").map((one) => one.open)).toEqual([true]);
  expect(statisticsAt("params.auc@st")).toEqual([]);
  expect(keyText("metrics.a b@step(7)")).toBe("metrics.`a b`@step(7)");
  expect(unfinished("metrics.auc@step(6")).toMatchObject({ problem: expect.stringContaining("@step(600)"), at: 18 });
  expect(unfinished("metrics.auc@step(6) > 1 AND by = me")).toBeUndefined();
  expect(operatorsFor("params.lr")).toContain(">=");
  expect([valueBehind("params.lr", ">", "0.1"), valueBehind("params.lr", ">", "adam"), valueBehind("params.lr", "=", "0.1")]).toEqual([
    "0.1",
    undefined,
    "'0.1'",
  ]);
});

test("names are quoted where they must be, operators fit the type, words become comparisons when narrowed", () => {
  expect(keyText("metrics.val auc")).toBe("metrics.`val auc`");
  expect(keyText("metrics.layer1/norm@max")).toBe("metrics.layer1/norm@max");
  expect(operatorsFor("metrics.auc")).not.toContain("LIKE");
  expect(operatorsFor("params.kind")).toContain("IS NULL");
  expect(withClause("", "a = 1")).toBe("a = 1");
  expect(withClause("metrics.x > 1", "kind = 'user'")).toBe("metrics.x > 1 AND kind = 'user'");
  expect(withClause("metrics.x > 1 OR fit", "kind = 'user'")).toBe("(metrics.x > 1 OR fit) AND kind = 'user'");
  expect(withClause("fit 0", "kind = 'user'")).toBe("name ILIKE '%fit%' AND name ILIKE '%0%' AND kind = 'user'");
  expect(placeOfMistake("Invalid value for filter: expected a value, at character 9")).toBe(8);
});

test("what is still being typed is told before it is asked", () => {
  expect(unfinished("metrics.auc >")).toMatchObject({ problem: "A value is missing.", at: 13 });
  expect(unfinished("params.kind = 'bo")).toMatchObject({ at: 14 });
  expect(unfinished("metrics.auc > 1 AND")).toMatchObject({ at: 19 });
  expect(unfinished("metrics.auc > 1 AND params.kind")).toMatchObject({ problem: "An operator is missing after params.kind." });
  expect(unfinished("metrics.auc")).toMatchObject({ problem: "An operator is missing after metrics.auc." });
  expect(unfinished("(metrics.auc > 1 OR name = 'x'")).toMatchObject({ problem: "A parenthesis is not closed.", at: 0 });
  expect(unfinished("metrics.auc > 1 OR ")).toMatchObject({ problem: "A comparison is missing after OR." });
  for (const text of ["fit OR boost", "NOT fit", "(metrics.a > 1 OR has:params.b) AND started > -3d", "metrics.a BETWEEN 1 AND 2"])
    expect(unfinished(text)).toBeUndefined();
  for (const text of ["", "fit 0.1", "metrics.auc > 1", "params.kind = 'a' AND params.b IS NULL", "name IN ('a', 'b')", "params.kind = ''"])
    expect(unfinished(text)).toBeUndefined();
});
