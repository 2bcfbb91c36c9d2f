import type { InputOf } from "@capstan/contract";
import type { ErrorCode } from "@capstan/contract/errors";
import type { pipelineOperations } from "@capstan/contract/operations/pipeline";
import type { Connection } from "../../connection.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { count, seconds } from "./format.ts";
import { type Ended, runToEnd, type Started } from "./follow-run.ts";
import { planLines } from "./plan-lines.ts";
import type { Context } from "./context.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Runs what is out of date, with all it needs; without STEP the whole pipeline. `run -- CMD` runs any command, here, recorded, not cached.",
  usage: "run [STEP…] [--set PARAM=VALUE] [--plan] | run -- CMD…",
  takesCommand: true,
  mostWords: Infinity,
  examples: ["run", "run train --set train.trees=400 --plan", "run -m 'a first look' -- python explore.py"],
  flags: {
    set: { type: "string", multiple: true, text: "PARAM=VALUE, an existing parameter; leaves folder and lock alone" },
    profile: { type: "string", multiple: true, text: "overlay of capstan.yaml" },
    plan: { type: "boolean", text: "what would run and why; nothing is changed" },
    force: { type: "boolean", text: "run the steps even if nothing changed" },
    "keep-going": { type: "boolean", text: "go on with steps that do not depend on a failed one" },
    locked: { type: "boolean", text: "refuse to compute: exit 3 when a step would run" },
    detach: { type: "boolean", text: "start and leave" },
  },
  async run(context) {
    const { out } = context;
    if (context.command !== undefined) {
      const { runCommand } = await import("./run-command.ts");
      return runCommand(context, context.command);
    }
    const { project } = context.place();
    const choice = {
      project,
      steps: [...context.words],
      set: context.texts("set"),
      profiles: context.texts("profile"),
      force: context.on("force"),
    };
    if (context.on("plan")) {
      const connection = await context.read().catch(() => context.write());
      const plan = await connection.call("pipeline.plan", choice);
      out.document(plan);
      for (const line of planLines(plan, out)) out.result(line);
      return 0;
    }
    const message = context.text("message");
    const began = performance.now();
    const input = {
      ...choice,
      keepGoing: context.on("keep-going"),
      locked: context.on("locked"),
      ...(message !== undefined && { message }),
    };
    const found = context.on("force") ? undefined : await withoutHosting(context, input);
    const connection = found?.connection ?? (await context.write());
    if (context.on("detach") && !connection.host) {
      const begun = found?.nothing ?? (await connection.call("pipeline.run", input));
      out.document(begun);
      out.result(
        begun.run === null ? `Nothing to run. Saved ${seconds(begun.savedSeconds)}.` : `run:${begun.number} ${begun.name} started`,
      );
      return 0;
    }
    let started: Started | undefined;
    const stop = (): void => {
      if (!started || started.run === null) return;
      out.talk("ending the running steps within 10 s; what is finished is kept. Once more ends them at once");
      // It may have ended in this moment.
      connection.call("pipeline.cancel", { project, run: started.run }).catch(() => undefined);
    };
    context.interrupted.addEventListener("abort", stop, { once: true });
    context.onInsist(() => {
      if (!started || started.run === null) process.exit(130);
      out.talk("ending them at once");
      connection.call("pipeline.cancel", { project, run: started.run, now: true }).catch(() => undefined);
    });
    const result = await runToEnd(
      connection,
      input,
      out,
      {
        each: (event) => out.event(event),
        started(now) {
          started = now;
          if (context.interrupted.aborted) stop();
        },
      },
      found?.nothing,
    );
    context.interrupted.removeEventListener("abort", stop);
    if (!started) throw new CapstanError("CAP-INTERNAL-001", { what: "a run ended that was not started" });
    if (started.run === null) {
      result.seconds = (performance.now() - began) / 1000;
      out.event(result);
    }
    if (started.steps === 0) {
      out.result("Nothing to run: capstan.yaml declares no steps.");
      out.talk("next       capstan init writes some into an empty capstan.yaml; or begin with `steps:`");
    } else if (!result.error || result.ran + result.failed > 0) out.result(summary(result, started));
    if (result.error) {
      out.talk(`${out.paint.verdict("fail", "error")} ${out.paint.bold(result.error.code)}  ${result.error.message}`);
      out.talk(`  do     ${result.error.do}`);
    }
    if (context.interrupted.aborted && result.verdict === "error") return 130;
    if (result.verdict === "pass" || result.verdict === "warn" || result.verdict === "skipped") return 0;
    return result.error ? new CapstanError(result.error.code as ErrorCode).exit : 1;
  },
};

/**
 * A look into a store without a host, when it shows that there is nothing to run: becoming the host costs as much again.
 * Undefined when something would have to be written, and when anything is wrong: the host says it better.
 */
async function withoutHosting(
  context: Context,
  input: InputOf<(typeof pipelineOperations)["pipeline.run"]>,
): Promise<{ connection: Connection; nothing: Started } | undefined> {
  // Only a SQLite store that was opened to be read refuses every change by itself.
  if (context.place().database !== undefined) return undefined;
  let connection: Connection | undefined;
  try {
    connection = await context.read();
    if (connection.url === undefined) {
      const begun = await connection.call("pipeline.run", input);
      if (begun.run === null) return { connection, nothing: begun };
    }
  } catch {
    // Answered again below, by one who may write.
  }
  await connection?.close();
  return undefined;
}

function summary(result: Ended, run: Started): string {
  if (result.ran === 0 && result.failed === 0)
    return `Nothing to run, checked in ${seconds(result.seconds)}. Saved ${seconds(result.savedSeconds)}.`;
  return [
    `run:${run.number} ${run.name}`,
    seconds(result.seconds),
    [
      result.ran && `${count(result.ran)} ran`,
      result.reused && `${count(result.reused)} reused`,
      result.failed && `${count(result.failed)} failed`,
    ]
      .filter(Boolean)
      .join(", "),
    result.lockWritten ? "capstan.lock written" : "folder and lock untouched",
  ].join("   ");
}
