import { CapstanError } from "../../base/foundation/errors.ts";
import type { Context } from "./context.ts";
import { count } from "./format.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Acts on several runs: move to another experiment, tag, delete, restore; `erase` deletes for good what was deleted.",
  usage: "runs move|tag|delete|restore|erase ID... [--to EXPERIMENT] [--set K=V]... [--remove K]... [--experiment NAME] [--plan]",
  mostWords: 501,
  examples: [
    "runs move 4f1c0e0b5f0d4c8e9a7b6c5d4e3f2a1b --to baseline",
    "runs tag 4f1c0e0b5f0d4c8e9a7b6c5d4e3f2a1b --set team=a --remove old",
    "runs delete --experiment scratch",
    "runs erase --experiment scratch --plan",
  ],
  flags: {
    to: { type: "string", text: "the experiment to move to, by id or name" },
    set: { type: "string", multiple: true, text: "a tag, as key=value" },
    remove: { type: "string", multiple: true, text: "a tag to remove" },
    experiment: { type: "string", text: "delete, restore or erase a whole experiment, by id or name" },
    plan: { type: "boolean", text: "what `erase` would delete for good; nothing is changed" },
  },
  async run(context) {
    const [word = "", ...refs] = context.words;
    const runs = refs.map((one) => one.replace(/^run:/, ""));
    const experiment = context.text("experiment");
    if (experiment !== undefined && runs.length === 0) return ofExperiment(context, word, experiment);
    if (runs.length === 0) throw new CapstanError("CAP-USAGE-001", { problem: "which runs? write their ids", verb: "runs" });
    const { project } = context.place();
    const connection = await context.write();
    const { out } = context;
    const said = (answer: { runs: readonly string[] }, done: string): number => {
      out.document(answer);
      out.result(`${count(answer.runs.length)} of ${count(runs.length)} runs ${done}`);
      return 0;
    };
    if (word === "move") {
      const to = context.text("to");
      if (to === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "where to? write --to EXPERIMENT", verb: "runs" });
      return said(await connection.call("runs.move", { project, runs, experiment: to }), `moved to ${to}`);
    }
    if (word === "tag") {
      const set = Object.fromEntries(context.texts("set").map(pair));
      return said(await connection.call("runs.tags", { project, runs, set, remove: context.texts("remove") }), "changed");
    }
    if (word === "delete" || word === "restore") return said(await connection.call(`runs.${word}`, { project, runs }), `${word}d`);
    if (word !== "erase") throw unknownWord(word);
    const plan = context.on("plan");
    const erased = await connection.call("runs.erase", { project, runs, plan });
    said(erased, plan ? "would be erased for good" : "erased for good");
    return held(context, erased.held);
  },
};

const unknownWord = (word: string): CapstanError =>
  new CapstanError("CAP-USAGE-001", { problem: `\`${word}\` is none of move, tag, delete, restore, erase`, verb: "runs" });

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CapstanError("CAP-USAGE-001", { problem: `write --set key=value, not ${text}`, verb: "runs" });
  return [text.slice(0, at), text.slice(at + 1)];
}

async function ofExperiment(context: Context, word: string, experiment: string): Promise<number> {
  const { project } = context.place();
  const { out } = context;
  if (word !== "delete" && word !== "restore" && word !== "erase") throw unknownWord(word);
  const connection = await context.write();
  if (word !== "erase") {
    out.document(await connection.call(`experiments.${word}`, { project, experiment }));
    out.result(`experiment ${experiment} ${word}d`);
    return 0;
  }
  const plan = context.on("plan");
  const erased = await connection.call("experiments.erase", { project, experiment, plan });
  out.document(erased);
  const done = plan ? "would be erased for good" : erased.held.length > 0 ? "is not erased" : "is erased for good, and its name is free";
  out.result(
    `experiment ${experiment} ${done}: ${count(erased.runs)} runs, ${count(erased.loggedModels)} logged models, ${count(erased.traces)} traces`,
  );
  return held(context, erased.held);
}

function held({ out }: Context, some: readonly { run: string; by: string }[]): number {
  for (const one of some) out.result(`${glyphs.fail} ${one.run} stays: ${one.by} rests on it`);
  return some.length > 0 ? 5 : 0;
}
