import { pad } from "./format.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

const marks = { run: "+", reuse: "=", may: "?", skip: "◌" } as const;

export const verb: Verb = {
  text: "What would run and why; where each model stands in the loop; what needs someone.",
  usage: "status [--strict]",
  mostWords: 0,
  examples: ["status"],
  flags: { strict: { type: "boolean", text: "exit 3 when something would run or needs someone" } },
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const connection = await context.read();
    const status = await connection.call("pipeline.status", { project });
    const loop = await connection.call("insights.loop", { project });
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
    if (loop.models.length > 0) {
      const stations = ["data", "train", "check", "review", "release", "serve", "watch", "learn"] as const;
      const glyph = (mark: string): string => (mark in glyphs ? glyphs[mark as keyof typeof glyphs] : "·");
      const rows = [
        ["Loop", ...stations.map((one) => one[0]?.toUpperCase() + one.slice(1))],
        ...loop.models.map((model) => [
          model.model,
          ...stations.map((one) => `${glyph(model.stations[one].mark)} ${model.stations[one].fact}`),
        ]),
      ];
      const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
      for (const row of rows)
        out.result(
          row
            .map((cell, i) => pad(cell, widths[i] ?? 0))
            .join("  ")
            .trimEnd(),
        );
    }
    out.result(loop.attention.length === 0 ? "Needs someone: nothing." : "Needs someone:");
    for (const one of loop.attention) out.result(`  ${glyph(one.mark)} ${one.title}   ${out.paint.dim(one.detail)}`);
    return context.on("strict") && (pending > 0 || loop.attention.length > 0 || !status.valid) ? 3 : 0;

    function glyph(mark: string): string {
      return mark in glyphs ? glyphs[mark as keyof typeof glyphs] : "·";
    }
  },
};
