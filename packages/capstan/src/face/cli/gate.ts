import type { GateView } from "@capstan/contract/operations/governance";
import type { Connection } from "../../connection.ts";
import { pad, short } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import { modelReference, versionNumber } from "./reference.ts";
import { verdictCode } from "./verdict-code.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Evaluates, now, all that stands before a release; the risk level with its reasons.",
  usage: "gate MODEL@V",
  mostWords: 1,
  examples: ["gate late-arrival@v2"],
  flags: { stage: { type: "string", text: "release (before) or promotion" } },
  async run(context) {
    const { model, version } = modelReference(context, context.words[0], "gate");
    const connection = await context.read();
    const { project } = context.place();
    const number = await resolveVersion(connection, project, model, version);
    const gate = await connection.call("governance.gate", {
      project,
      model,
      version: number,
      stage: context.text("stage") === "promotion" ? "promotion" : "release",
    });
    context.out.document(gate);
    for (const line of gateLines(gate, context.out)) context.out.result(line);
    return verdictCode(gate.verdict);
  },
};

/** The number behind `latest`, an alias or `v3`. */
export async function resolveVersion(connection: Connection, project: string, model: string, version: string): Promise<number> {
  if (/^v?[1-9]\d*$/.test(version)) return versionNumber(version, "gate");
  const found = await connection.call("models.version", { project, model, version });
  return versionNumber(found.version, "gate");
}

export function gateLines(gate: GateView, out: Output): string[] {
  const asked = gate.results.filter((one) => one.verdict !== "skipped");
  const open = asked.filter((one) => one.verdict !== "pass");
  const passed = asked.length - open.length;
  return [
    `${out.paint.verdict(gate.verdict, glyphs[gate.verdict])} ${gate.model} v${gate.version}   level ${gate.level ?? "none: prohibited"}   policy ${gate.policy.name} ${short(gate.policy.digest)}`,
    `  ${gate.sentence}`,
    ...open.map(
      (one) =>
        `  ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${pad(one.id, 7)} ${one.title}${one.observed === null ? "" : `: ${one.observed}`}${one.bound === null ? "" : `, asked for ${one.bound}`}`,
    ),
    `  ${glyphs.pass} ${passed} more pass, ${gate.results.length - asked.length} skipped by rule`,
  ];
}
