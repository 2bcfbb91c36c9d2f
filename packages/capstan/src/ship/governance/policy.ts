import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { law } from "./law.ts";
import type { Risk, Stage } from "./model.ts";

/** When a check is asked: from a level on, or by one axis, or by the tier of the law. */
export type Applies =
  | { readonly from: number }
  | { readonly axis: "legal" | "ethical"; readonly from: number }
  | { readonly tiers: readonly Risk["tier"][] };
export type CatalogueCheck = {
  readonly id: keyof typeof law.clauses;
  readonly title: string;
  readonly stage: Stage;
  readonly applies: Applies;
};

const at = (from: number): Applies => ({ from });
const check = (id: CatalogueCheck["id"], title: string, applies: Applies, stage: Stage = "release"): CatalogueCheck => ({
  id,
  title,
  stage,
  applies,
});

/** Closed and typed: a policy chooses from it, it never brings expressions. In the order of the path. */
export const catalogue: readonly CatalogueCheck[] = [
  check("risk-1", "Allowed use, answers that the record does not contradict", at(0)),
  check("own-1", "Owner and deputy", at(0)),
  check("use-1", "Purpose and what it is not for", at(0)),
  check("lin-1", "Run, code, data and environment", at(0)),
  check("rep-1", "Rebuilt within the tolerance", at(2)),
  check("dat-1", "Schema, licence and origin of the data", at(1)),
  check("dat-2", "Data tests on these digests", at(0)),
  check("dat-3", "Train and test overlap", at(1)),
  check("per-1", "Legal basis of personal data", { axis: "legal", from: 2 }),
  check("per-2", "Data protection impact assessment", { axis: "legal", from: 2 }),
  check("per-3", "No erased person in the training data", { axis: "legal", from: 2 }),
  check("tst-1", "Better than baseline, no worse than live", at(0)),
  check("tst-2", "Worst slice", at(2)),
  check("fair-1", "Fairness per protected attribute", { axis: "ethical", from: 2 }),
  check("rob-1", "Perturbation suite", at(2)),
  check("rob-2", "Adversarial and poisoning scan", at(3)),
  check("cal-1", "Calibration error", at(1)),
  check("exp-1", "Explanation is served", { axis: "ethical", from: 2 }),
  check("ovr-1", "Oversight person, trained, stop control tried", at(2)),
  check("sec-1", "Artifact scan", at(1)),
  check("log-1", "Predictions are logged and kept", at(1)),
  check("log-2", "Sampled prediction replays", at(2)),
  check("mon-1", "Monitors declared and tried on the reference", at(0)),
  check("mon-2", "Label delay declared", at(1)),
  check("mon-3", "Fairness monitor", { axis: "ethical", from: 2 }),
  check("chg-1", "Inside the change envelope", at(2)),
  check("inc-1", "No open serious incident, no overdue follow-up", at(1)),
  check("trn-1", "Notice to persons", { tiers: ["limited"] }),
  check("reg-1", "Registration and declaration", { tiers: ["high"] }),
  check("fal-1", "Fault suite on this version", at(2)),
  check("doc-1", "Technical documentation complete", { tiers: ["high"] }),
  check("rev-1", "Reviewed by someone apart", at(1)),
  check("rev-2", "Signature binds to this evidence", at(1)),
  check("rev-3", "Review showed challenge", at(2)),
  check("dep-1", "Shadow or canary with enough rows", at(1), "promotion"),
  check("dep-2", "Automatic rollback armed", at(1), "promotion"),
  check("dep-3", "Rollback rehearsed", at(2), "promotion"),
  check("sig-1", "Loaded bytes are the signed ones", at(1), "promotion"),
];

/** In force until a project brings its own. Data only: its digest is in every dossier and every entry of this room. */
export const builtinPolicy = {
  name: "builtin-1",
  law: law.id,
  checks: catalogue as readonly CatalogueCheck[],
  /** Approvals by level. */
  quorum: [0, 1, 1, 2] as readonly number[],
  /** From this level on one of the approvals must come from the second line. */
  secondLineFrom: 3,
  /** Who had a part may sign up to this level, marked as self-approved and as a warning. */
  selfApprovedUpTo: 1,
  /** Up to this level uncommitted code whose difference is kept is a warning instead of a failure. */
  dirtyTreeUpTo: 1,
  calibration: { bound: 0.02, advisory: 0.015 },
  /** Share of alarms on the reference itself that a set of monitors may have. */
  backtestAlarmShare: 0.05,
  logDays: law.logDays,
  /** An open incident of this severity or a graver one (a smaller number) blocks. */
  blockingSeverity: 2,
  reviewMonths: [12, 12, 6, 3] as readonly number[],
};
export type Policy = typeof builtinPolicy;

export const policyDigest = (policy: Policy): string => digestOfJson(policy as unknown as Json);

/** The rule that skips a check, or undefined when it is asked. */
export function skippingRule(policy: Policy, applies: Applies, risk: Risk): string | undefined {
  const level = risk.level ?? 3;
  if ("tiers" in applies)
    return applies.tiers.includes(risk.tier) ? undefined : `${policy.name}: for tier ${applies.tiers.join(", ")}, this is ${risk.tier}`;
  if ("axis" in applies)
    return risk.axes[applies.axis] >= applies.from
      ? undefined
      : `${policy.name}: from ${applies.axis} axis ${applies.from}, this is ${risk.axes[applies.axis]}`;
  return level >= applies.from ? undefined : `${policy.name}: from level ${applies.from}, this is ${level}`;
}
