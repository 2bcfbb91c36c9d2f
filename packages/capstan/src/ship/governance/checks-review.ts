import type { Answer, Risk } from "./model.ts";
import type { Policy } from "./policy.ts";

export type Approval = {
  readonly dossier: string;
  readonly by: string;
  readonly role: string;
  readonly selfApproved: boolean;
  readonly entry: string;
};
export type Review = {
  /** Digest that a dossier of this moment's evidence has. */
  readonly evidence: string;
  /** All approvals of this version, also of other dossiers. */
  readonly approvals: readonly Approval[];
  readonly needed: number;
};

export const neededApprovals = (policy: Policy, risk: Risk, extra: number | null): number =>
  Math.max(policy.quorum[risk.level ?? 3] ?? 2, extra ?? 0);

const holding = (review: Review): Approval[] => review.approvals.filter((one) => one.dossier === review.evidence);

/** Whether the approvals that bind to this evidence are enough: in number, and from the second line where the level wants it. */
export function isApproved(review: Review, policy: Policy, risk: Risk): boolean {
  const level = risk.level ?? 3;
  const counted = holding(review).filter((one) => !one.selfApproved || level <= policy.selfApprovedUpTo);
  const people = new Set(counted.map((one) => one.by));
  return people.size >= review.needed && (level < policy.secondLineFrom || counted.some((one) => one.role === "second-line"));
}

export function reviewed(review: Review, policy: Policy, risk: Risk): Answer {
  const level = risk.level ?? 3;
  const bound = `≥ ${review.needed}${level >= policy.secondLineFrom ? ", one of the second line" : ""}`;
  const now = holding(review);
  const evidence = now.map((one) => `entry:${one.entry}`);
  const names = now.map((one) => `${one.by}${one.selfApproved ? ", self-approved" : ` as ${one.role}`}`).join("; ");
  if (now.length === 0) return { verdict: "inconclusive", observed: "not signed yet", bound };
  if (!isApproved(review, policy, risk)) {
    const self = now.some((one) => one.selfApproved) && level > policy.selfApprovedUpTo;
    return {
      verdict: self ? "fail" : "inconclusive",
      observed: `${names}: ${self ? `self-approval counts up to level ${policy.selfApprovedUpTo}` : "not enough"}`,
      bound,
      evidence,
    };
  }
  return { verdict: now.every((one) => one.selfApproved) ? "warn" : "pass", observed: names, bound, evidence };
}

export function binding(review: Review): Answer {
  const bound = `dossier ${review.evidence.slice(0, 8)}`;
  const now = holding(review);
  if (now.length > 0)
    return {
      verdict: "pass",
      observed: `signed ${bound}`,
      bound,
      evidence: [`dossier:${review.evidence}`, ...now.map((one) => `entry:${one.entry}`)],
    };
  const voided = [...new Set(review.approvals.map((one) => one.dossier.slice(0, 8)))];
  if (voided.length === 0) return { verdict: "inconclusive", observed: "not signed yet", bound };
  return {
    verdict: "fail",
    observed: `signed was ${voided.join(", ")}; the evidence changed since`,
    bound,
    evidence: review.approvals.map((one) => `entry:${one.entry}`),
  };
}
