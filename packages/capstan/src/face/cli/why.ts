import type { Reason } from "@capstan/contract/operations/pipeline";
import { CapstanError } from "../../base/foundation/errors.ts";
import { pad, short } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Why a step ran, did not, or would; the root cause; what was the same.",
  usage: "why STEP|run:N/STEP",
  mostWords: 1,
  examples: ["why train", "why run:2/evaluate"],
  flags: {},
  async run(context) {
    const { out } = context;
    const [step] = context.words;
    if (step === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "which step?", verb: "why" });
    const connection = await context.read();
    const answer = await connection.call("pipeline.why", { project: context.place().project, step });
    out.document(answer);
    out.result(answer.sentence);
    const show = (reason: Reason, depth: number): void => {
      const change = reason.old !== null || reason.new !== null ? `${reason.old ?? "none"} → ${reason.new ?? "none"}` : "";
      out.result(
        `${"  ".repeat(depth + 1)}${pad(reason.kind, 7)} ${pad(reason.name, 14)} ${pad(change || reason.text, 30)} ${reason.origin ?? ""}${reason.root ? out.paint.accent("   ← root cause") : ""}`.trimEnd(),
      );
      for (const deeper of reason.because) show(deeper, depth + 1);
    };
    for (const reason of answer.reasons) show(reason, 0);
    if (answer.same.length > 0)
      out.result(
        `The same: ${answer.same.map((one) => `${one.kind} ${one.name} ${/^[0-9a-f]{64}$/.test(one.value) ? short(one.value) : one.value}`.trim()).join(" · ")}`,
      );
    if (answer.stepKey)
      out.result(
        `step key ${short(answer.stepKey)}${answer.compare ? `        compare ${answer.compare.before} ${answer.compare.after}` : ""}`,
      );
    return 0;
  },
};
