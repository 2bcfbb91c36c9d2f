import { count, pad, seconds } from "./format.ts";
import { modelReference } from "./reference.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "The chain from data to live, with the human hands on it and the waits between.",
  usage: "path MODEL[@V]",
  mostWords: 1,
  examples: ["path late-arrival@live"],
  flags: {},
  async run(context) {
    const { out } = context;
    const { model, version } = modelReference(context, context.words[0], "path");
    const connection = await context.read();
    const path = await connection.call("insights.path", { project: context.place().project, model, version });
    out.document(path);
    for (const step of path.steps)
      out.result(
        `  ${step.hand ? "☞" : " "} ${pad(step.title, 34)} ${pad(seconds(step.waitedSeconds), 10)} ${pad(step.actor, 18)} ${step.detail}${step.entry === null ? "" : `   entry ${step.entry}`}`,
      );
    out.result(`${count(path.hands)} ${path.hands === 1 ? "hand" : "hands"}, ${seconds(path.seconds)} from data to live`);
    return 0;
  },
};
