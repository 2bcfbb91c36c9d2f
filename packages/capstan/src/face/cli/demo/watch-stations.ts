import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { worstVerdict } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { count, number, seconds, short } from "../format.ts";
import { glyphs } from "../output.ts";
import { reproduce } from "../reproduce.ts";
import { startClient } from "./processes.ts";
import { releaseUnderTraffic, review } from "./release-stations.ts";
import type { DemoContext, Station } from "./station.ts";

export const watchStation: Station = {
  id: 9,
  title: "watch",
  async run(context) {
    const { connection, project, folder, url, out, play } = context;
    const backtest = await connection.call("monitors.backtest", { project });
    for (const one of backtest.monitors)
      out.talk(
        `    ${out.paint.verdict(one.verdict, glyphs[one.verdict])} backtest ${one.monitor}: ${one.alarms} alarms in ${one.cells}, ${one.weeksWithAlarm} of ${one.weeks} weeks with any`,
      );
    const { token } = await connection.call("access.issue", { name: "replay", roles: ["service"], projects: [project], days: 1 });
    const replay = await startClient(folder, play.scripts.replay, ["--url", url], {
      token,
      signal: context.interrupted,
      onLine: (line) => {
        if (typeof line["day"] === "string")
          out.live([`  ${glyphs.running} replay ${line["day"]}   ${count(Number(line["sent"] ?? 0))} rows`]);
      },
    }).ended;
    if (Number(replay["failed"] ?? 0) > 0)
      throw new CapstanError("CAP-INTERNAL-001", { what: `${replay["failed"]} requests of the replay failed` });
    const until = typeof replay["until"] === "string" ? replay["until"] : undefined;
    const evaluated = await connection.call("monitors.evaluate", { project, ...(until !== undefined && { until }) });
    const { alerts } = await connection.call("alerts.list", { project, state: "all" });
    for (const alert of alerts.toReversed())
      out.talk(
        `    ${out.paint.verdict(alert.verdict, glyphs[alert.verdict])} ${alert.window.start.slice(5, 10)} ${alert.id}  ${alert.title}   ${alert.detail}${alert.incident ? `   ${alert.incident}` : ""}`,
      );
    const { incidents } = await connection.call("incidents.list", { project, state: "all" });
    const watched = incidents.filter((one) => one.class !== "release");
    const agrees = await checkIndependently(context);
    return {
      verdict: worstVerdict([...backtest.monitors.map((one) => one.verdict), agrees ? "pass" : "fail"]),
      done: `${count(Number(replay["rows"] ?? 0))} rows replayed in ${count(Number(replay["requests"] ?? 0))} requests, ${evaluated.windows} windows; independent script ${agrees ? "agrees" : "disagrees"}`,
      figure: `${count(watched.length)} ${watched.length === 1 ? "incident" : "incidents"}: ${watched.map((one) => one.title).join("; ")}`,
      digest: alerts
        .map((one) => one.id)
        .toReversed()
        .join(" "),
    };
  },
};

/** The project's own program computes again what monitors say, from raw data and the prediction log, in a process of its own. */
async function checkIndependently({ folder, url, play, out, interrupted }: DemoContext): Promise<boolean> {
  const found = await startClient(folder, play.scripts.check, ["--url", url], { signal: interrupted }).ended;
  const agrees = found["agrees"] === true;
  const listed = (name: string): string[] => (Array.isArray(found[name]) ? found[name].map(String) : []);
  out.talk(
    `    ${out.paint.verdict(agrees ? "pass" : "fail", agrees ? glyphs.pass : glyphs.fail)} independent script ${agrees ? "agrees on" : "looked at"} ${count(Number(found["answers"] ?? 0))} answers in ${String(found["weeks"])} weeks${listed("alertWeeks").length > 0 ? `, alerts in the weeks of ${listed("alertWeeks").join(", ")}` : ", no alerts"}`,
  );
  for (const line of listed("close")) out.talk(`      close to its bound: ${line}`);
  for (const line of listed("differences").slice(0, 10)) out.talk(`      ${line}`);
  return agrees;
}

