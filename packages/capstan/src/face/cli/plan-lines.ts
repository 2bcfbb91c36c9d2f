import type { Plan } from "@capstan/contract/operations/pipeline";
import { pad, seconds } from "./format.ts";
import type { Output } from "./output.ts";

const marks = { run: "+", reuse: "=", may: "?", skip: "◌" } as const;

/** A plan as lines: one a step with its reason. */
export function planLines(plan: Plan, out: Output): string[] {
  const lines = plan.steps.map((step) => {
    const why =
      step.decision === "reuse"
        ? step.reusedFrom
          ? `run:${step.reusedFrom.number}`
          : ""
        : (step.reasons.map((reason) => reason.text)[0] ?? "");
    const took = step.decision === "run" && step.estimateSeconds !== null ? `~ ${seconds(step.estimateSeconds)}` : "";
    return `  ${out.paint.verdict(step.decision === "run" ? "running" : "reused", marks[step.decision])} ${pad(step.step, 12)}  ${pad(step.decision, 6)} ${pad(why, 44)} ${took}`.trimEnd();
  });
  const estimate = plan.estimateSeconds === null || plan.toRun === 0 ? "" : `, about ${seconds(plan.estimateSeconds)}`;
  lines.push(
    plan.toRun + plan.mayRun === 0
      ? `Nothing would run: ${plan.reused} of ${plan.steps.length} steps are as they were.`
      : `${plan.toRun} of ${plan.steps.length} would run${plan.mayRun ? `, ${plan.mayRun} may` : ""}${estimate}. Nothing was changed.`,
  );
  return lines;
}
