import { type Verdict, verdicts, worstVerdict } from "@capstan/contract";
import { artifactScan, calibration, performance } from "./checks-model.ts";
import { dataTests, datasheet, overlap } from "./checks-data.ts";
import { exposure, incidents, labelDelay, loadedBytes, logging, monitors, rollbackArmed } from "./checks-operation.ts";
import { allowedUse, type GateCheck, origin, ownership, purpose } from "./checks-origin.ts";
import { binding, type Review, reviewed } from "./checks-review.ts";
import { law } from "./law.ts";
import type { Answer, Facts, GateResult, Risk, Stage } from "./model.ts";
import { type CatalogueCheck, type Policy, skippingRule } from "./policy.ts";

const predicates: { readonly [id: string]: GateCheck | undefined } = {
  "risk-1": allowedUse,
  "own-1": ownership,
  "use-1": purpose,
  "lin-1": origin,
  "dat-1": datasheet,
  "dat-2": dataTests,
  "dat-3": overlap,
  "tst-1": performance,
  "cal-1": calibration,
  "sec-1": artifactScan,
  "log-1": logging,
  "mon-1": monitors,
  "mon-2": labelDelay,
  "inc-1": incidents,
  "dep-1": exposure,
  "dep-2": rollbackArmed,
  "sig-1": loadedBytes,
};
const reviewChecks = new Set(["rev-1", "rev-2"]);

const resultOf = (check: CatalogueCheck, answer: Answer, rule: string | null = null): GateResult => ({
  id: check.id,
  title: check.title,
  verdict: answer.verdict,
  observed: answer.observed,
  bound: answer.bound ?? null,
  evidence: [...(answer.evidence ?? [])],
  clauses: [...law.clauses[check.id]],
  rule,
  stage: check.stage,
});

/**
 * The evidence: every check of the catalogue but the reviews, which are opinions about it. Pure and total. What a rule asks for and this program cannot answer
 * from the record is inconclusive, so that a higher level never goes forward for want of a check.
 */
export function evidenceOf(facts: Facts, policy: Policy, risk: Risk, stage: Stage, because: readonly string[]): GateResult[] {
  return policy.checks
    .filter((check) => !reviewChecks.has(check.id) && (check.stage === "release" || stage === "promotion"))
    .map((check) => {
      const rule = skippingRule(policy, check.applies, risk);
      if (rule !== undefined) return { ...resultOf(check, { verdict: "skipped", observed: "" }, rule), observed: null };
      const predicate = predicates[check.id];
      if (!predicate)
        return resultOf(check, { verdict: "inconclusive", observed: "this version of Capstan cannot answer it from the record" });
      return resultOf(check, predicate(facts, policy, risk, because));
    });
}

export function reviewsOf(review: Review, policy: Policy, risk: Risk): GateResult[] {
  return policy.checks
    .filter((check) => reviewChecks.has(check.id))
    .map((check) => {
      // A project may ask for a signature that its level does not need.
      const rule = review.needed > 0 ? undefined : skippingRule(policy, check.applies, risk);
      if (rule !== undefined) return { ...resultOf(check, { verdict: "skipped", observed: "" }, rule), observed: null };
      return resultOf(check, check.id === "rev-1" ? reviewed(review, policy, risk) : binding(review));
    });
}

/** What was asked decides; what a rule skipped does not speak. */
export const verdictOf = (results: readonly GateResult[]): Verdict =>
  worstVerdict(results.filter((one) => one.rule === null).map((one) => (one.verdict === "skipped" ? "inconclusive" : one.verdict)));

export const mostUrgentFirst = (results: readonly GateResult[]): GateResult[] => [...results].sort((a, b) => rank(a) - rank(b));
const rank = (one: GateResult): number => (one.verdict === "skipped" ? verdicts.length : verdicts.indexOf(one.verdict));

export const countsOf = (results: readonly GateResult[]): Record<Verdict, number> =>
  Object.fromEntries(verdicts.map((verdict) => [verdict, results.filter((one) => one.verdict === verdict).length])) as Record<
    Verdict,
    number
  >;

export function sentenceOf(name: string, results: readonly GateResult[]): string {
  const counts = countsOf(results);
  const some = (verdict: Verdict): string[] => results.filter((one) => one.verdict === verdict).map((one) => one.id);
  const tally = `${counts.pass} pass, ${counts.warn} warn`;
  const against = [
    ...some("error").map((id) => `${id} could not be asked`),
    ...some("fail").map((id) => `${id} fails`),
    ...some("inconclusive").map((id) => `${id} is not answered`),
  ];
  return against.length === 0 ? `${name} may go forward: ${tally}.` : `${name} may not go forward: ${against.join(", ")}; ${tally}.`;
}
