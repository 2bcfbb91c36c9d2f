import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFilter, parseOrder } from "./grammar.ts";
import { runVocabulary } from "./run-search.ts";
import { typedFilter, typedOrders } from "./vocabulary.ts";

const quoted = (text: string, quote: string): string => quote + text.replaceAll(quote, quote + quote) + quote;
const operators = [">", ">=", "=", "!=", "<", "<=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"] as const;
const clause = fc
  .record({
    entity: fc.constantFrom(undefined, "metrics", "params", "tags", "attributes"),
    key: fc.string({ minLength: 1, unit: "binary" }).filter((one) => !one.includes("\u0000")),
    operator: fc.constantFrom(...operators),
    text: fc.string({ unit: "binary" }),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    isNumber: fc.boolean(),
    quote: fc.constantFrom("`", '"'),
    textQuote: fc.constantFrom("'", '"'),
    space: fc.constantFrom(" ", "\n", "  \t"),
  })
  .map((one) => {
    const literal = one.isNumber ? String(one.number) : quoted(one.text, one.textQuote);
    const right = one.operator.startsWith("IS") ? "" : one.operator.endsWith("IN") ? `(${literal}, ${literal})` : literal;
    return {
      ...one,
      written: `${one.entity === undefined ? "" : `${one.entity}.`}${quoted(one.key, one.quote)}${one.space}${one.operator}${one.space}${right}`,
    };
  });

describe("a filter", () => {
  test("written from its parts gives them back", () => {
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 5 }), (clauses) => {
        const found = parseFilter(clauses.map((one) => one.written).join(" and "));
        expect(found.map(({ name, operator }) => [name.entity, name.key, operator])).toEqual(
          clauses.map((one) => [one.entity, one.key, one.operator]),
        );
        found.forEach(({ literals }, i) => {
          const one = clauses[i];
          for (const literal of literals)
            expect(literal.value).toBe(one?.isNumber ? (one.number === 0 ? literal.value : one.number) : one?.text);
        });
      }),
    );
  });

  test("of any text is understood or refused with the position within it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parseFilter(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "CAP-TRACK-002" });
          const position = Number(/at character (\d+)$/.exec((error as Error).message)?.[1]);
          expect(position).toBeGreaterThan(0);
          expect(position).toBeLessThanOrEqual(text.length + 1);
        }
      }),
    );
  });

  test("names stand bare, behind an entity, quoted and in two words", () => {
    const names = (text: string) => parseFilter(text).map(({ name }) => [name.entity, name.key]);
    expect(names("metrics.acc/top-1 > 0.5 AND params.lr.x = 'a' and run name = 'r' AND tags.`a b` IS NULL")).toEqual([
      ["metrics", "acc/top-1"],
      ["params", "lr.x"],
      [undefined, "run name"],
      ["tags", "a b"],
    ]);
    expect(names('"metrics".loss<1')).toEqual([["metrics", "loss"]]);
  });

  test("may end in AND, and its keys stand in any quotes, as MLflow's servers take them", () => {
    expect(parseFilter("metrics.a > 1 and ").map(({ name }) => name.key)).toEqual(["a"]);
    expect(parseFilter("params.'a b' = 'x'").map(({ name }) => name.key)).toEqual(["a b"]);
    expect(() => parseFilter("and")).toThrow();
  });

  test("a list may end in a comma, as Python writes one of one value", () => {
    expect(parseFilter("run_id IN ('a',)")[0]?.literals).toEqual([{ kind: "text", value: "a" }]);
    expect(() => parseFilter("run_id IN (,)")).toThrow("found ','");
  });

  const refused = (text: string) => {
    try {
      typedFilter(text, runVocabulary);
    } catch (error) {
      return (error as Error).message;
    }
    return "accepted";
  };
  test.each([
    ["metrics.a > 'x'", "Expected numeric value type for metric 'a', found the text 'x', at character 13"],
    ["params.a = 5", "Expected a quoted string value for param 'a', found the number 5, at character 12"],
    ["params.a > '5'", "Invalid comparator '>' for param 'a'"],
    ["metrics.a = 1 OR metrics.b = 2", "expected AND, found 'OR', at character 15"],
    ["nonsense = 'a'", "Invalid attribute key 'nonsense' specified. Valid keys are 'run_id'"],
    ["trace.a = 'a'", "Invalid entity type 'trace'"],
    ["datasets.colour = 'a'", "Invalid dataset key 'colour'"],
    ["metrics.a > ", "found the end, at character 13"],
    ["params.a = 'open", "the quote ' is not closed, at character 12"],
    ["metrics.a = NaN", "Expected a quoted string value or a number, found 'NaN', at character 13"],
    ["run_id IN 'a'", "expected a list in parentheses behind IN"],
    ["metrics.a = 1;drop table run", "found '1;drop'"],
    ["(metrics.a = 1)", "expected a name, found '('"],
  ])("%s is refused in words", (text, message) => {
    expect(refused(text)).toContain(message);
  });
});

test("an order names a key and a direction, each key once", () => {
  expect(parseOrder("metrics.`a b` desc")).toMatchObject({ name: { entity: "metrics", key: "a b" }, descending: true });
  expect(typedOrders(["start_time", "params.a ASC"], runVocabulary).map((one) => one.descending)).toEqual([false, false]);
  expect(() => typedOrders(["metrics.a", "metric.a DESC"], runVocabulary)).toThrow("duplicate");
  expect(() => typedOrders(["metrics.a sideways"], runVocabulary)).toThrow("expected ASC or DESC");
  expect(() => typedOrders(["dataset.name"], runVocabulary)).toThrow("Invalid order_by entity");
});
