import { goesForward } from "@capstan/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evidenceOf, reviewsOf, sentenceOf, verdictOf } from "./gate.ts";
import type { Facts, GateResult } from "./model.ts";
import { builtinPolicy, catalogue } from "./policy.ts";
import { classify } from "./risk.ts";
import { goodFacts, levelOne } from "../../testing/gate-facts.ts";

const risk1 = classify(levelOne);
const ask = (change: Partial<Facts>, because: string[] = [], risk = risk1): GateResult[] =>
  evidenceOf({ ...goodFacts, ...change }, builtinPolicy, risk, "promotion", because);
const verdictAt = (id: string, change: Partial<Facts>, because: string[] = [], risk = risk1) =>
  ask(change, because, risk).find((one) => one.id === id)?.verdict;
const lineage = goodFacts.lineage as NonNullable<Facts["lineage"]>;
const route = goodFacts.route as NonNullable<Facts["route"]>;
const release = goodFacts.release as NonNullable<Facts["release"]>;
const comparison = (difference: number, low: number, high: number, against = "baseline", margin = 0) => ({
  against,
  metric: "auc",
  difference,
  interval: [low, high] as const,
  margin,
  evidence: "check:C",
});

test("a good version at level 1: these checks answer, all others are skipped by a named rule", () => {
  const results = ask({});
  expect(results.filter((one) => one.rule === null).map((one) => one.id)).toEqual(
    "risk-1 own-1 use-1 lin-1 dat-1 dat-2 dat-3 tst-1 cal-1 sec-1 log-1 mon-1 mon-2 inc-1 dep-1 dep-2 sig-1".split(" "),
  );
  expect(results.filter((one) => one.rule === null).every((one) => one.verdict === "pass")).toBe(true);
  expect(
    results.filter((one) => one.rule !== null).every((one) => one.verdict === "skipped" && /^builtin-1: (from|for) /.test(one.rule ?? "")),
  ).toBe(true);
  expect(verdictOf(results)).toBe("pass");
  expect(sentenceOf("late-arrival v2", results)).toBe("late-arrival v2 may go forward: 17 pass, 0 warn.");
});

test("what a level asks for and the record cannot answer is inconclusive, never skipped", () => {
  const results = ask({}, [], classify({ ...levelOne, money_per_day: 500_000 }));
  expect(results.find((one) => one.id === "rep-1")).toMatchObject({ verdict: "inconclusive", rule: null });
  expect(verdictOf(results)).toBe("inconclusive");
  expect(ask({}, [], classify({ ...levelOne, talks_to_persons: true })).find((one) => one.id === "trn-1")?.verdict).toBe("inconclusive");
});

