import type { Plan } from "@capstan/contract/operations/pipeline";
import { pad, seconds } from "./format.ts";
import type { Output } from "./output.ts";

const marks = { run: "+", reuse: "=", may: "?", skip: "◌" } as const;

/** A plan as lines: one a step with its reason. */
export function planLines(plan: Plan, out: Output): string[] {
  const lines = plan.steps.map((step) => {
    const why = step.decision === "reuse" ? (step.reused_from ? `run:${step.reused_from.number}` : "") : (step.reasons.map((reason) => reason.text)[0] ?? "");
    const took = step.decision === "run" && step.estimate_seconds !== null ? `~ ${seconds(step.estimate_seconds)}` : "";
    return `  ${out.paint.verdict(step.decision === "run" ? "running" : "reused", marks[step.decision])} ${pad(step.step, 12)}  ${pad(step.decision, 6)} ${pad(why, 44)} ${took}`.trimEnd();
  });
  const estimate = plan.estimate_seconds === null || plan.to_run === 0 ? "" : `, about ${seconds(plan.estimate_seconds)}`;
  lines.push(plan.to_run + plan.may_run === 0 ? `Nothing would run: ${plan.reused} of ${plan.steps.length} steps are as they were.` : `${plan.to_run} of ${plan.steps.length} would run${plan.may_run ? `, ${plan.may_run} may` : ""}${estimate}. Nothing was changed.`);
  return lines;
}
