import fc from "fast-check";
import type { RiskConfig } from "@capstan/contract/config";
import { describe, expect, test } from "vitest";
import { levelOne as harmless } from "../../testing/gate-facts.ts";
import { questions, type RiskQuestion } from "./risk-questions.ts";
import { classify } from "./risk.ts";

const some: { [K in keyof RiskConfig]-?: fc.Arbitrary<NonNullable<RiskConfig[K]>> } = {
  eu: fc.boolean(),
  role: fc.constantFrom("provider", "deployer", "both", "manufacturer"),
  prohibited: fc.subarray(["social_scoring", "imagery"]),
  safety_component: fc.boolean(),
  area: fc.constantFrom("none", "1", "2", "3", "4", "5a", "5b", "5c", "5d", "6", "7", "8"),
  exemption: fc.constantFrom("none", "narrow_task", "improves_human_work", "detects_patterns", "preparatory"),
  profiles_persons: fc.boolean(),
  talks_to_persons: fc.boolean(),
  general_purpose: fc.boolean(),
  personal_data: fc.constantFrom("none", "pseudonymous", "personal", "special", "children"),
  effect: fc.tuple(
    fc.constantFrom("none", "service_quality", "significant", "legal"),
    fc.constantFrom("advice", "in_loop", "on_loop", "solely_automated"),
  ),
  persons_per_month: fc.integer({ min: 0, max: 3_000_000 }),
  harm: fc.constantFrom("nuisance", "money", "livelihood", "health"),
  reversible: fc.boolean(),
  vulnerable: fc.boolean(),
  protected: fc.constantFrom("none", "present", "proxied", "obtainable"),
  money_per_day: fc.integer({ min: 0, max: 3_000_000 }),
  max_outage: fc.integer({ min: 0, max: 10_000_000 }),
  third_party: fc.constantFrom("none", "licensed", "unknown"),
  retrains_itself: fc.boolean(),
};
const partly = fc.record(some, { requiredKeys: [] }) as fc.Arbitrary<RiskConfig>;
/** Prohibited is beyond every level. */
const height = (answers: RiskConfig): number => classify(answers).level ?? 4;

describe("the rules of the questionnaire", () => {
  test("all harmless, 50 000 a day: level 1 by money alone", () => {
    expect(classify(harmless)).toMatchObject({
      level: 1,
      tier: "minimal",
      axes: { business: 1, legal: 0, ethical: 0 },
      unanswered: [],
      contradictions: [],
      reviewMonths: 12,
    });
    expect(classify({ ...harmless, money_per_day: 9_999 }).level).toBe(0);
    expect(classify({ ...harmless, money_per_day: 1_000_000 }).level).toBe(3);
  });
  test("nothing answered is the worst of everything, and stops", () => {
    const risk = classify(null);
    expect(risk).toMatchObject({ level: null, prohibited: true, axes: { business: 3, legal: 3, ethical: 3 } });
    expect(risk.unanswered).toHaveLength(20);
  });
  test.each([
    [{ safety_component: true }, "high", 2],
    [{ area: "5b" as const }, "high", 2],
    [{ area: "6" as const }, "high", 3],
    [{ area: "5b" as const, harm: "health" as const }, "high", 3],
    [{ area: "5b" as const, exemption: "preparatory" as const }, "minimal", 1],
    [{ area: "5b" as const, exemption: "preparatory" as const, profiles_persons: true }, "high", 2],
    [{ talks_to_persons: true, money_per_day: 0 }, "limited", 1],
    [{ eu: false, area: "6" as const }, "out-of-scope", 1],
    [{ vulnerable: true }, "minimal", 2],
    [{ vulnerable: true, reversible: false }, "minimal", 3],
    [{ reversible: false, money_per_day: 0 }, "minimal", 1],
    [{ max_outage: 60_000 }, "minimal", 2],
    [{ third_party: "unknown" as const }, "minimal", 2],
    [{ effect: ["significant", "solely_automated"] as ["significant", "solely_automated"] }, "minimal", 3],
    [{ effect: ["significant", "in_loop"] as ["significant", "in_loop"] }, "minimal", 1],
  ])("%j", (change, tier, level) => {
    expect(classify({ ...harmless, ...change })).toMatchObject({ tier, level });
  });
  test("the record is believed where it knows worse, and the contradiction is shown; where it knows better, the answer stands", () => {
    const worse = classify(harmless, {
      personal_data: { value: "personal", says: "column passenger_name is tagged as a name", evidence: ["data:flights@v1"] },
    });
    expect(worse).toMatchObject({
      level: 2,
      contradictions: [{ question: "personal_data", answer: "none", record: "column passenger_name is tagged as a name" }],
    });
    const better = classify({ ...harmless, personal_data: "special" }, { personal_data: { value: "none", says: "no tag", evidence: [] } });
    expect(better).toMatchObject({ level: 3, contradictions: [] });
  });
});

describe("properties", () => {
  test("total: any partial answers have a class", () => {
    fc.assert(
      fc.property(partly, (answers) => {
        const risk = classify(answers);
        expect(risk.prohibited || (risk.level !== null && risk.level >= Math.max(...Object.values(risk.axes)))).toBe(true);
      }),
    );
  });
  test("a prohibited practice always stops", () => {
    fc.assert(
      fc.property(partly, fc.constantFrom("social_scoring", "imagery"), (answers, practice) => {
        expect(classify({ ...answers, prohibited: [practice] })).toMatchObject({ prohibited: true, level: null, tier: "prohibited" });
      }),
    );
  });
  test("monotone: a worse answer, or taking one away, never lowers the class", () => {
    fc.assert(
      fc.property(partly, partly, fc.nat(questions.length - 1), (answers, others, pick) => {
        const question = questions[pick] as RiskQuestion;
        const before = answers[question.key];
        const other = others[question.key];
        if (before !== undefined && other !== undefined) {
          expect(height({ ...answers, [question.key]: question.worse(before as never, other as never) })).toBeGreaterThanOrEqual(
            height(answers),
          );
        }
        const { [question.key]: _, ...without } = answers;
        expect(height(without)).toBeGreaterThanOrEqual(height(answers));
      }),
      { numRuns: 1000 },
    );
  });
  test("monotone: a finding of the record never lowers the class", () => {
    fc.assert(
      fc.property(partly, partly, fc.nat(questions.length - 1), (answers, found, pick) => {
        const key = (questions[pick] as RiskQuestion).key;
        if (found[key] === undefined) return;
        expect(classify(answers, { [key]: { value: found[key], says: "", evidence: [] } }).level ?? 4).toBeGreaterThanOrEqual(
          height(answers),
        );
      }),
    );
  });
  test("the order of the answers is of no account", () => {
    fc.assert(
      fc.property(partly, (answers) => {
        expect(classify(Object.fromEntries(Object.entries(answers).reverse()) as RiskConfig)).toEqual(classify(answers));
      }),
    );
  });
});
