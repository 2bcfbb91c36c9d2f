import { writeFileSync } from "node:fs";
import type { OutputOf } from "@capstan/contract";
import type { releaseOperations } from "@capstan/contract/operations/release";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { count, seconds, short } from "../format.ts";
import { gateLines } from "../gate.ts";
import { followRelease } from "../release.ts";
import { releaseInput } from "../release-input.ts";
import { besideWork } from "./play.ts";
import { startClient } from "./processes.ts";
import type { DemoContext, Station } from "./station.ts";

type Release = OutputOf<(typeof releaseOperations)["releases.get"]>;

/** Freezes the evidence of a version and, when it may, signs it as the person who runs the demo. */
export async function review({ connection, project, out, play: { model } }: DemoContext, version: number, because?: string) {
  const gate = await connection.call("governance.gate", { project, model, version });
  for (const line of gateLines(gate, out)) out.talk(`    ${line}`);
  const dossier = await connection.call("governance.request", { project, model, version, ...(because !== undefined && { because }) });
  if (
    !dossier.maySign.may ||
    dossier.results.some(
      (one) =>
        one.id !== "rev-1" && one.id !== "rev-2" && (one.verdict === "fail" || one.verdict === "error" || one.verdict === "inconclusive"),
    )
  )
    return { gate, dossier, signed: false };
  const signed = await connection.call("governance.approve", {
    project,
    dossier: dossier.digest,
    note: "read in the demo: gate, slices and risk answers",
  });
  return { gate: await connection.call("governance.gate", { project, model, version }), dossier: signed, signed: true };
}

/** Starts a release and follows it while a client of its own sends single rows. */
export async function releaseUnderTraffic(
  context: DemoContext,
  version: number,
  more: { shadow?: boolean; override?: boolean; reason?: string; because?: string; strategy?: "direct" } = {},
): Promise<Release & { failed: number; sent: number }> {
  const { connection, project, folder, url, out, play } = context;
  const { model, route } = play;
  const input = await releaseInput({ folder, project, model, route, version: `v${version}` });
  const traffic =
    more.strategy === "direct"
      ? undefined
      : startClient(folder, play.scripts.traffic, ["--url", url, "--rate", "1200", "--max", "20000"], { signal: context.interrupted });
  try {
    const started = await connection.call("releases.start", { ...input, maxSeconds: 60, ...more });
    out.talk(`    ${started.release}   ${model} v${version}   ${started.because}`);
    const result = await followRelease(connection, project, started.release, out, context.interrupted);
    traffic?.stop();
    const sent = (await traffic?.ended) ?? {};
    return { ...result, failed: Number(sent["failed"] ?? 0), sent: Number(sent["requests"] ?? 0) };
  } finally {
    traffic?.stop();
  }
}

export const gateStation: Station = {
  id: 6,
  title: "review",
  async run(context) {
    await context.connection.call("monitors.backtest", { project: context.project });
    const one = await review(context, 1);
    const two = await review(context, 2);
    const counted = (verdict: string): number => two.gate.results.filter((result) => result.verdict === verdict).length;
    return {
      verdict: two.gate.verdict,
      done: `v1 and v2 level ${two.gate.level ?? "none"}, ${one.signed && two.signed ? "signed, self-approved" : "not signed"}`,
      figure: `${counted("pass")} pass, ${counted("warn")} warn, ${counted("skipped")} by rule skipped`,
      digest: short(two.dossier.digest),
    };
  },
};

export const serveStation: Station = {
  id: 7,
  title: "serve",
  async run(context) {
    const { connection, project, folder, url, play } = context;
    const { model, route, scores: output } = play;
    const first = await releaseUnderTraffic(context, 1, { strategy: "direct" });
    if (first.state !== "live")
      throw new CapstanError("CAP-STATE-001", { noun: "release", name: first.release, state: first.state, action: "served" });
    // The scores that v1's own scorer gave are an output of the run that made it; a run with --set leaves the folder alone.
    const { run } = await connection.call("models.version", { project, model, version: "v1" });
    const made =
      run === null ? undefined : (await connection.call("runs.get", { project, run })).outputs.find((one) => one.name === output);
    if (!made?.digest) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "output", name: `${output} of v1` });
    const scores = besideWork(folder, "v1-scores", play.dataset.path);
    const bytes = await fetch(`${url}/api/v1/p/${project}/blobs/${made.digest}`);
    if (!bytes.ok) throw new CapstanError("CAP-STORE-006", { digest: made.digest });
    writeFileSync(scores, Buffer.from(await bytes.arrayBuffer()));
    const compared = await startClient(folder, play.scripts.answers, ["--url", url, "--scores", scores, "--rows", "2000"]).ended;
    const served = await connection.call("routes.get", { project, route });
    const p99 = served.arms.find((arm) => arm.arm === "live")?.latency?.p99 ?? null;
    return {
      verdict: Number(compared["worst"]) <= 1e-5 ? "pass" : "fail",
      done: `/v2/models/${route}/infer, ${count(Number(compared["rows"]))} real rows as scored by its own file`,
      figure: `largest difference ${Number(compared["worst"]).toExponential(1)}${p99 === null ? "" : `, p99 ${seconds(p99)}`}`,
      digest: first.release,
    };
  },
};

export const releaseStation: Station = {
  id: 8,
  title: "release",
  async run(context) {
    const { connection, project, folder, out, play } = context;
    const { model } = play;
    const good = await releaseUnderTraffic(context, 2);
    // v3 is v2 with two of its inputs swapped: a mistake that no metric of the file shows, only its answers.
    const swapped = besideWork(folder, "swapped", play.modelFile);
    await startClient(folder, play.scripts.swapped, [play.modelFile, swapped]).ended;
    const made = await connection.call("models.register", {
      project,
      model,
      file: swapped,
      reason: "drill: two inputs swapped on purpose",
    });
    const version = Number(made.version.slice(1));
    const gate = await connection.call("governance.gate", { project, model, version });
    for (const line of gateLines(gate, out)) out.talk(`    ${line}`);
    const bad = await releaseUnderTraffic(context, version, {
      shadow: false,
      override: true,
      reason: "drill: does the guard take a wrong model back by itself?",
    });
    const failed = good.failed + bad.failed;
    const sent = good.sent + bad.sent;
    return {
      verdict:
        good.state === "live" || good.state === "superseded"
          ? bad.state === "rolled_back" && failed === 0
            ? "pass"
            : "fail"
          : "inconclusive",
      done: `v2 ${good.state.replace("_", " ")} in ${seconds(lengthOf(good))}; v3, broken on purpose, ${bad.state.replace("_", " ")} in ${seconds(lengthOf(bad))}`,
      figure: `${count(failed)} of ${count(sent)} requests failed`,
      digest: `${good.release} ${bad.release}`,
    };
  },
};

const lengthOf = (release: Release): number =>
  release.endedAt === null ? 0 : (Date.parse(release.endedAt) - Date.parse(release.startedAt)) / 1000;
