import type { RiskConfig } from "@capstan/contract/config";
import { law } from "./law.ts";
import type { Risk, RiskFindings } from "./model.ts";
import { builtinPolicy } from "./policy.ts";
import { type Answers, questions, type RiskQuestion, worstAnswers } from "./risk-questions.ts";

type Reason = Risk["reasons"][number];
const axes = ["business", "legal", "ethical"] as const;

/**
 * The risk class of a model: pure, total, and never an average. An axis is the maximum of its effects, the level the maximum of the axes and of what the law's tier asks for;
 * a question without an answer counts as its worst; where the record knows worse than the answer, the record counts. A prohibited practice stops, whatever else is answered.
 */
export function classify(given: RiskConfig | null, found: RiskFindings = {}): Risk {
  const unanswered: string[] = [];
  const contradictions: Risk["contradictions"] = [];
  const entries = questions.map((question) => {
    const { value, contradiction } = readingOf(question, given, found);
    if (given?.[question.key] === undefined) unanswered.push(question.key);
    if (contradiction) contradictions.push(contradiction);
    return [question.key, value] as const;
  });
  const answers = Object.fromEntries(entries) as Answers;

  const reasons: Reason[] = [];
  for (const question of questions) {
    for (const effect of question.effects(answers[question.key] as never))
      reasons.push({ question: question.key, answer: textOf(answers[question.key]), ...effect });
  }
  const axisOf = (axis: (typeof axes)[number]): number =>
    Math.max(0, ...reasons.filter((one) => one.axis === axis).map((one) => one.level));
  const ethical = Math.min(3, axisOf("ethical") + (answers.reversible ? 0 : 1));
  if (!answers.reversible)
    reasons.push({
      question: "reversible",
      answer: "false",
      effect: "not undone within a day: one level more",
      axis: "ethical",
      level: ethical,
    });
  const levels = { business: axisOf("business"), legal: axisOf("legal"), ethical };

  const { tier, floor, why } = tierOf(answers);
  reasons.push({ ...why, axis: "eu", level: floor });
  const prohibited = tier === "prohibited";
  const level = Math.max(levels.business, levels.legal, levels.ethical, floor);
  return {
    level: prohibited ? null : level,
    prohibited,
    axes: levels,
    tier,
    reasons: reasons.sort((a, b) => b.level - a.level),
    unanswered,
    duties: dutiesOf(answers, tier),
    contradictions,
    reviewMonths: builtinPolicy.reviewMonths[level] ?? 3,
  };
}

function readingOf<K extends keyof Answers>(
  question: RiskQuestion<K>,
  given: RiskConfig | null,
  found: RiskFindings,
): { value: Answers[K]; contradiction?: Risk["contradictions"][number] } {
  const answer = given?.[question.key] as Answers[K] | undefined;
  const finding = found[question.key] as { value: Answers[K]; says: string; evidence: readonly string[] } | undefined;
  const value = answer ?? worstAnswers[question.key];
  if (!finding) return { value };
  const worse = question.worse(value, finding.value);
  if (answer === undefined || textOf(worse) === textOf(answer)) return { value: worse };
  return {
    value: worse,
    contradiction: { question: question.key, answer: textOf(answer), record: finding.says, evidence: [...finding.evidence] },
  };
}

/** Areas of annex III in which a wrong answer is critical: biometrics, law enforcement, migration. */
const criticalAreas = new Set(["1", "6", "7"]);

function tierOf(answers: Answers): { tier: Risk["tier"]; floor: number; why: Omit<Reason, "axis" | "level"> } {
  const why = (question: string, answer: unknown, effect: string) => ({ question, answer: textOf(answer), effect });
  if (answers.prohibited.length > 0)
    return { tier: "prohibited", floor: 3, why: why("prohibited", answers.prohibited, "article 5: may not be used at all") };
  if (!answers.eu) return { tier: "out-of-scope", floor: 0, why: why("eu", false, "no use in the Union") };
  // Who profiles persons may not claim an exemption of article 6(3).
  const exempt = answers.exemption !== "none" && !answers.profiles_persons;
  const critical = answers.harm === "health" || criticalAreas.has(answers.area);
  if (answers.safety_component)
    return { tier: "high", floor: critical ? 3 : 2, why: why("safety_component", true, "article 6(1): high risk") };
  if (answers.area !== "none" && !exempt)
    return { tier: "high", floor: critical ? 3 : 2, why: why("area", answers.area, "article 6(2), annex III: high risk") };
  if (answers.talks_to_persons) return { tier: "limited", floor: 1, why: why("talks_to_persons", true, "article 50: persons must know") };
  return {
    tier: "minimal",
    floor: 0,
    why: why(
      "area",
      answers.area,
      answers.area === "none" ? "no area of annex III" : `annex III, exemption ${answers.exemption} claimed in writing`,
    ),
  };
}

function dutiesOf(answers: Answers, tier: Risk["tier"]): string[] {
  const duties = new Set<string>();
  const add = (clauses: readonly string[]): void => clauses.forEach((clause) => duties.add(clause));
  if (tier === "high" && answers.role !== "deployer") add(law.duties.provider);
  if (tier === "high" && (answers.role === "deployer" || answers.role === "both")) add(law.duties.deployer);
  if (answers.eu && answers.talks_to_persons) add(law.duties.transparency);
  if (answers.eu && answers.general_purpose) add(law.duties.generalPurpose);
  if (answers.area !== "none" && answers.exemption !== "none" && !answers.profiles_persons) add(law.duties.exemptionWritten);
  if (answers.personal_data === "special" || answers.personal_data === "children") add(law.duties.impactAssessment);
  if (answers.effect[1] === "solely_automated" && (answers.effect[0] === "significant" || answers.effect[0] === "legal"))
    add(law.duties.solelyAutomated);
  if (answers.retrains_itself) add(law.duties.preDeterminedChanges);
  return [...duties];
}

export const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(", ") || "none" : String(value));
