import { CapstanError } from "../../base/foundation/errors.ts";
import type { Verb } from "./verbs.ts";
import { table } from "./format.ts";

export const verb: Verb = {
  text: "What differs between runs: metrics, params, inputs, environment.",
  usage: "compare RUN RUN…",
  mostWords: Infinity,
  examples: ["compare run:1 run:2"],
  flags: {},
  async run(context) {
    if (context.words.length < 2) throw new CapstanError("CAP-USAGE-001", { problem: "name two runs or more", verb: "compare" });
    const connection = await context.read();
    const { project } = context.place();
    const runs = await Promise.all(
      context.words.map(async (word) =>
        /^run:(\d+)$/.test(word) ? (await connection.call("pipeline.show", { project, run: word.slice(4) })).run : word,
      ),
    );
    const answer = await connection.call("runs.compare", { project, run: runs });
    context.out.document(answer);
    const rows: string[][] = [["", ...context.words]];
    for (const section of ["metrics", "params", "inputs", "environment", "resources"] as const) {
      for (const row of answer[section])
        rows.push([`${section}.${row.key}`, ...row.values.map((value) => (value === null ? "–" : String(value).slice(0, 24)))]);
    }
    for (const line of table(rows)) context.out.result(line);
    context.out.result(`${answer.equal} rows are equal.`);
    return 0;
  },
};
