import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import type { Context } from "./context.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "The lines that a step or run wrote.",
  usage: "log STEP|run:N|run:N/STEP|RUN [--follow] [--tail N]",
  mostWords: 1,
  examples: ["log train", "log run:3/train --follow"],
  flags: { follow: { type: "boolean", text: "go on until it ends" }, tail: { type: "string", text: "the last N lines" } },
  async run(context) {
    const { project } = context.place();
    const [ref] = context.words;
    if (ref === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "the log of what?", verb: "log" });
    const connection = await context.read();
    const whole = /^run:\d{1,5}$/.exec(ref);
    const steps = whole
      ? (await connection.call("pipeline.show", { project, run: ref.slice(4) })).steps.map((one) => `${ref}/${one.step}`)
      : [ref];
    let lines = 0;
    for (const one of steps) {
      if (whole) context.out.result(context.out.paint.bold(one));
      lines += await print(context, connection, one);
    }
    if (lines === 0) context.out.talk(`${ref} has written nothing`);
    context.out.event({ event: "result", lines });
    return 0;
  },
};

/** All lines of one step, to its end with --follow; how many they were. */
async function print(context: Context, connection: Connection, ref: string): Promise<number> {
  const { project } = context.place();
  let after: number | undefined;
  for (let lines = 0; ;) {
    const answer = await connection.call("pipeline.log", {
      project,
      ref,
      tail: Number(context.text("tail") ?? 1000),
      ...(after !== undefined && { afterBytes: after }),
    });
    lines += answer.lines.length;
    for (const line of answer.lines) {
      context.out.result(line);
      context.out.event({ event: "line", line });
    }
    after = answer.nextBytes;
    if (!context.on("follow") || answer.ended || context.interrupted.aborted) return lines;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
