import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { glyphs } from "./output.ts";
import { verdictCode } from "./verdict-code.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Proves the record: ledger, payloads, seals and bytes against the signed head and the anchors.",
  usage: "verify [--deep] [--anchor FILE]",
  mostWords: 0,
  examples: ["verify", "verify --deep"],
  flags: {
    deep: { type: "boolean", text: "read and hash every object" },
    anchor: { type: "string", text: "checkpoints that someone else holds; capstan.anchor of the project unless said" },
  },
  async run(context) {
    const { out } = context;
    const place = context.place();
    const path = context.text("anchor") ?? join(place.folder, "capstan.anchor");
    const anchor = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    const connection = await context.read();
    const answer = await connection.call("record.verify", { deep: context.on("deep"), ...(anchor !== undefined && { anchor }) });
    out.document(answer);
    for (const part of answer.parts)
      out.result(
        `${out.paint.verdict(part.verdict, glyphs[part.verdict])} ${part.part.padEnd(11)} ${part.text}${part.index === null ? "" : `   first at entry ${part.index}`}`,
      );
    for (const line of answer.reliedOn) out.result(`  relied on  ${line}`);
    return verdictCode(answer.verdict);
  },
};
