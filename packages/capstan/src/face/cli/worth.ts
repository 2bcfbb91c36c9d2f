import { count, number, table } from "./format.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "What doing nothing, today's rule and a perfect model earn per week, before any training.",
  usage: "worth",
  mostWords: 0,
  examples: ["worth"],
  flags: {},
  async run(context) {
    const { out } = context;
    const connection = await context.write();
    const worth = await connection.call("purpose.worth", { project: context.place().project });
    out.document(worth);
    out.result(worth.decision);
    out.result(
      `${count(worth.rows)} rows with truth over ${number(worth.weeks)} weeks, ${count(worth.positives)} positive; payoffs as declared, in ${worth.unit}`,
    );
    const rows = (
      [
        ["doing nothing", worth.nothing],
        ["acting always", worth.always],
        ["today's rule", worth.today],
        ["a perfect model", worth.perfect],
      ] as const
    ).flatMap(([label, rule]) =>
      rule ? [[label, `${number(rule.perWeek)} per week`, `flags ${count(rule.true_positive + rule.false_positive)} rows`]] : [],
    );
    for (const line of table(rows)) out.result(line);
    out.result(worth.sentence);
    return worth.verdict === "pass" || worth.verdict === "warn" ? 0 : 3;
  },
};
