import { glyphs } from "./output.ts";
import { verdictCode } from "./verdict-code.ts";
import { type Verdict, worstVerdict } from "@capstan/contract";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Runs suites on what they are for, and shows the failing rows.",
  usage: "check [SUITE…]",
  mostWords: Infinity,
  examples: ["check", "check flights-rules"],
  flags: {},
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const connection = await context.write();
    const known = (await connection.call("checks.declared", { project })).suites;
    const wanted = context.words.length === 0 ? known.map((one) => one.suite) : context.words;
    const verdicts: Verdict[] = [];
    if (wanted.length === 0) out.talk("no suite is declared: `suites:` in capstan.yaml declares them (capstan config schema)");
    for (const suite of wanted) {
      const answer = await connection.call("checks.runDeclared", { project, suite });
      verdicts.push(answer.verdict);
      out.event({ event: "suite.ended", ...answer });
      out.result(`${out.paint.verdict(answer.verdict, glyphs[answer.verdict])} ${out.paint.bold(suite)}   ${answer.subject}`);
      for (const one of answer.results) {
        out.result(`  ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.id.padEnd(22)} ${one.detail}`);
        for (const sample of one.samples.slice(0, 3)) out.result(`        ${JSON.stringify(sample)}`);
      }
    }
    const verdict = worstVerdict(verdicts);
    out.event({ event: "result", verdict, suites: verdicts.length });
    return verdictCode(verdict);
  },
};
