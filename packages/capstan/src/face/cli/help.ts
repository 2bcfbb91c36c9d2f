import { errorTable } from "@capstan/contract";
import { CapstanError } from "../../base/foundation/errors.ts";
import { nearest } from "../../base/foundation/nearest.ts";
import { printHelp, unknownVerb } from "./command-line.ts";
import { type Verb, verbs } from "./verbs.ts";

export const verb: Verb = {
  text: "Explains a verb or an error code.",
  usage: "help [VERB|CODE]",
  mostWords: 1,
  examples: ["help run", "help CAP-RUN-003"],
  flags: {},
  async run({ words, out }) {
    const [word] = words;
    if (word?.startsWith("CAP-")) {
      const definition = (errorTable as Record<string, { status: number; exit: number; message: string; remedy: string }>)[word];
      if (!definition) {
        const near = nearest(word, Object.keys(errorTable));
        throw new CapstanError("CAP-USAGE-001", {
          problem: `there is no error code ${word}${near ? `, did you mean ${near}?` : ""}`,
          verb: "help",
        });
      }
      out.document({ code: word, ...definition });
      out.result(`${word}   HTTP ${definition.status}, exit ${definition.exit}`);
      out.result(`  ${definition.message}`);
      out.result(`  do   ${definition.remedy}`);
      return 0;
    }
    if (word !== undefined) {
      const known = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
      if (!known) throw unknownVerb(word);
      printHelp(word, (await known.load()).verb, out);
      return 0;
    }
    out.result("capstan: the machine-learning lifecycle with one permanent record.");
    let group = "";
    for (const [name, known] of Object.entries(verbs)) {
      if (known.group !== group) {
        group = known.group;
        out.result();
        out.result(out.paint.bold(group));
      }
      const { verb } = await known.load();
      out.result(`  ${name.padEnd(11)}${verb.text}`);
    }
    out.result();
    out.result("capstan help VERB explains one. Everything is also a page and an operation: capstan open, capstan api.");
    return 0;
  },
};
