import { goesForward, type Verdict } from "@capstan/contract";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import { seconds, short } from "./format.ts";
import { runToEnd, type Started } from "./follow-run.ts";
import { glyphs, type Output } from "./output.ts";
import { modelReference } from "./reference.ts";
import type { Verb } from "./verbs.ts";

export type Reproduction = {
  verdict: Verdict;
  sameModel: boolean;
  seconds: number;
  run: string;
  /** What surrounded it otherwise than then: packages, versions of interpreters, platform. */
  differs: string[];
  outputs: { step: string; output: string; before: string | null; after: string | null; same: boolean }[];
};

/** Makes again, cache off, what made a model version, with the code, parameters and inputs that its run recorded, and compares what comes out byte by byte. */
export async function reproduce(
  connection: Connection,
  wanted: { project: string; model: string; version: string },
  out: Output,
): Promise<Reproduction> {
  const { project, model } = wanted;
  const version = await connection.call("models.version", wanted);
  const parent = version.run === null ? null : (await connection.call("runs.get", { project, run: version.run })).parent;
  if (parent === null)
    throw new CapstanError("CAP-STATE-001", {
      noun: "model version",
      name: `${model}@${version.version}`,
      state: "registered by hand",
      action: "reproduced",
    });
  const before = await connection.call("pipeline.show", { project, run: parent });
  let started: Started | undefined;
  const result = await runToEnd(connection, { project, as: parent, message: `reproduce ${model}@${version.version}` }, out, {
    each: () => undefined,
    started: (one) => (started = one),
  });
  const run = started?.run ?? "";
  const differs = started?.differs ?? [];
  for (const one of differs) out.talk(`  ${out.paint.verdict("warn", glyphs.warn)} not as it was then: ${one}`);
  const after = await connection.call("pipeline.show", { project, run });
  const digests = new Map(
    after.steps.flatMap((step) => step.outputs.map((output) => [`${step.step}/${output.name}`, output.digest] as const)),
  );
  const outputs = before.steps.flatMap((step) =>
    step.outputs.map((output) => {
      const now = digests.get(`${step.step}/${output.name}`) ?? null;
      return { step: step.step, output: output.path, before: output.digest, after: now, same: now !== null && now === output.digest };
    }),
  );
  const sameModel = [...digests.values()].includes(version.digest);
  return {
    verdict: sameModel ? (outputs.every((one) => one.same) ? "pass" : "warn") : result.error ? "error" : "fail",
    sameModel,
    seconds: result.seconds,
    run,
    differs,
    outputs,
  };
}

export const verb: Verb = {
  text: "Rebuilds what made a model version, cache off, and compares digests.",
  usage: "reproduce MODEL[@V]",
  mostWords: 1,
  examples: ["reproduce late-arrival@live"],
  flags: {},
  async run(context) {
    const { out } = context;
    const { model, version } = modelReference(context, context.words[0], "reproduce");
    const connection = await context.write();
    const answer = await reproduce(connection, { project: context.place().project, model, version }, out);
    out.document({ event: "result", ...answer });
    for (const one of answer.outputs)
      out.result(
        `  ${one.same ? glyphs.pass : glyphs.fail} ${one.step.padEnd(12)} ${one.output.padEnd(28)} ${one.before ? short(one.before) : "–"} ${one.same ? "same bytes" : `→ ${one.after ? short(one.after) : "missing"}`}`,
      );
    out.result(
      `${out.paint.verdict(answer.verdict, glyphs[answer.verdict])} ${answer.sameModel ? "the same model" : "another model"}, ${answer.outputs.filter((one) => one.same).length} of ${answer.outputs.length} outputs to the byte, ${seconds(answer.seconds)}, from the code and inputs of then, cache off`,
    );
    return goesForward(answer.verdict) ? 0 : 3;
  },
};
