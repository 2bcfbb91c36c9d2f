import { resolve } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import { short } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "A model version by hand, from a file; a pipeline's model registers itself.",
  usage: "register MODEL PATH [--alias A]",
  mostWords: 2,
  examples: ["register late-arrival work/model.onnx -m 'from the vendor'"],
  flags: { alias: { type: "string", text: "alias to set on it" }, run: { type: "string", text: "the run that made it" } },
  async run(context) {
    const { project } = context.place();
    const [model, path] = context.words;
    if (model === undefined || path === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `register MODEL PATH`", verb: "register" });
    const connection = await context.write();
    const alias = context.text("alias");
    const run = context.text("run");
    const reason = context.text("message");
    const made = await connection.call("models.register", {
      project,
      model,
      file: resolve(context.cwd, path),
      ...(alias !== undefined && { alias }),
      ...(run !== undefined && { run }),
      ...(reason !== undefined && { reason }),
    });
    context.out.document(made);
    context.out.result(
      `${model}@${made.version}  ${short(made.digest)}  bundle ${short(made.bundle)}${made.created ? `  entry ${made.entry}` : "  these bytes are that version already"}`,
    );
    return 0;
  },
};
