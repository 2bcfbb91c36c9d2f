import { CapstanError } from "../../base/foundation/errors.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "The lines that a step or run wrote.",
  usage: "log STEP|run:N/STEP [--follow] [--tail N]",
  mostWords: 1,
  examples: ["log train", "log run:3/train --follow"],
  flags: { follow: { type: "boolean", text: "go on until it ends" }, tail: { type: "string", text: "the last N lines" } },
  async run(context) {
    const { project } = context.place();
    const [ref] = context.words;
    if (ref === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "the log of what?", verb: "log" });
    const connection = await context.read();
    let after: number | undefined;
    for (;;) {
      const answer = await connection.call("pipeline.log", {
        project,
        ref,
        tail: Number(context.text("tail") ?? 1000),
        ...(after !== undefined && { afterBytes: after }),
      });
      for (const line of answer.lines) {
        if (context.out.json) context.out.document({ line });
        else context.out.result(line);
      }
      after = answer.nextBytes;
      if (after === 0 && (answer.ended || !context.on("follow"))) context.out.talk(`${ref} has written nothing`);
      if (!context.on("follow") || answer.ended || context.interrupted.aborted) return 0;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  },
};
