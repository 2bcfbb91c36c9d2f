import fc from "fast-check";
import { expect, test } from "vitest";
import { matcherOf } from "./pattern-match.ts";
import { parsePattern, PatternError, postgresPattern } from "./pattern.ts";

const pieces = ["a", "b", "é", ".", "\\d", "\\W", "\\s", "[ab]", "[^a]", "[a-c9]", "\\.", "\\b", "^", "$", "\n"];
const ends = ["", "*", "+", "?", "{2}", "{1,3}", "{0,}", "+?"];
const text = fc.stringMatching(/^[abc9. é\n]{0,12}$/);
const pattern = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...pieces),
    fc
      .tuple(fc.constantFrom(...pieces.filter((one) => !["^", "$", "\\b"].includes(one))), fc.constantFrom(...ends))
      .map((both) => both.join("")),
    fc.tuple(tie("node"), tie("node")).map((both) => both.join("")),
    fc.tuple(tie("node"), tie("node"), fc.constantFrom(...ends)).map(([a, b, end]) => `(${a}|${b})${end}`),
  ),
})).node;

test("a pattern is found where JavaScript's own engine finds it", () => {
  fc.assert(
    fc.property(pattern, text, fc.boolean(), (source, given, ignoreCase) => {
      const own = matcherOf(`${ignoreCase ? "(?i)" : ""}${source}`)(given);
      // `.` of JavaScript leaves out more kinds of line ends, which are not in these texts.
      expect([source, given, own]).toEqual([source, given, new RegExp(source, ignoreCase ? "iu" : "u").test(given)]);
    }),
    { seed: 7, numRuns: 3000 },
  );
});

test("what is not known, or would cost more than it tells, is refused with its position", () => {
  for (const [source, position] of [
    ["a(b", 4],
    ["a)b", 2],
    ["*a", 1],
    ["[a", 3],
    ["a\\", 3],
    ["(a)\\1", 6],
    ["(?=a)", 3],
    ["(?P<n>a)", 3],
    ["[b-a]", 5],
    ["a{300}", 2],
    ["a**", 4],
  ] as const) {
    let refused: unknown;
    try {
      parsePattern(source);
    } catch (error) {
      refused = error;
    }
    expect([source, refused instanceof PatternError && refused.position]).toEqual([source, position]);
  }
  expect(() => matcherOf("((a{200}){200}){200}")).toThrow("repeats too much");
});

test("patterns that make other engines try for ever take a moment", () => {
  const started = performance.now();
  for (const source of ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*a){12}$"]) matcherOf(source)(`${"a".repeat(20_000)}!`);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("PostgreSQL is given no character that means something to it by itself", () => {
  expect(postgresPattern(parsePattern("(?i)a.[^x-z]{2,}|\\bé$"))).toBe(
    "(?i)(?:[\\U00000061][^\\U0000000a](?:[^\\U00000078-\\U0000007a]){2,}|\\y[\\U000000e9]$)",
  );
});
