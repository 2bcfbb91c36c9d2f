import { count, pad, seconds, short } from "./format.ts";
import { glyphs } from "./output.ts";
import { modelReference } from "./reference.ts";
import { resolveVersion } from "./gate.ts";
import { verdictCode } from "./verdict-code.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "What waits for a signature; or one dossier, failing and unknown first. Signing names the digest that was read.",
  usage: "review [MODEL@V] [--approve DIGEST | --decline DIGEST -m REASON]",
  mostWords: 1,
  examples: ["review", "review late-arrival@v2", "review --approve 3e0f94c7 -m 'slices looked at'"],
  flags: { approve: { type: "string", text: "sign this dossier" }, decline: { type: "string", text: "decide no, with the reason of -m" } },
  async run(context) {
    const { out } = context;
    const { project } = context.place();
    const signing = context.text("approve") ?? context.text("decline");
    if (signing !== undefined) {
      const connection = await context.write();
      const { digest } = await connection.call("governance.dossier", { project, dossier: signing.replace(/^sha256:/, "") });
      const note = context.text("message") ?? "";
      const dossier =
        context.text("approve") !== undefined
          ? await connection.call("governance.approve", { project, dossier: digest, note })
          : await connection.call("governance.decline", { project, dossier: digest, reason: note });
      out.document(dossier);
      out.result(
        `${dossier.model} v${dossier.version}   dossier ${short(dossier.digest)} is ${dossier.state}, ${dossier.approvals.filter((one) => one.voided === null).length} of ${dossier.needed} signed${dossier.approvals.some((one) => one.selfApproved) ? ", self-approved" : ""}`,
      );
      return dossier.state === "declined" ? 3 : 0;
    }
    if (context.words.length > 0) {
      const { model, version } = modelReference(context, context.words[0], "review");
      const connection = await context.write();
      const dossier = await connection.call("governance.request", {
        project,
        model,
        version: await resolveVersion(connection, project, model, version),
      });
      out.document(dossier);
      out.result(
        `${out.paint.verdict(dossier.verdict, glyphs[dossier.verdict])} ${model} v${dossier.version}   dossier ${short(dossier.digest)}   level ${dossier.level ?? "none: prohibited"}   ${dossier.state}`,
      );
      for (const one of dossier.results.filter((result) => result.verdict !== "pass" && result.verdict !== "skipped"))
        out.result(
          `  ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${pad(one.id, 7)} ${one.title}${one.observed === null ? "" : `: ${one.observed}`}`,
        );
      out.talk(
        dossier.maySign.may ? `next   capstan review --approve ${short(dossier.digest)}` : `you cannot sign: ${dossier.maySign.why ?? ""}`,
      );
      return verdictCode(dossier.verdict);
    }
    const connection = await context.read();
    const { reviews } = await connection.call("governance.reviews", { project });
    out.document({ reviews });
    if (reviews.length === 0) out.result("Nothing waits for a signature.");
    for (const one of reviews)
      out.result(
        `${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.model} v${one.version}   ${one.state}   ${one.signed} of ${one.needed} signed   waits ${seconds(one.waitingSeconds)}   dossier ${short(one.dossier)}   ${count(one.counts.pass ?? 0)} pass`,
      );
    return 0;
  },
};
