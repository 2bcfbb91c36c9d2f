import { z } from "zod";
import { pad } from "./format.ts";
import { unknownOperation } from "./api.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Effective values with their origin. `config check` looks for problems; `config schema [OPERATION]` prints JSON Schema.",
  usage: "config [KEY] | config check | config schema [OPERATION]",
  mostWords: 2,
  examples: ["config steps.train --set train.trees=400", "config schema"],
  flags: { set: { type: "string", multiple: true, text: "PARAM=VALUE" }, profile: { type: "string", multiple: true, text: "overlay" } },
  async run(context) {
    const { out } = context;
    const [word = "", name] = context.words;
    if (word === "schema") {
      const schema = name === undefined ? (await import("@capstan/contract/config")).projectConfigSchema() : await operationSchema(name);
      process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
      return 0;
    }
    const { project } = context.place();
    const connection = await context.read().catch(() => context.write());
    const answer = await connection.call("config.get", {
      project,
      key: word === "check" ? "" : word,
      set: context.texts("set"),
      profiles: context.texts("profile"),
    });
    if (word !== "check")
      for (const one of answer.values)
        out.result(`${pad(one.key, 28)} ${pad(JSON.stringify(one.value) ?? "", 36)} ${out.paint.dim(one.origin)}`);
    for (const one of answer.problems)
      out.result(
        `${out.paint.verdict(one.severity === "error" ? "fail" : "warn", one.severity === "error" ? glyphs.fail : glyphs.warn)} ${one.code}  ${one.message}${one.where ? `   ${one.where.file}:${one.where.line ?? 1}:${one.where.column ?? 1}` : ""}   ${one.do}`,
      );
    if (word !== "" && word !== "check" && answer.values.length === 0 && answer.problems.length === 0)
      throw new CapstanError("CAP-USAGE-001", {
        problem: `nothing has a value at \`${word}\`; \`capstan config\` lists all`,
        verb: "config",
      });
    if (word === "check" && answer.problems.length === 0) out.result("No problem found.");
    out.document(answer);
    return answer.problems.some((one) => one.severity === "error") ? 2 : 0;
  },
};

async function operationSchema(name: string): Promise<object> {
  const { operations } = await import("@capstan/contract/operations");
  const all: Readonly<Record<string, { input: z.ZodType; output: z.ZodType }>> = operations;
  const operation = Object.hasOwn(all, name) ? all[name] : undefined;
  if (!operation) throw unknownOperation(name, Object.keys(all));
  return {
    input: z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" }),
    output: z.toJSONSchema(operation.output, { unrepresentable: "any" }),
  };
}
