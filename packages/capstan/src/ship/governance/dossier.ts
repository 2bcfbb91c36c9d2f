import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { law } from "./law.ts";
import type { DossierContent, Facts, GateResult, Question, Risk } from "./model.ts";
import { type Policy, policyDigest } from "./policy.ts";

/** The evidence of one moment as one value. No time and no opinion in it: the same evidence is the same dossier. */
export function contentOf(
  question: Question,
  facts: Facts,
  results: readonly GateResult[],
  risk: Risk,
  policy: Policy,
  because: string | null,
): DossierContent {
  const digests: Record<string, string> = { model: facts.version.digest, bundle: facts.version.bundle };
  if (facts.lineage?.diff) digests["uncommitted code"] = facts.lineage.diff;
  if (facts.lineage?.environment) digests["environment"] = facts.lineage.environment;
  if (facts.lineage?.commit) digests["commit"] = facts.lineage.commit;
  return {
    v: 1,
    kind: "dossier",
    project: question.project,
    model: question.model,
    version: question.version,
    digests,
    run: facts.version.runId,
    data: [...(facts.lineage?.data ?? [])].sort((a, b) => (a.node < b.node ? -1 : 1)).map(({ node, digest }) => ({ node, digest })),
    checks: results
      .filter((one) => one.stage === "release")
      .map(({ id, verdict, observed, bound, evidence, rule }) => ({ id, verdict, observed, bound, evidence, rule })),
    risk: risk as unknown as Json,
    notFor: facts.purpose?.notFor ?? [],
    purpose: facts.purpose?.digest ?? null,
    policy: { name: policy.name, digest: policyDigest(policy) },
    because,
  };
}

export const dossierDigest = (content: DossierContent): string => digestOfJson(content as unknown as Json);

/** The frozen results with the words of the catalogue. */
export const resultsOf = (content: DossierContent, policy: Policy): GateResult[] =>
  content.checks.map((one) => {
    const check = policy.checks.find((known) => known.id === one.id);
    return {
      ...one,
      evidence: [...one.evidence],
      title: check?.title ?? one.id,
      clauses: check ? [...law.clauses[check.id]] : [],
      stage: "release",
    };
  });

/** What a reader is told when a signature no longer holds. */
export function changesBetween(before: DossierContent, after: DossierContent): string[] {
  const changes: string[] = [];
  const say = (name: string, one: string | null | undefined, other: string | null | undefined): void => {
    if (one !== other) changes.push(`${name}: ${one?.slice(0, 12) ?? "none"} then, ${other?.slice(0, 12) ?? "none"} now`);
  };
  for (const name of new Set([...Object.keys(before.digests), ...Object.keys(after.digests)]))
    say(name, before.digests[name], after.digests[name]);
  say("purpose", before.purpose, after.purpose);
  say("policy", before.policy.digest, after.policy.digest);
  const data = (content: DossierContent): Map<string, string> => new Map(content.data.map((one) => [one.node, one.digest]));
  for (const node of new Set([...data(before).keys(), ...data(after).keys()])) say(node, data(before).get(node), data(after).get(node));
  for (const check of after.checks) {
    const earlier = before.checks.find((one) => one.id === check.id);
    if (earlier?.verdict !== check.verdict) changes.push(`${check.id}: ${earlier?.verdict ?? "not asked"} then, ${check.verdict} now`);
    else if (earlier.observed !== check.observed)
      changes.push(`${check.id}: ${earlier.observed ?? "nothing"} then, ${check.observed ?? "nothing"} now`);
  }
  if (changes.length === 0 && digestOfJson(before as unknown as Json) !== digestOfJson(after as unknown as Json))
    changes.push("risk answers or named evidence");
  return changes;
}
