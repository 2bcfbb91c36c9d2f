import { type RiskConfig, riskConfig } from "@capstan/contract/config";
import type { Facts, GateFacts, RiskFindings } from "../ship/governance/model.ts";

/** A version of which the record knows everything and nothing is wrong; tests change what they are about. */
export const goodFacts: Facts = {
  version: { digest: "a".repeat(64), bundle: "b".repeat(64), runId: "run1", registeredBy: "local:ada" },
  ownership: { owner: "ops-research", deputy: "platform", active: null },
  purpose: {
    text: "Rebook passengers before a connection is missed.",
    digest: "c".repeat(64),
    notFor: ["crew duty", "fares"],
    evidence: "entry:P1",
  },
  lineage: {
    run: "run:run1",
    commit: "4be1c07aa",
    dirty: false,
    diff: null,
    environment: "e".repeat(64),
    data: [{ node: "data:flights@v1", digest: "d".repeat(64) }],
    authors: ["local:ada"],
  },
  datasets: [{ node: "data:flights@v1", columns: 5, licence: "BSD-3-Clause", origin: "vega-datasets", personal: "none" }],
  dataChecks: [
    { node: "data:flights@v1", digest: "d".repeat(64), suite: "flights-rules", verdict: "pass", passed: 7, all: 7, check: "check:C1" },
  ],
  overlap: { rows: 0, of: 1000, declared: false, evidence: "check:C2" },
  comparisons: [
    { against: "baseline", metric: "auc", difference: 0.06, interval: [0.05, 0.07], margin: 0, evidence: "check:C3" },
    { against: "live", metric: "auc", difference: 0.001, interval: [-0.002, 0.004], margin: -0.005, evidence: "check:C3" },
  ],
  calibration: { metric: "ece", value: 0.01, bound: null, advisory: null, evidence: "check:C3" },
  artifact: { format: "ONNX", executable: false, findings: [], parts: ["ai.onnx 17"], weaknesses: null },
  route: {
    name: "late-arrival",
    logging: "strict",
    retention: { floorDays: 183, ceilingDays: 400 },
    labels: { from: "data:arrivals", delayMs: 6 * 3_600_000 },
    monitors: [
      { name: "inputs", kinds: ["drift", "prediction_drift", "prior_shift"], backtest: { alarmShare: 0.02, evidence: "run:backtest" } },
      { name: "quality", kinds: ["realized_performance"], backtest: { alarmShare: 0, evidence: "run:backtest" } },
    ],
  },
  incidents: { open: [], overdue: [] },
  release: {
    id: "R-1",
    shadow: { rows: 1200, asked: 1000 },
    canary: { rows: 1500, asked: 1000, verdict: "pass" },
    automaticRollback: true,
    loaded: { bundle: "b".repeat(64), verified: true },
  },
  approvals: null,
};

export const levelOne: RiskConfig = riskConfig.parse({
  eu: true,
  role: "provider",
  prohibited: [],
  safety_component: false,
  area: "none",
  exemption: "none",
  profiles_persons: false,
  talks_to_persons: false,
  general_purpose: false,
  personal_data: "none",
  effect: ["service_quality", "advice"],
  persons_per_month: 0,
  harm: "nuisance",
  reversible: true,
  vulnerable: false,
  protected: "none",
  money_per_day: 50000,
  max_outage: "4h",
  third_party: "licensed",
  retrains_itself: true,
});

/** Facts that a test may change between two questions. */
export function changeableFacts(): GateFacts & { facts: Facts; answers: RiskConfig | null; found: RiskFindings } {
  return {
    facts: goodFacts,
    answers: levelOne,
    found: {},
    async gather() {
      return this.facts;
    },
    async risk() {
      return { answers: this.answers, found: this.found };
    },
  };
}
