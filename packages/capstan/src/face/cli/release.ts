import type { Connection } from "../../connection.ts";
import type { OutputOf } from "@capstan/contract";
import type { releaseOperations } from "@capstan/contract/operations/release";
import { CapstanError } from "../../base/foundation/errors.ts";
import { count, number, seconds } from "./format.ts";
import { glyphs, type Output } from "./output.ts";
import { modelReference } from "./reference.ts";
import { releaseInput } from "./release-input.ts";
import type { Verb } from "./verbs.ts";

type Release = OutputOf<(typeof releaseOperations)["releases.get"]>;
const ended = new Set(["live", "superseded", "rolled_back", "failed", "inconclusive", "stopped", "paused"]);

export const verb: Verb = {
  text: "Gate, shadow, canary, live, followed. `release R-3` follows again; `release pause|advance|stop R-3`.",
  usage: "release MODEL[@V] [--route R] [--strategy canary|direct]",
  mostWords: 2,
  examples: ["release late-arrival", "release late-arrival@v3 --override -m drill", "release pause R-3"],
  flags: {
    route: { type: "string", text: "the route to move; the one that serves this model unless said" },
    strategy: { type: "string", text: "canary (default) or direct" },
    "no-shadow": { type: "boolean", text: "begin with the canary" },
    detach: { type: "boolean", text: "start and leave" },
    override: { type: "boolean", text: "although the gate says no; wants -m, is kept in the record" },
    because: { type: "string", text: "the entry that led to this release" },
  },
  async run(context) {
    const { out } = context;
    const { project, folder } = context.place();
    const [first, second] = context.words;
    if (first === "pause" || first === "advance" || first === "stop") {
      if (second === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "which release?", verb: "release" });
      const connection = await context.write();
      const answer = await connection.call(`releases.${first}`, {
        project,
        release: second,
        ...(context.text("message") !== undefined && { reason: context.text("message") }),
      });
      out.document(answer);
      out.result(`${second} is ${answer.state}. Entry ${answer.entry}.`);
      return 0;
    }
    const connection = await context.write();
    let release = first ?? "";
    if (!/^R-\d+$/.test(release)) {
      const { model, version } = modelReference(context, first, "release");
      const strategy = context.text("strategy");
      const because = context.text("because");
      const input = await releaseInput({ folder, project, model, version, route: context.text("route") });
      const started = await connection.call("releases.start", {
        ...input,
        ...((strategy === "direct" || strategy === "canary") && { strategy }),
        ...(context.on("no-shadow") && { shadow: false }),
        override: context.on("override"),
        ...(context.text("message") !== undefined && { reason: context.text("message") }),
        ...(because !== undefined && { because }),
      });
      release = started.release;
      out.talk(`${release}   ${model} ${version}   ${started.because}`);
      if (context.on("detach")) return 0;
    }
    const result = await followRelease(connection, project, release, out, context.interrupted);
    out.document(result);
    return result.state === "live" || result.state === "superseded" ? 0 : 3;
  },
};

/** Follows a release until it has ended or waits for someone. Leaving does not stop it. */
export async function followRelease(
  connection: Connection,
  project: string,
  release: string,
  out: Output,
  interrupted: AbortSignal,
): Promise<Release> {
  const said = new Set<string>();
  for (;;) {
    const now = await connection.call("releases.get", { project, release });
    for (const stage of now.stages) {
      if (stage.state !== "done" || said.has(stage.name)) continue;
      said.add(stage.name);
      const verdict = stage.verdict ?? "skipped";
      out.talk(
        `  ${out.paint.verdict(verdict, glyphs[verdict])} ${stage.name.padEnd(12)} ${`${count(stage.rows)} rows`.padEnd(12)} ${seconds(stage.seconds).padEnd(8)} ${stage.because ?? ""}`.trimEnd(),
      );
    }
    if (ended.has(now.state) || interrupted.aborted) {
      out.live([]);
      for (const line of releaseLines(now, out)) out.result(line);
      return now;
    }
    const at = now.stages.find((stage) => stage.state === "running");
    if (at)
      out.live([
        `  ${glyphs.running} ${at.name.padEnd(12)} ${`${count(at.rows)} of ${count(at.asksRows)} rows`.padEnd(20)} ${seconds(at.seconds)} of ${seconds(at.asksSeconds)}`,
      ]);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export function releaseLines(release: Release, out: Output): string[] {
  const verdict = release.verdict ?? (release.state === "live" ? "pass" : "inconclusive");
  return [
    `${out.paint.verdict(verdict, glyphs[verdict])} ${release.release} ${release.from ?? "nothing"} → ${release.to}: ${release.state.replace("_", " ")}. ${release.because}`,
    ...release.guards.map(
      (one) =>
        `    ${out.paint.verdict(one.verdict, glyphs[one.verdict])} ${one.title}: ${one.detail || `${one.control === null ? "–" : number(one.control)} | ${one.canary === null ? "–" : number(one.canary)}`}`,
    ),
    `  requests  ${count(release.traffic.requests)}, ${release.traffic.failed === 0 ? "none failed" : `${count(release.traffic.failed)} failed`}${release.traffic.fallbacks ? `, ${count(release.traffic.fallbacks)} answered by the fallback` : ""}${release.back.took === null ? "" : `   back in ${seconds(release.back.took)}`}`,
  ];
}