describe("each check", () => {
  test.each<[string, string, Partial<Facts>, string[]?]>([
    ["own-1", "fail", { ownership: { owner: "ops", deputy: null, active: null } }],
    ["own-1", "fail", { ownership: { owner: "ops", deputy: "ops", active: null } }],
    ["own-1", "fail", { ownership: { owner: "ops", deputy: "platform", active: false } }],
    ["use-1", "fail", { purpose: null }],
    ["use-1", "fail", { purpose: { text: "x", digest: "c".repeat(64), notFor: [], evidence: null } }],
    ["lin-1", "fail", { lineage: null }],
    ["lin-1", "fail", { lineage: { ...lineage, environment: null } }],
    ["lin-1", "warn", { lineage: { ...lineage, dirty: true, diff: "f".repeat(64) } }],
    ["lin-1", "fail", { lineage: { ...lineage, dirty: true } }],
    ["dat-1", "fail", { datasets: [{ node: "data:x@v1", columns: 3, licence: null, origin: "here", personal: "none" }] }],
    ["dat-1", "inconclusive", { datasets: [] }],
    ["dat-2", "inconclusive", { lineage: { ...lineage, data: [...lineage.data, { node: "data:other@v1", digest: "9".repeat(64) }] } }],
    [
      "dat-2",
      "fail",
      {
        dataChecks: [
          { node: "data:flights@v1", digest: "d".repeat(64), suite: "s", verdict: "fail", passed: 6, all: 7, check: "check:C1" },
        ],
      },
    ],
    [
      "dat-2",
      "inconclusive",
      {
        dataChecks: [
          { node: "data:flights@v2", digest: "8".repeat(64), suite: "s", verdict: "pass", passed: 7, all: 7, check: "check:C1" },
        ],
      },
    ],
    ["dat-3", "fail", { overlap: { rows: 3, of: 100, declared: false, evidence: "check:C" } }],
    ["dat-3", "warn", { overlap: { rows: 3, of: 100, declared: true, evidence: "check:C" } }],
    ["dat-3", "inconclusive", { overlap: { rows: 0, of: 0, declared: false, evidence: "check:C" } }],
    ["tst-1", "inconclusive", { comparisons: [comparison(0.001, -0.002, 0.004)] }],
    ["tst-1", "fail", { comparisons: [comparison(-0.01, -0.02, -0.001)] }],
    ["tst-1", "inconclusive", { comparisons: [comparison(0.01, 0.005, 0.02, "live", -0.005)] }],
    ["tst-1", "fail", { comparisons: [comparison(0.06, 0.05, 0.07), comparison(-0.02, -0.03, -0.01, "live", -0.005)] }],
    ["cal-1", "warn", { calibration: { metric: "ece", value: 0.0168, bound: null, advisory: null, evidence: "check:C" } }],
    ["cal-1", "fail", { calibration: { metric: "ece", value: 0.03, bound: null, advisory: null, evidence: "check:C" } }],
    ["cal-1", "inconclusive", { calibration: { metric: "ece", value: Number.NaN, bound: null, advisory: null, evidence: "check:C" } }],
    ["sec-1", "fail", { artifact: { format: "pickle", executable: true, findings: [], parts: [], weaknesses: null } }],
    ["sec-1", "fail", { artifact: { format: "ONNX", executable: false, findings: [], parts: [], weaknesses: ["CVE-1"] } }],
    ["log-1", "fail", { route: { ...route, logging: "off" } }],
    ["log-1", "fail", { route: { ...route, retention: { floorDays: null, ceilingDays: 30 } } }],
    ["mon-1", "fail", { route: { ...route, monitors: [route.monitors[0] as (typeof route.monitors)[number]] } }],
    ["mon-1", "inconclusive", { route: { ...route, monitors: route.monitors.map((one) => ({ ...one, backtest: null })) } }],
    [
      "mon-1",
      "fail",
      { route: { ...route, monitors: route.monitors.map((one) => ({ ...one, backtest: { alarmShare: 0.2, evidence: "run:b" } })) } },
    ],
    ["mon-2", "fail", { route: { ...route, labels: null } }],
    ["mon-2", "inconclusive", { route: null }],
    ["inc-1", "fail", { incidents: { open: [{ id: "INC-1", severity: 2, title: "prior shift", entries: ["E9"] }], overdue: [] } }],
    [
      "inc-1",
      "pass",
      { incidents: { open: [{ id: "INC-1", severity: 2, title: "prior shift", entries: ["E9"] }], overdue: [] } },
      ["E10", "E9"],
    ],
    ["inc-1", "pass", { incidents: { open: [{ id: "INC-1", severity: 3, title: "slow", entries: [] }], overdue: [] } }],
    ["inc-1", "fail", { incidents: { open: [], overdue: [{ id: "A-1", title: "detect units" }] } }],
    ["dep-1", "inconclusive", { release: { ...release, shadow: { rows: 10, asked: 1000 }, canary: null } }],
    ["dep-1", "inconclusive", { release: { ...release, canary: { rows: 2000, asked: 1000, verdict: "inconclusive" } } }],
    ["dep-1", "fail", { release: { ...release, shadow: null, canary: null } }],
    ["dep-2", "fail", { release: { ...release, automaticRollback: false } }],
    ["sig-1", "fail", { release: { ...release, loaded: { bundle: "0".repeat(64), verified: true } } }],
    ["sig-1", "inconclusive", { release: { ...release, loaded: { bundle: "b".repeat(64), verified: false } } }],
  ])("%s says %s", (id, verdict, change, because) => {
    expect(verdictAt(id, change, because ?? [])).toBe(verdict);
  });

  test("uncommitted code fails from level 2 on", () => {
    expect(
      verdictAt("lin-1", { lineage: { ...lineage, dirty: true, diff: "f".repeat(64) } }, [], classify({ ...levelOne, vulnerable: true })),
    ).toBe("fail");
  });
  test("a prohibited use fails, and so does an answer that the record contradicts", () => {
    expect(verdictAt("risk-1", {}, [], classify({ ...levelOne, prohibited: ["social_scoring"] }))).toBe("fail");
    expect(
      verdictAt(
        "risk-1",
        {},
        [],
        classify(levelOne, { personal_data: { value: "personal", says: "a tagged column", evidence: ["data:flights@v1"] } }),
      ),
    ).toBe("fail");
    const { vulnerable: _, ...rest } = levelOne;
    expect(verdictAt("risk-1", {}, [], classify(rest))).toBe("warn");
  });
});

