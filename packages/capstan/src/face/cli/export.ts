import { CapstanError } from "../../base/foundation/errors.ts";
import { copyFileSync } from "node:fs";
import { resolve } from "node:path";
import { bytes, count, short } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "The whole record as a bundle that anyone can verify offline.",
  usage: "export bundle -o FILE [--without-payloads]",
  mostWords: 1,
  examples: ["export bundle -o record.tar"],
  flags: {
    output: { type: "string", short: "o", text: "the file to write" },
    "without-payloads": { type: "boolean", text: "prove order and digests only" },
  },
  async run(context) {
    const target = context.text("output");
    if (context.words[0] !== "bundle" || target === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `export bundle -o FILE`", verb: "export" });
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
