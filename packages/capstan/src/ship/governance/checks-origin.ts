import type { Answer, Facts, Risk } from "./model.ts";
import type { Policy } from "./policy.ts";

/** Where a version comes from and what it is for. A predicate reads facts and answers; what the record does not know is inconclusive. */
export type GateCheck = (facts: Facts, policy: Policy, risk: Risk, because: readonly string[]) => Answer;

export const short = (digest: string): string => digest.slice(0, 8);
export const unknown = (observed: string, bound?: string): Answer => ({
  verdict: "inconclusive",
  observed,
  ...(bound !== undefined && { bound }),
});

export const allowedUse: GateCheck = (_facts, _policy, risk) => {
  const bound = "not prohibited, not contradicted";
  if (risk.prohibited) {
    const why = risk.unanswered.includes("prohibited")
      ? "the question for prohibited practices is not answered"
      : (risk.reasons.find((one) => one.question === "prohibited")?.answer ?? "prohibited");
    return { verdict: "fail", observed: why, bound };
  }
  const [first] = risk.contradictions;
  if (first)
    return {
      verdict: "fail",
      observed: `${first.question}: ${first.answer} answered, ${first.record}`,
      bound,
      evidence: risk.contradictions.flatMap((one) => one.evidence),
    };
  if (risk.unanswered.length > 0)
    return { verdict: "warn", observed: `not answered, counted as worst: ${risk.unanswered.join(", ")}`, bound };
  return { verdict: "pass", observed: `level ${risk.level}, tier ${risk.tier}`, bound };
};

export const ownership: GateCheck = ({ ownership: { owner, deputy, active } }) => {
  const bound = "both named, two of them, both active";
  if (!owner || !deputy)
    return { verdict: "fail", observed: `${owner ? "" : "no owner"}${owner || deputy ? "" : ", "}${deputy ? "" : "no deputy"}`, bound };
  const observed = `${owner}, ${deputy}`;
  if (owner === deputy) return { verdict: "fail", observed: `${observed}: the same`, bound };
  if (active === false) return { verdict: "fail", observed: `${observed}: not both active`, bound };
  return { verdict: "pass", observed, bound };
};

export const purpose: GateCheck = ({ purpose }) => {
  const bound = "a sentence, and what it is not for";
  if (!purpose || purpose.text.trim() === "") return { verdict: "fail", observed: "no purpose", bound };
  const evidence = purpose.evidence === null ? [] : [purpose.evidence];
  if (purpose.notFor.length === 0)
    return { verdict: "fail", observed: `purpose ${short(purpose.digest)}, nothing said to be out of scope`, bound, evidence };
  return { verdict: "pass", observed: `purpose ${short(purpose.digest)}, not for ${purpose.notFor.join(", ")}`, bound, evidence };
};

export const origin: GateCheck = ({ lineage }, policy, risk) => {
  const bound = "run, clean commit, data digests, environment";
  if (!lineage) return { verdict: "fail", observed: "no run made it: registered by hand", bound };
  const evidence = [lineage.run, ...lineage.data.map((one) => one.node)];
  const missing = [
    ...(lineage.commit === null ? ["a commit"] : []),
    ...(lineage.data.length === 0 ? ["data digests"] : []),
    ...(lineage.environment === null ? ["a locked environment"] : []),
  ];
  if (missing.length > 0) return { verdict: "fail", observed: `${lineage.run} without ${missing.join(", ")}`, bound, evidence };
  const observed = `${lineage.run} at ${String(lineage.commit).slice(0, 7)}, ${lineage.data.length} data digests`;
  if (!lineage.dirty) return { verdict: "pass", observed: `${observed}, clean`, bound, evidence };
  if (lineage.diff === null) return { verdict: "fail", observed: `${observed}, uncommitted code that was not kept`, bound, evidence };
  const kept = `${observed}, uncommitted code kept as ${short(lineage.diff)}`;
  return {
    verdict: (risk.level ?? 3) <= policy.dirtyTreeUpTo ? "warn" : "fail",
    observed: kept,
    bound,
    evidence: [...evidence, `blob:${lineage.diff}`],
  };
};