const forgetful = [
  "purpose",
  "lineage",
  "datasets",
  "dataChecks",
  "overlap",
  "comparisons",
  "calibration",
  "artifact",
  "route",
  "incidents",
  "release",
] as const;
const known = fc.record(
  Object.fromEntries(forgetful.map((key) => [key, fc.boolean()])) as Record<(typeof forgetful)[number], fc.Arbitrary<boolean>>,
);
const without = (keep: Record<(typeof forgetful)[number], boolean>): Facts =>
  ({ ...goodFacts, ...Object.fromEntries(forgetful.filter((key) => !keep[key]).map((key) => [key, null])) }) as Facts;

describe("properties", () => {
  test("total: every check has a verdict whatever is unknown, and each id of the catalogue appears once", () => {
    fc.assert(
      fc.property(known, fc.integer({ min: 0, max: 3_000_000 }), (keep, money) => {
        const results = ask(without(keep), [], classify({ ...levelOne, money_per_day: money }));
        expect(results.map((one) => one.id).sort()).toEqual(
          catalogue
            .map((one) => one.id)
            .filter((id) => id !== "rev-1" && id !== "rev-2")
            .sort(),
        );
      }),
    );
  });
  test("to know less never lets a version forward", () => {
    fc.assert(
      fc.property(known, (keep) => {
        const verdict = verdictOf(ask(without(keep)));
        if (Object.values(keep).some((one) => !one)) expect(goesForward(verdict)).toBe(false);
        else expect(verdict).toBe("pass");
      }),
    );
  });
});

test("reviews: none, self-approved, apart, voided, and two with the second line at level 3", () => {
  const approval = (by: string, more: object = {}) => ({
    dossier: "now",
    by,
    role: "reviewer",
    selfApproved: false,
    entry: `E-${by}`,
    ...more,
  });
  const say = (approvals: ReturnType<typeof approval>[], risk = risk1, needed = 1) =>
    reviewsOf({ evidence: "now", approvals, needed }, builtinPolicy, risk)
      .map((one) => one.verdict)
      .slice(0, 2);
  const risk2 = classify({ ...levelOne, vulnerable: true });
  const risk3 = classify({ ...levelOne, money_per_day: 1e6 });
  expect(say([])).toEqual(["inconclusive", "inconclusive"]);
  expect(say([approval("ada", { selfApproved: true })])).toEqual(["warn", "pass"]);
  expect(say([approval("ines")])).toEqual(["pass", "pass"]);
  expect(say([approval("ines", { dossier: "before" })])).toEqual(["inconclusive", "fail"]);
  expect(say([approval("ada", { selfApproved: true })], risk2)).toEqual(["fail", "pass"]);
  expect(say([approval("ines")], risk3, 2)[0]).toBe("inconclusive");
  expect(say([approval("ines"), approval("ines")], risk3, 2)[0]).toBe("inconclusive");
  expect(say([approval("ines"), approval("tomas")], risk3, 2)[0]).toBe("inconclusive");
  expect(say([approval("ines"), approval("tomas", { role: "second-line" })], risk3, 2)[0]).toBe("pass");
  const level0 = classify({ ...levelOne, money_per_day: 0 });
  expect(say([], level0, 0)).toEqual(["skipped", "skipped"]);
  expect(say([], level0, 1)[0]).toBe("inconclusive");
});