export const loopStation: Station = {
  id: 10,
  title: "loop",
  async run(context) {
    const { connection, project, out } = context;
    const { ran } = await connection.call("jobs.run", { project });
    const { jobs } = await connection.call("jobs.list", { project });
    const retrainings = jobs.filter((job) => job.kind === "trigger.run");
    const job = retrainings[0];
    if (!job) return { verdict: "inconclusive", done: "no incident asked for a retraining", figure: `${ran} jobs ran`, digest: "none" };
    if (job.state !== "done") throw new CapstanError("CAP-INTERNAL-001", { what: `the retraining ended ${job.state}: ${job.error ?? ""}` });
    const result = job.result as {
      version: number | null;
      run: string;
      metrics: Record<string, number>;
      because: string;
      created: boolean;
    };
    if (result.version === null)
      return { verdict: "inconclusive", done: "retrained; no new version came out", figure: "", digest: short(result.run) };
    const reviewed = await review(context, result.version, result.because);
    const { model, metric } = context.play;
    const value = result.metrics[metric];
    const figure = value === undefined ? "" : `${metric} ${number(value)}`;
    if (!reviewed.signed) {
      const why = reviewed.dossier.results
        .filter((one) => one.verdict === "fail" || one.verdict === "inconclusive")
        .map((one) => one.id)
        .join(", ");
      await connection.call("governance.decline", { project, dossier: reviewed.dossier.digest, reason: `the gate says no: ${why}` });
      out.talk(`    decided no: ${why}`);
      return {
        verdict: "pass",
        done: `${retrainings.length} retraining because of ${job.because ?? ""}: v${result.version}, decided no`,
        figure,
        digest: short(reviewed.dossier.digest),
      };
    }
    const released = await releaseUnderTraffic(context, result.version, { because: result.because });
    const path = await connection.call("insights.path", { project, model, version: `v${result.version}` });
    return {
      verdict: released.state === "live" ? "pass" : "inconclusive",
      done: `retrained because of an incident: v${result.version} ${released.state.replace("_", " ")}, ${path.hands} ${path.hands === 1 ? "hand" : "hands"} on its path`,
      figure,
      digest: released.release,
    };
  },
};

export const recordStation: Station = {
  id: 11,
  title: "record",
  async run(context) {
    const { connection, project, folder, out, play } = context;
    const { model, metric } = play;
    const anchored = await connection.call("record.anchor", {});
    writeFileSync(join(folder, "capstan.anchor"), `${anchored.line}\n`);
    const verified = await connection.call("record.verify", { anchor: anchored.line });
    for (const part of verified.parts)
      out.talk(`    ${out.paint.verdict(part.verdict, glyphs[part.verdict])} ${part.part.padEnd(10)} ${part.text}`);
    for (const line of verified.reliedOn) out.talk(`      relied on  ${line}`);
    const live = await connection.call("models.version", { project, model, version: "live" });
    const closure = await connection.call("record.lineage", { project, node: `model:${model}@${live.version}` });
    const reproduced = await reproduce(connection, { project, model, version: live.version }, out);
    for (const one of reproduced.outputs)
      out.talk(`    ${one.same ? glyphs.pass : glyphs.warn} ${one.step} ${one.output}  ${one.same ? "same bytes" : "other bytes"}`);
    return {
      verdict: worstVerdict([verified.verdict, reproduced.verdict]),
      done: `${verified.verdict === "pass" ? "verified" : verified.verdict}; ${live.version} depends on ${closure.total} things; ${reproduced.sameModel ? "rebuilt to the same bytes" : `rebuilt, ${metric} within tolerance: ${reproduced.verdict}`} in ${seconds(reproduced.seconds)}`,
      figure: `${count(verified.entries)} entries`,
      digest: short(verified.root),
    };
  },
};
