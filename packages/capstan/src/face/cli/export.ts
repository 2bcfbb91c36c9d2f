import { CapstanError } from "../../base/foundation/errors.ts";
import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Context } from "./context.ts";
import { bytes, count, short } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "`bundle`: the whole record, for anyone to verify offline. `mlflow`: experiments, runs and models to a server, or as an mlruns folder.",
  usage: "export bundle -o FILE [--without-payloads] | export mlflow TO [--plan] [--experiment NAME]...",
  mostWords: 2,
  examples: ["export bundle -o record.tar", "export mlflow mlruns --plan", "export mlflow http://127.0.0.1:5000"],
  flags: {
    output: { type: "string", short: "o", text: "the file to write" },
    "without-payloads": { type: "boolean", text: "prove order and digests only" },
    plan: { type: "boolean", text: "what `mlflow` would write; nothing is changed" },
    "dry-run": { type: "boolean", text: "the same as --plan" },
    experiment: { type: "string", multiple: true, text: "only these, by name, and no registry; all unless said" },
    user: { type: "string", text: "for a server that wants name and password; as for `import`" },
  },
  async run(context) {
    if (context.words[0] === "mlflow" && context.words[1] !== undefined) return exportMlflow(context, context.words[1]);
    const target = context.text("output");
    if (context.words[0] !== "bundle" || target === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `export bundle -o FILE` or `export mlflow TO`", verb: "export" });
    const connection = await context.write();
    const made = await connection.call("record.export", { payloads: !context.on("without-payloads") });
    const { openBlobs } = await import("../../base/storage/open-store.ts");
    const blobs = await openBlobs(context.place(), context.environment);
    copyFileSync(await blobs.localPath(made.blob), resolve(context.cwd, target));
    context.out.document(made);
    context.out.result(`${target}  ${short(made.blob)}  ${count(made.entries)} entries, ${bytes(made.sizeBytes)}`);
    return 0;
  },
};

async function exportMlflow(context: Context, to: string): Promise<number> {
  const { follow, orderOf, placeOf, report } = await import("./transfer.ts");
  const connection = await context.write();
  const begun = await connection.call("exchange.export", {
    project: context.place().project,
    to: placeOf(context, to),
    plan: context.on("plan") || context.on("dry-run"),
    ...orderOf(context),
  });
  return report(context, await follow(context, connection, begun));
}
