import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "@capstan/contract";
import type { Look, Plan, ReleaseState } from "./model.ts";
import { advanceStages, decideStage, endStages, mayGo, reachable, runningStage, stagesOf, thin, tripWire } from "./rules.ts";

const plan: Plan = {
  strategy: "canary",
  shadow: true,
  steps: [0.1, 0.5],
  eachMs: 2000,
  eachRows: 1000,
  maxMs: 60_000,
  threshold: 0.5,
  guard: { alpha: 0.001, latencyP95Ms: 20, scoreMean: 0.02 },
};
const look = (verdict: Verdict): Look => ({
  id: "failures",
  title: "",
  verdict,
  control: null,
  canary: null,
  difference: null,
  interval: null,
  eValue: null,
  bound: null,
  unit: "share",
  detail: `says ${verdict}`,
});
const verdicts = fc.constantFrom<Verdict>("pass", "warn", "fail", "inconclusive", "error", "skipped");
const running = stagesOf(plan, true).map((stage, i) => (i === 1 ? { ...stage, state: "running" as const } : stage));

describe("stages", () => {
  it("follow the plan; without a live version there is nothing to compare with", () => {
    expect(stagesOf(plan, true).map((stage) => stage.name)).toEqual(["gate", "shadow", "10 %", "50 %", "live"]);
    expect(stagesOf({ ...plan, strategy: "direct" }, true).map((stage) => stage.name)).toEqual(["gate", "shadow", "live"]);
    expect(stagesOf(plan, false).map((stage) => stage.name)).toEqual(["gate", "live"]);
  });

  it("have exactly one running until the end, in order", () => {
    let stages = stagesOf(plan, true).map((stage, i) => (i === 0 ? { ...stage, state: "running" as const } : stage));
    for (let at = 0; at < stages.length - 1; at++) {
      expect(runningStage(stages)).toBe(at);
      stages = advanceStages(stages, "pass", "", 7, at) as typeof stages;
    }
    expect(stages.map((stage) => stage.state)).toEqual(["done", "done", "done", "done", "running"]);
    expect(runningStage(endStages(stages, "fail", "", 0, 9))).toBe(-1);
  });
});

describe("decideStage", () => {
  it("never goes forward unless time, rows and every guard allow it", () => {
    fc.assert(
      fc.property(fc.array(verdicts, { minLength: 1, maxLength: 5 }), fc.nat(3000), fc.nat(100_000), (all, rows, ranMs) => {
        const decision = decideStage(plan, running[1]!, all.map(look), rows, ranMs);
        const bad = all.some((verdict) => verdict === "fail" || verdict === "error");
        const open = all.includes("inconclusive");
        if (bad) expect(decision.act).toBe("back");
        else if (decision.act === "advance") expect([open, rows >= 1000, ranMs >= 2000]).toEqual([false, true, true]);
        else expect(decision.act).toBe(ranMs >= plan.maxMs ? "give-up" : "wait");
      }),
    );
  });

  it("says what it waits for", () => {
    expect(decideStage(plan, running[1]!, [look("pass")], 10, 0)).toEqual({ act: "wait", because: "10 of 1000 rows" });
    expect(decideStage(plan, running[1]!, [look("pass")], 1000, 1500)).toEqual({ act: "wait", because: "1.5 of 2.0 s" });
    expect(decideStage(plan, running[1]!, [look("inconclusive")], 1000, 2500)).toEqual({ act: "wait", because: "says inconclusive" });
  });
});

describe("states", () => {
  const ends: ReleaseState[] = ["rolled_back", "failed", "inconclusive", "stopped"];
  it("end states end, and live is reached through promoting only", () => {
    for (const state of ends) expect(reachable(state)).toEqual([]);
    const before = (["draft", "shadow", "canary", "promoting", "paused", "live", "superseded"] as const).filter((state) =>
      mayGo(state, "live"),
    );
    expect(before).toEqual(["promoting", "superseded"]);
  });

  it("every walk can still be ended or is over", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10), { maxLength: 20 }), (choices) => {
        let state: ReleaseState = "draft";
        for (const choice of choices) {
          const next: readonly ReleaseState[] = reachable(state);
          if (next.length > 0) state = next[choice % next.length]!;
        }
        expect(ends.includes(state) || state === "superseded" || reachable(state).some((to) => ends.includes(to))).toBe(true);
      }),
    );
  });
});

it("trip-wires at five failures in a row or three broken answers", () => {
  expect([tripWire(4, 2), tripWire(5, 0), tripWire(0, 3)].map((text) => text !== null)).toEqual([false, true, true]);
});

it("thins a series to half, keeping both ends", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 400 }), (points) => {
      const thinned = thin(points, 300);
      expect(thinned.length).toBeLessThan(300);
      expect([thinned[0], thinned.at(-1)]).toEqual([points[0], points.at(-1)]);
    }),
  );
});
