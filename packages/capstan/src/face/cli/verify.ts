import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Verdict, worstVerdict } from "@capstan/contract";
import type { Verification } from "@capstan/contract/operations/record";
import { systemClock } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Context } from "./context.ts";
import { pad, short } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import { verdictCode } from "./verdict-code.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Proves the record: ledger, payloads, seals and bytes against the signed head and the anchors; or one run; or an exported bundle, without a store.",
  usage: "verify [run:N|run:ID|BUNDLE] [--deep] [--anchor FILE]",
  mostWords: 1,
  examples: ["verify", "verify --deep", "verify run:1", "verify record.tar --anchor capstan.anchor"],
  flags: {
    deep: { type: "boolean", text: "read and hash every object" },
    anchor: { type: "string", text: "checkpoints that someone else holds; capstan.anchor of the project unless said" },
  },
  async run(context) {
    const { out } = context;
    const ref = context.words[0];
    if (ref?.startsWith("run:")) return verifyRun(context, ref);
    const bundle = ref === undefined ? undefined : resolve(context.cwd, ref);
    if (bundle !== undefined && !existsSync(bundle))
      throw new CapstanError("CAP-USAGE-001", {
        problem: `${ref} is neither a run, as in run:1, nor a bundle that is there`,
        verb: "verify",
      });
    if (bundle !== undefined) {
      const { verifyBundle } = await import("../../base/record/verify-bundle.ts");
      return print(await verifyBundle(bundle, { clock: systemClock, anchorText: anchorOf(context.text("anchor")) }), out);
    }
    const anchor = anchorOf(context.text("anchor") ?? join(context.place().folder, "capstan.anchor"));
    const connection = await context.read();
    return print(await connection.call("record.verify", { deep: context.on("deep"), ...(anchor !== undefined && { anchor }) }), out);
  },
};

const anchorOf = (path: string | undefined): string | undefined =>
  path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : undefined;

function print(answer: Verification, out: Output): number {
  out.document(answer);
  for (const part of answer.parts)
    out.result(
      `${out.paint.verdict(part.verdict, glyphs[part.verdict])} ${part.part.padEnd(11)} ${part.text}${part.index === null ? "" : `   first at entry ${part.index}`}`,
    );
  for (const line of answer.reliedOn) out.result(`  relied on  ${line}`);
  return verdictCode(answer.verdict);
}

/** A run with all its steps, by the number of the pipeline run; any other run by its id. */
async function verifyRun(context: Context, ref: string): Promise<number> {
  const { out } = context;
  const { project } = context.place();
  const connection = await context.read();
  const id = /^run:([0-9a-f]{32})$/.exec(ref)?.[1];
  const runs: { name: string; run: string }[] = [];
  if (id !== undefined) runs.push({ name: "run", run: id });
  else {
    const shown = await connection.call("pipeline.show", { project, run: ref });
    runs.push({ name: "run", run: shown.run });
    for (const step of shown.steps) if (step.run !== null) runs.push({ name: step.step, run: step.run });
  }
  const verdicts: Verdict[] = [];
  for (const { name, run } of runs) {
    const found = await connection.call("runs.verify", { project, run, deep: context.on("deep") });
    verdicts.push(found.verdict);
    out.document({ run, name, ...found });
    out.result(
      `${out.paint.verdict(found.verdict, glyphs[found.verdict])} ${pad(name, 12)} ${found.seal === null ? "no seal" : `seal ${short(found.seal)}`}   ${found.problems.join("; ") || `${found.points} points, ${found.artifacts} artifacts`}`,
    );
  }
  return verdictCode(worstVerdict(verdicts));
}
