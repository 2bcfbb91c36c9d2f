import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import { CapstanError } from "../../base/foundation/errors.ts";
import { pad, table } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import type { Verb } from "./verbs.ts";

type Loop = OutputOf<(typeof insightsOperations)["insights.loop"]>;
type Model = Loop["models"][number];

const stationIds = ["data", "train", "check", "review", "release", "serve", "watch", "learn"] as const;
const marks = { run: "+", reuse: "=", may: "?", skip: "◌" } as const;
const glyph = (mark: string): string => (mark in glyphs ? glyphs[mark as keyof typeof glyphs] : "·");
const titled = (word: string): string => (word[0]?.toUpperCase() ?? "") + word.slice(1);

export const verb: Verb = {
  text: "What would run and why; where each model stands in the loop; what needs someone. With MODEL: that one, station by station.",
  usage: "status [MODEL] [--strict]",
  mostWords: 1,
  examples: ["status", "status late-arrival"],
  flags: { strict: { type: "boolean", text: "exit 3 when something would run or needs someone" } },
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const connection = await context.read();
    const [name] = context.words;
    if (name !== undefined) {
      const loop = await connection.call("insights.loop", { project });
      const model = loop.models.find((one) => one.model === name.replace(/^model:/, ""));
      if (!model) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "model", name });
      const attention = loop.attention.filter((one) => one.model === null || one.model === model.model);
      out.document({ project, model, attention });
      for (const line of modelLines(model, out)) out.result(line);
      needsSomeone(attention, out);
      return context.on("strict") && attention.length > 0 ? 3 : 0;
    }
    // Together: git answers while the loop is looked up.
    const [status, loop] = await Promise.all([
      connection.call("pipeline.status", { project }),
      connection.call("insights.loop", { project }),
    ]);
    out.document({ ...status, loop });
    const git = status.git
      ? `${status.git.branch ?? "detached"}@${status.git.commit.slice(0, 7)}, ${status.git.filesChanged === 0 ? "clean" : `${status.git.filesChanged} files changed`}`
      : "no git commit";
    out.result(`${out.paint.bold(project)}   ${git}`);
    const pending = status.wouldRun + status.mayRun;
    out.result(
      `Pipeline   ${pending === 0 ? `${status.total} steps, nothing to run` : `${status.wouldRun} of ${status.total} steps would run${status.mayRun ? `, ${status.mayRun} may` : ""}`}`,
    );
    for (const step of status.steps.filter((one) => one.decision !== "reuse"))
      out.result(`  ${marks[step.decision]} ${pad(step.step, 12)} ${step.text}`);
    for (const problem of status.problems)
      out.result(
        `  ${problem.severity === "error" ? glyphs.fail : glyphs.warn} ${problem.code}  ${problem.message}${problem.where ? `  ${problem.where.file}:${problem.where.line ?? 1}` : ""}`,
      );
    if (loop.models.length > 0)
      for (const line of table(
        [
          ["Loop", ...stationIds.map(titled)],
          ...loop.models.map((model) => [
            model.model,
            ...stationIds.map((one) => `${glyph(model.stations[one].mark)} ${model.stations[one].fact}`),
          ]),
        ],
        "",
      ))
        out.result(line);
    needsSomeone(loop.attention, out);
    return context.on("strict") && (pending > 0 || loop.attention.length > 0 || !status.valid) ? 3 : 0;
  },
};

/** One station a line, with what each is about. */
function modelLines(model: Model, out: Output): string[] {
  const level = model.level === null ? "not classified" : `level ${model.level}`;
  return [
    `${out.paint.bold(model.model)}   ${model.pill.label}, at ${titled(model.pill.station)}   ${level}   ${model.turns} ${model.turns === 1 ? "turn" : "turns"}`,
    ...table(
      stationIds.map((id) => {
        const { mark, fact, small } = model.stations[id];
        return [`${glyph(mark)} ${titled(id)}`, fact, out.paint.dim(small)];
      }),
    ),
  ];
}

function needsSomeone(attention: Loop["attention"], out: Output): void {
  out.result(attention.length === 0 ? "Needs someone: nothing." : "Needs someone:");
  for (const one of attention) out.result(`  ${glyph(one.mark)} ${one.title}   ${out.paint.dim(one.detail)}`);
}
